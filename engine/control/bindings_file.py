"""`control.yaml`: keys and MIDI of this installation, each with the address of what it sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from engine.config.validation import IN_WORDS, Settings, validate
from engine.config.yaml_loader import load_yaml
from engine.control.commented_yaml import change_yaml, flow_map
from engine.control.parameter import ROOT
from engine.core.errors import ConfigError, gathered_problems
from engine.render.window.keymap import BINDINGS

CHANNELS = 16
HIGHEST = 127

Address = Annotated[
    str,
    Field(
        max_length=300,
        pattern=rf"^{ROOT}/[A-Za-z0-9_./-]+$",
        json_schema_extra={IN_WORDS: f"an address such as {ROOT}/show/blackout; tools.list_parameters lists them"},
    ),
]
KeyName = Annotated[
    str,
    Field(
        max_length=40,
        pattern=r"^(ctrl\+)?[^\sA-Z+](?:[^A-Z+]{0,30}[^\sA-Z+])?$",
        json_schema_extra={
            IN_WORDS: "a key in lower case, such as f5, g or page up, with ctrl+ before it if Ctrl is held"
        },
    ),
]
ControlName = Annotated[
    str,
    Field(
        pattern=r"^(cc|note) (\d{1,2}|1[01]\d|12[0-7])$",
        json_schema_extra={IN_WORDS: "cc or note and a number from 0 to 127, such as cc 21"},
    ),
]


class KeyBinding(Settings):
    """A key that sets a value, and gives it back when it is pressed again."""

    address: Address
    """What it sets."""

    value: float | bool | str | tuple[float, float, float] | None = None
    """To what; null switches what is true or false, and presses what is a trigger."""


class MidiBinding(Settings):
    """A knob, fader or button of a MIDI device."""

    control: ControlName
    """Which, as the device calls it: `cc 21`, `note 36`."""

    address: Address
    """What it sets."""

    channel: int | None = Field(default=None, ge=1, le=CHANNELS)
    """The MIDI channel, 1 to 16; null takes any."""

    port: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """A part of the device's name; null takes any."""

    @property
    def label(self) -> str:
        """The control, for people."""
        return self.control if self.channel is None else f"{self.control} on channel {self.channel}"


class ControlFile(Settings):
    """Keys and MIDI."""

    keys: dict[KeyName, Address | KeyBinding] = Field(default={})
    """What keys do that mean nothing else."""

    midi: Annotated[tuple[MidiBinding, ...], Field(max_length=512)] = ()
    """What the controls of MIDI devices do."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        for address in (each.address for each in self.bindings.values()):
            if "//" in address or address.endswith("/"):
                raise ValueError(f"{address} is no address")
        return self

    @property
    def bindings(self) -> Mapping[str, KeyBinding]:
        """What each key sets."""
        return {key: KeyBinding(address=each) if isinstance(each, str) else each for key, each in self.keys.items()}


def load_control_file(path: Path) -> ControlFile:
    """Read the file; without one, nothing is bound.

    Raises:
        ConfigError: one sentence per problem, one per line: file, line, key, what is allowed, what was found.
    """
    if not path.exists():
        return ControlFile()
    data, locate = load_yaml(path)
    found = validate(ControlFile, data, locate)
    taken = {f"{'ctrl+' if each.ctrl else ''}{each.key}": each.help for each in BINDINGS}
    with gathered_problems() as problem:
        for key in found.keys:
            with problem():
                if key in taken:
                    raise ConfigError(locate.problem(("keys", key), f"means something already: {taken[key]}"))
    return found


def add_midi(path: Path, binding: MidiBinding) -> ControlFile:
    """Bind a control in the file, in place of what it did before; returns the file as it is then.

    Raises:
        ConfigError: the file is wrong.
        ControlError: it cannot be written.
    """

    def change(data: Any) -> None:
        entries = data.setdefault("midi", [])
        place = {"channel": binding.channel, "port": binding.port}
        _drop(entries, binding.control, lambda entry: all(entry.get(key) in (None, place[key]) for key in place))
        said = {"control": binding.control, **place, "address": binding.address}
        entries.append(flow_map(**{key: value for key, value in said.items() if value is not None}))

    change_yaml(path, change, load_control_file, drops=True)
    return load_control_file(path)


def remove_midi(path: Path, binding: MidiBinding) -> ControlFile:
    """Take a binding out of the file; returns the file as it is then.

    Raises:
        ConfigError: the file is wrong.
        ControlError: it cannot be written.
    """

    def change(data: Any) -> None:
        place = {"channel": binding.channel, "port": binding.port}
        _drop(data.get("midi") or [], binding.control, lambda entry: all(entry.get(key) == place[key] for key in place))

    change_yaml(path, change, load_control_file, drops=True)
    return load_control_file(path)


def _drop(entries: Any, control: str, is_meant: Callable[[Any], bool]) -> None:
    for index in reversed(range(len(entries))):
        if entries[index].get("control") == control and is_meant(entries[index]):
            del entries[index]
