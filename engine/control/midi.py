"""MIDI: controls of devices set parameters; which sets which is learnt, and kept in `control.yaml`.

A knob on a device is rarely where the value is when a show begins: it takes over softly, once it has been moved to
where the value is. Devices come and go; a thread looks for them every two seconds, as long as there is anything to
listen for.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.control.bindings_file import HIGHEST, ControlFile, MidiBinding, add_midi, remove_midi
from engine.control.layers import Layer
from engine.control.midi_ports import MidiMessage, MidiPorts, MidoPorts, OpenPort
from engine.control.parameter import ControlError, Kind, Parameter, Value
from engine.control.register import Register
from engine.core.closing import Closing
from engine.core.errors import DeviceError, NarcissusError
from engine.core.messages import did_you_mean

LOOK_S = 2.0
LOOK_AGAIN_S = 60.0
"""The same where MIDI cannot be used at all; ALSA writes a line of its own to the terminal each time."""
CLOSE_S = 2.0
NEAR = 2.5 / HIGHEST
"""How near to the value a control must come to take over, as a share of the range."""
PRESSED = 64
_SLIDES = (Kind.FLOAT, Kind.INT, Kind.COLOUR)


@dataclass
class _Hand:
    """Where a control is, and what it has set last."""

    share: float | None = None
    value: Value = None


class Midi(Closing):
    """The MIDI of a show.

    Args:
        path: `control.yaml`.
        file: what was read of it.
        register: what is set.
        notify: tells the operator one sentence.
        ports: the devices; those of this machine if None.
    """

    def __init__(
        self,
        path: Path,
        file: ControlFile,
        register: Register,
        notify: Callable[[str], None],
        ports: MidiPorts | None = None,
    ) -> None:
        self._path, self._bindings = path, file.midi
        self._register, self._notify = register, notify
        self._ports = ports or MidoPorts()
        self._open: dict[str, OpenPort] = {}
        self._hands: dict[tuple[str, str, int, str], _Hand] = {}
        self._learning: str | None = None
        self._said = ""
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None
        if file.midi:
            self._start()

    # -------------------------------------------------- learning; from any thread

    def begin(self, address: str) -> None:
        """Let the next control that is moved set a parameter from now on.

        Raises:
            UnknownAddressError: there is no such parameter.
            ControlError: it cannot be set.
            DeviceError: there is no device, or MIDI cannot be used.
        """
        parameter = self._register.parameter(address)
        if not parameter.is_writable or parameter.kind is Kind.TEXT:
            raise ControlError(f"{address}: cannot be set by MIDI")
        if not self._ports.names():
            raise DeviceError("there is no MIDI device: plug one in, and learn then")
        self._learning = address
        self._said = f"move a control, and it will set {address}"
        self._start()

    def cancel(self) -> None:
        """Learn nothing after all."""
        self._learning, self._said = None, "nothing is learnt"

    def bindings(self) -> Mapping[str, str]:
        """What each control sets, by its label."""
        return {binding.label: binding.address for binding in self._bindings}

    def forget(self, control: str) -> None:
        """Take a control out of the file. Waits for the disk.

        Args:
            control: as `bindings` labels it.

        Raises:
            ControlError: there is none, or the file cannot be written.
            ConfigError: the file was edited, and is wrong now.
        """
        found = next((binding for binding in self._bindings if binding.label == control), None)
        if found is None:
            raise ControlError(f"there is no control {control[:60]!r}; {did_you_mean(control[:60], self.bindings())}")
        self._bindings = remove_midi(self._path, found).midi
        self._said = f"{control} sets nothing from now on"

    def state(self) -> str:
        """What is being learnt, what came of it, or which devices there are."""
        return self._said or (f"MIDI: {', '.join(self._open)}" if self._open else "no MIDI device is listened to")

    # -------------------------------------------------- devices

    def look(self) -> float:
        """Listen to the devices that are there now, and to no others; returns when to look again, s."""
        try:
            there = self._ports.names()
        except DeviceError as error:
            self._say(str(error))
            self._learning = None
            return LOOK_AGAIN_S
        for name in [name for name in self._open if name not in there]:
            with contextlib.suppress(Exception):  # its driver has lost it already
                self._open.pop(name).close()
            self._say(f"the MIDI device {name} is gone; it is listened to again when it is back")
        for name in there:
            if name not in self._open:
                self._listen(name)
        if self._learning is not None and not self._open:
            self._learning = None
            self._say("nothing was learnt: the MIDI device is gone")
        return LOOK_S

    def _listen(self, name: str) -> None:
        try:
            self._open[name] = self._ports.open(name, self.receive)
        except DeviceError as error:
            self._say(str(error))

    def close(self) -> None:
        """Listen to nothing any more. May be called twice."""
        self._is_over.set()
        if self._thread is not None:
            self._thread.join(CLOSE_S)
        for port in self._open.values():
            port.close()
        self._open.clear()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None and not self._is_over.is_set():
                self._thread = threading.Thread(target=self._run, name="midi", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            if self._is_over.wait(self.look()):
                return

    def _say(self, text: str) -> None:
        if text != self._said:
            self._notify(text)
        self._said = text

    # -------------------------------------------------- controls; on the threads of their devices

    def receive(self, message: MidiMessage) -> None:
        """Take what was moved; nothing that goes wrong ends the thread of a device."""
        try:
            with self._lock:
                learning = self._learning
                if learning is not None and message.value > 0:
                    self._learning = None
            if learning is not None:
                if message.value > 0:
                    self._learn(learning, message)
                return
            for binding in self._bindings:
                if _fits(binding, message):
                    self._set(binding, message)
        except NarcissusError as error:
            self._say(str(error))

    def _learn(self, address: str, message: MidiMessage) -> None:
        binding = MidiBinding(control=message.control, channel=message.channel, address=address)
        self._bindings = add_midi(self._path, binding).midi
        self._say(f"{binding.label} of {message.port} sets {address} from now on")

    def _set(self, binding: MidiBinding, message: MidiMessage) -> None:
        parameter = self._register.parameters().get(binding.address)
        if parameter is None:  # another scene is on the wall
            return
        by = f"{binding.label} of {message.port}"
        is_note, is_pressed = message.control.startswith("note"), message.value >= PRESSED
        match parameter.kind:
            case Kind.TRIGGER:
                if message.value > 0 if is_note else is_pressed and self._rises(message, binding):
                    self._register.set(binding.address, None, Layer.MIDI, by)
            case Kind.BOOL if is_note:
                if message.value > 0:
                    self._register.set(binding.address, not self._register.value(binding.address), Layer.MIDI, by)
            case Kind.BOOL:
                self._register.set(binding.address, is_pressed, Layer.MIDI, by)
            case _:
                self._slide(parameter, message, binding, by)

    def _rises(self, message: MidiMessage, binding: MidiBinding) -> bool:
        hand = self._hand(message, binding)
        before, hand.share = hand.share, message.value / HIGHEST
        return before is None or before * HIGHEST < PRESSED

    def _slide(self, parameter: Parameter, message: MidiMessage, binding: MidiBinding, by: str) -> None:
        if message.control.startswith("note") and message.value == 0:
            return
        hand, share = self._hand(message, binding), message.value / HIGHEST
        before, hand.share = hand.share, share
        now = self._register.value(parameter.address)
        is_soft = parameter.kind in _SLIDES and message.control.startswith("cc")
        if is_soft and now != hand.value and not _reaches(before, share, parameter.share_of(now)):
            return
        hand.value = self._register.set(parameter.address, parameter.at_share(share), Layer.MIDI, by).value

    def _hand(self, message: MidiMessage, binding: MidiBinding) -> _Hand:
        return self._hands.setdefault((message.port, message.control, message.channel, binding.address), _Hand())


def _fits(binding: MidiBinding, message: MidiMessage) -> bool:
    return (
        binding.control == message.control
        and binding.channel in (None, message.channel)
        and (binding.port is None or binding.port.lower() in message.port.lower())
    )


def _reaches(before: float | None, share: float, goal: float) -> bool:
    """Whether a control that goes from one place to another comes to a third, or passes it."""
    return abs(share - goal) <= NEAR or (before is not None and (before - goal) * (share - goal) <= 0.0)
