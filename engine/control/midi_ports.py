"""MIDI devices, through mido and RtMidi where these are installed. Knows nothing of what their controls do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from engine.core.errors import DeviceError, in_one_line

IGNORED = ("Midi Through", "RtMidi")
"""Ports that no device is behind."""


@dataclass(frozen=True, slots=True)
class MidiMessage:
    """A control that was moved.

    Attributes:
        port: name of the device.
        control: `cc 21` or `note 36`.
        channel: 1 to 16.
        value: 0 to 127; 0 of a note that was let go.
    """

    port: str
    control: str
    channel: int
    value: int


Receive = Callable[[MidiMessage], None]


class OpenPort(Protocol):
    """A device that is listened to."""

    def close(self) -> None:
        """Stop listening."""


class MidiPorts(Protocol):
    """The devices that are there."""

    def names(self) -> list[str]:
        """Names of all devices.

        Raises:
            DeviceError: MIDI cannot be used here.
        """

    def open(self, name: str, receive: Receive) -> OpenPort:
        """Listen to a device; `receive` is called on a thread of its own.

        Raises:
            DeviceError: it is gone, or another program has it.
        """


class MidoPorts:
    """The devices of this machine."""

    def names(self) -> list[str]:
        mido = _mido()
        try:
            found = mido.get_input_names()
        except Exception as error:  # RtMidi raises what its driver gives it
            raise DeviceError(f"MIDI cannot be used: {in_one_line(error)}") from error
        return sorted({name for name in found if not name.startswith(IGNORED)})

    def open(self, name: str, receive: Receive) -> OpenPort:
        def callback(message: Any) -> None:
            moved = message_of(name, message)
            if moved is not None:
                receive(moved)

        try:
            port: OpenPort = _mido().open_input(name, callback=callback)
        except Exception as error:
            raise DeviceError(f"the MIDI device {name} cannot be opened: {in_one_line(error)}") from error
        return port


def message_of(port: str, message: Any) -> MidiMessage | None:
    """A mido message as one of ours; None of what is no control."""
    match message.type:
        case "control_change":
            return MidiMessage(port, f"cc {message.control}", message.channel + 1, message.value)
        case "note_on":
            return MidiMessage(port, f"note {message.note}", message.channel + 1, message.velocity)
        case "note_off":
            return MidiMessage(port, f"note {message.note}", message.channel + 1, 0)
        case _:
            return None


def _mido() -> Any:
    try:
        import mido
        import mido.backends.rtmidi
    except ImportError as error:
        raise DeviceError('MIDI needs two packages: `pip install "narcissus[midi]"` installs them') from error
    return mido
