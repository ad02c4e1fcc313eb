"""Cues: all knobs of a scene as they are, kept by name, and brought back in some seconds.

A cue is kept in a file that people may edit. Any thread may ask for one; the thread that draws brings it in, step by
step.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from engine.config.validation import Name, Settings, is_name, validate
from engine.config.yaml_loader import load_yaml
from engine.control.commented_yaml import change_yaml, flow_list
from engine.control.layers import Layer
from engine.control.parameter import ROOT, ControlError, Kind, Parameter, RefusedError, Rgb, Value
from engine.control.register import LOWEST_SET, Register
from engine.control.show_parameters import SHOW, cue_parameters
from engine.core.easing import smoothstep
from engine.core.messages import did_you_mean, join_words

MOST_CUES = 64
WAIT_S = 60.0
"""How long a cue waits for its scene to be built."""
_MOVES = (Layer.STATE, Layer.BINDING)
_KNOBS = (f"{ROOT}/scene/", f"{SHOW}/people", f"{SHOW}/calm", f"{ROOT}/audio/", f"{ROOT}/projector/")


class Cue(Settings):
    """The knobs that one cue keeps."""

    scene: Name | None = None
    """The scene that was on the wall."""

    knobs: dict[str, float | int | bool | str | tuple[float, float, float] | None] = Field(default={})
    """Values by address; null where a knob followed signals or the parts of a visit."""


class CueFile(Settings):
    """The file of cues."""

    cues: dict[Name, Cue] = Field(default={})
    """Cues by name."""


@dataclass(frozen=True)
class _Recall:
    """A cue that was asked for."""

    name: str
    cue: Cue
    fade_s: float
    layer: Layer
    by: str
    changes_scene: bool


@dataclass(frozen=True)
class _Fade:
    """A cue that is coming in: for each knob where it began and where it ends."""

    layer: Layer
    by: str
    began_s: float
    seconds: float
    ways: dict[str, tuple[Parameter, Value, Value]]
    left: frozenset[str]  # what is given back at its end, because the scene says the same


class Cues:
    """The cues of an installation.

    Args:
        path: their file, which need not exist.
        register: what they keep and set.
        notify: tells the operator one sentence.

    Raises:
        ConfigError: the file is wrong.
    """

    def __init__(self, path: Path, register: Register, notify: Callable[[str], None]) -> None:
        self._path, self._register, self._notify = path, register, notify
        self._lock = threading.Lock()  # around the file and what was read of it
        self._cues = _read(path)
        self._asked: _Recall | None = None
        self._asked_s = 0.0
        self._fade: _Fade | None = None
        self._told: set[tuple[str, str]] = set()
        self._declare()

    def names(self) -> tuple[str, ...]:
        """All cues, sorted."""
        return tuple(sorted(self._cues))

    def save(self, name: str, by: str) -> str:
        """Keep what is on the wall; a cue of that name is replaced. Waits for the disk; returns a sentence.

        Raises:
            ControlError: the name is none, there are too many, or the file cannot be written.
            ConfigError: the file was edited, and is wrong now.
        """
        if not is_name(name):
            raise ControlError("a cue's name is made of letters, digits, '_', '-' and '.', and begins with no sign")
        scene = self._register.value(f"{SHOW}/scene")
        cue = Cue.model_construct(scene=scene if isinstance(scene, str) else None, knobs=self._knobs())

        def change(data: Any) -> None:
            cues = data.setdefault("cues", {})
            if name not in cues and len(cues) >= MOST_CUES:
                raise ControlError(f"there are {MOST_CUES} cues, the limit; remove one first")
            cues[name] = {"scene": cue.scene, "knobs": {key: _plain(value) for key, value in cue.knobs.items()}}

        with self._lock:
            self._change(change)
        self._declare()
        return f"the cue {name} keeps {len(cue.knobs)} knobs"

    def remove(self, name: str) -> str:
        """Forget a cue. Waits for the disk; returns a sentence.

        Raises:
            ControlError: there is none, or the file cannot be written.
            ConfigError: the file was edited, and is wrong now.
        """

        def change(data: Any) -> None:
            if name not in (data.get("cues") or {}):
                raise ControlError(self._nothing(name))
            del data["cues"][name]

        with self._lock:
            self._change(change)
        self._declare()
        return f"the cue {name} is gone"

    def recall(self, name: str, fade_s: float | None, layer: Layer, by: str) -> str:
        """Bring a cue in; one that is coming in gives way to it. Returns a sentence.

        Args:
            name: of the cue.
            fade_s: how long it takes; None takes `/narcissus/show/cue_fade_s`.
            layer: on which its values are set; what higher ones say of its knobs is taken back.
            by: who asks for it.

        Raises:
            ControlError: there is none.
        """
        cue = self._cues.get(name)
        if cue is None:
            raise ControlError(self._nothing(name))
        usual = self._register.value(f"{SHOW}/cue_fade_s") if fade_s is None else fade_s
        seconds = max(0.0, float(usual)) if isinstance(usual, int | float) else 0.0
        changes = cue.scene is not None and cue.scene != self._register.value(f"{SHOW}/scene")
        said = f"cue {name}{f', {by}' if by else ''}"
        if changes:
            self._register.set(f"{SHOW}/scene", cue.scene, layer, said)
        self._asked_s = float("nan")
        self._asked = _Recall(name, cue, seconds, layer, said, changes)
        return f"the cue {name} is coming in"

    def advance(self, now_s: float) -> None:
        """Bring in what was asked for. Once a frame, by the thread that draws.

        Args:
            now_s: on the show's clock.
        """
        asked = self._asked
        if asked is not None and self._is_due(asked, now_s):
            self._asked, self._fade = None, self._begin(asked, now_s)
        if self._fade is not None:
            self._fade = self._step(self._fade, now_s)

    # -------------------------------------------------- coming in

    def _is_due(self, asked: _Recall, now_s: float) -> bool:
        if asked.cue.scene is None or self._register.value(f"{SHOW}/scene") == asked.cue.scene:
            return True
        if self._asked_s != self._asked_s:  # not looked at yet
            self._asked_s = now_s
        if now_s - self._asked_s > WAIT_S:
            self._asked = None
            self._notify(f"the cue {asked.name} is left out: its scene {asked.cue.scene} did not come")
        return False

    def _begin(self, asked: _Recall, now_s: float) -> _Fade:
        register, known = self._register, self._register.parameters()
        gone = [address for address in asked.cue.knobs if address not in known]
        ways: dict[str, tuple[Parameter, Value, Value]] = {}
        left: set[str] = set()
        for address, kept in asked.cue.knobs.items():
            if address in gone:
                continue
            below = next(each for each in register.why(address).holdings if each.layer < LOWEST_SET)
            if kept is None or (kept == below.value and below.layer not in _MOVES):
                left.add(address)
            try:
                target = known[address].accept(below.value if kept is None else kept).value
            except RefusedError:
                gone.append(address)
                continue
            ways[address] = (known[address], register.value(address), target)
        self._tell_gone(asked.name, gone)
        higher = [layer for layer in Layer if layer > asked.layer]
        seconds = 0.0 if asked.changes_scene else asked.fade_s  # the scene comes in with a transition of its own
        fade = _Fade(asked.layer, asked.by, now_s, seconds, ways, frozenset(left))
        register.set_all(_values(fade, 0.0), fade.layer, fade.by)
        register.release_many(ways, higher)
        return fade

    def _step(self, fade: _Fade, now_s: float) -> _Fade | None:
        share = 1.0 if fade.seconds <= 0 else min(1.0, max(0.0, (now_s - fade.began_s) / fade.seconds))
        self._register.set_all(_values(fade, share), fade.layer, fade.by, own_only=True)
        if share < 1.0:
            return fade
        self._register.release_many(fade.left, [fade.layer], fade.by)
        return None

    def _tell_gone(self, name: str, gone: list[str]) -> None:
        new = [address for address in gone if (name, address) not in self._told]
        self._told.update((name, address) for address in gone)
        if new:
            there = join_words(new[:3], "and") + (f" and {len(new) - 3} more" if len(new) > 3 else "")
            self._notify(f"the cue {name} comes in without {there}, which this scene does not have")

    # -------------------------------------------------- what is kept

    def _knobs(self) -> dict[str, Value]:
        kept: dict[str, Value] = {}
        for address, parameter in self._register.parameters().items():
            if parameter.is_command or not parameter.is_writable or not address.startswith(_KNOBS):
                continue
            top = self._register.why(address).holdings[0]
            kept[address] = None if top.layer in _MOVES else _rounded(self._register.value(address))
        return kept

    def _change(self, change: Callable[[Any], None]) -> None:
        change_yaml(self._path, change, _read, drops=True)
        self._cues = _read(self._path)

    def _declare(self) -> None:
        self._register.declare("cue", cue_parameters(self.names()))

    def _nothing(self, name: str) -> str:
        return f"there is no cue {name[:100]!r}; {did_you_mean(name[:100], self._cues)}"


def _read(path: Path) -> dict[str, Cue]:
    if not path.is_file():
        return {}
    data, locate = load_yaml(path)
    return dict(validate(CueFile, data, locate).cues)


def _values(fade: _Fade, share: float) -> dict[str, Value]:
    eased = smoothstep(share)
    return {address: _between(*way, eased) for address, way in fade.ways.items()}


def _between(parameter: Parameter, before: Value, after: Value, share: float) -> Value:
    """A value on the way; what cannot lie between two others, or is built anew, is there at once."""
    if parameter.is_rebuilt:
        return after
    if parameter.kind is Kind.COLOUR and isinstance(before, tuple) and isinstance(after, tuple):
        red, green, blue = (old + (new - old) * share for old, new in zip(before, after, strict=True))
        return red, green, blue
    if parameter.kind in (Kind.FLOAT, Kind.INT) and isinstance(before, int | float) and isinstance(after, int | float):
        value = before + (after - before) * share
        return round(value) if parameter.kind is Kind.INT else value
    return after


def _rounded(value: Value) -> Value:
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, tuple):
        red, green, blue = (round(each, 5) for each in value)
        return red, green, blue
    return value


def _plain(value: Value | Rgb) -> object:
    return flow_list(value) if isinstance(value, tuple) else value
