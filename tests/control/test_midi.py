"""MIDI with devices that are pretended: learning, soft take-over, and devices that come and go."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.control.bindings_file import load_control_file
from engine.control.layers import Layer
from engine.control.midi import LOOK_AGAIN_S, LOOK_S, Midi
from engine.control.midi_ports import MidiMessage, Receive, message_of
from engine.control.parameter import Access, ControlError, Kind, Parameter
from engine.control.register import Register, UnknownAddressError
from engine.core.clock import ManualClock
from engine.core.errors import ConfigError, DeviceError

WEAR, BLACK, NEXT, FIT = (f"/narcissus/{end}" for end in ("scene/frame/wear", "show/hold", "show/next", "scene/p/fit"))
DEVICE = "nanoKONTROL2 MIDI 1"
ALL = (
    Parameter(WEAR, Kind.FLOAT, "Wear.", default=0.5, low=0.0, high=1.0),
    Parameter(BLACK, Kind.BOOL, "Hold.", default=False),
    Parameter(NEXT, Kind.TRIGGER, "Next.", Access.WRITE, is_command=True),
    Parameter(FIT, Kind.CHOICE, "Fit.", default="cover", choices=("cover", "contain", "stretch")),
    Parameter("/narcissus/state/dwell", Kind.FLOAT, "Since.", Access.READ),
)


class PretendedPorts:
    """Devices that a test plugs in and out."""

    def __init__(self) -> None:
        self.there: list[str] = [DEVICE]
        self.open_ones: dict[str, Receive] = {}
        self.is_taken = False

    def names(self) -> list[str]:
        return list(self.there)

    def open(self, name: str, receive: Receive) -> SimpleNamespace:
        if self.is_taken:
            raise DeviceError(f"the MIDI device {name} cannot be opened: taken")
        self.open_ones[name] = receive
        return SimpleNamespace(close=lambda: self.open_ones.pop(name))


class Desk:
    """A MIDI whose devices are looked for when a test says so, and never by a thread."""

    def __init__(self, path: Path) -> None:
        self.path, self.ports, self.told = path, PretendedPorts(), list[str]()
        self.register = Register(ManualClock())
        self.register.declare("all", ALL)
        self.midi = Midi(path, load_control_file(path), self.register, self.told.append, self.ports)
        self.midi.close()  # its thread, if it has one
        self.midi.look()

    def move(self, control: str, *values: int, channel: int = 1) -> None:
        for value in values:
            self.ports.open_ones[DEVICE](MidiMessage(DEVICE, control, channel, value))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    path = tmp_path / "control.yaml"
    path.write_text(
        "# mine\n"
        "midi:                    # faders\n"
        f"  - {{control: cc 21, address: {WEAR}}}\n"
        f"  - {{control: note 36, channel: 2, address: {BLACK}}}\n"
        f"  - {{control: note 40, address: {NEXT}}}\n"
        f"  - {{control: cc 50, port: nano, address: {NEXT}}}\n"
        f"  - {{control: cc 51, port: other, address: {NEXT}}}\n"
        f"  - {{control: cc 30, address: {FIT}}}\n"
        "  - {control: cc 99, address: /narcissus/scene/gone/knob}\n"
    )
    return Desk(path)


def test_a_fader_takes_over_softly_where_the_value_is(desk: Desk) -> None:
    desk.move("cc 21", 0, 20, 40)
    assert desk.register.value(WEAR) == 0.5 and not desk.register.overridden
    desk.move("cc 21", 80)  # past it
    assert desk.register.value(WEAR) == pytest.approx(80 / 127)
    desk.move("cc 21", 20)
    assert desk.register.value(WEAR) == pytest.approx(20 / 127)  # it has it now
    desk.register.set(WEAR, 0.9, Layer.OSC)
    desk.register.release(WEAR, Layer.MIDI)
    desk.move("cc 21", 30, 60)
    assert desk.register.value(WEAR) == 0.9 and Layer.MIDI not in desk.register.overridden.values()
    desk.move("cc 21", 120)
    assert desk.register.why(WEAR).holdings[1].by == f"cc 21 of {DEVICE}"


def test_buttons_switch_and_press_and_choices_lie_along_the_way(desk: Desk) -> None:
    desk.move("note 36", 100, 0, channel=1)  # another channel
    assert desk.register.value(BLACK) is False
    desk.move("note 36", 100, 0, channel=2)
    assert desk.register.value(BLACK) is True
    desk.move("note 36", 1, 0, channel=2)
    assert desk.register.value(BLACK) is False
    desk.move("note 40", 90, 0)
    desk.move("cc 50", 127, 126, 0)
    desk.move("cc 51", 127)
    assert desk.register.counts.accepted == 2 + 2
    desk.move("cc 30", 127)
    assert desk.register.value(FIT) == "stretch"
    desk.move("cc 99", 5)  # its knob is in another scene
    assert not desk.told


def test_a_control_is_learnt_and_kept_with_all_that_stands_in_the_file(desk: Desk) -> None:
    desk.midi.begin(WEAR)
    assert desk.midi.state() == f"move a control, and it will set {WEAR}"
    desk.move("note 36", 0, channel=2)  # a button that was let go teaches nothing
    desk.move("cc 7", 64, channel=3)
    assert desk.midi.state() == f"cc 7 on channel 3 of {DEVICE} sets {WEAR} from now on"
    assert desk.register.value(WEAR) == 0.5  # learning sets nothing
    desk.move("cc 7", 64, 70, channel=3)
    assert desk.register.value(WEAR) == pytest.approx(70 / 127)
    text = desk.path.read_text()
    assert "# mine\n" in text and "# faders" in text
    assert f"  - {{control: cc 7, channel: 3, address: {WEAR}}}" in text
    desk.midi.begin(FIT)
    desk.move("cc 7", 1, channel=3)
    assert [each.address for each in load_control_file(desk.path).midi if each.control == "cc 7"] == [FIT]


def test_a_control_is_forgotten(desk: Desk) -> None:
    assert desk.midi.bindings()["cc 21"] == WEAR and "note 36 on channel 2" in desk.midi.bindings()
    desk.midi.forget("note 36 on channel 2")
    assert "note 36" not in desk.path.read_text() and "# faders" in desk.path.read_text()
    desk.move("note 36", 100, channel=2)
    assert desk.register.value(BLACK) is False
    with pytest.raises(ControlError, match="there is no control 'cc 22'; did you mean 'cc 21'"):
        desk.midi.forget("cc 22")


def test_unplugged_while_learning_is_one_sentence_and_plugged_in_again_it_works(desk: Desk) -> None:
    desk.midi.begin(WEAR)
    desk.ports.there = []
    desk.midi.look()
    assert desk.midi.state() == "nothing was learnt: the MIDI device is gone"
    assert f"the MIDI device {DEVICE} is gone; it is listened to again when it is back" in desk.told
    with pytest.raises(DeviceError, match="there is no MIDI device: plug one in"):
        desk.midi.begin(WEAR)
    desk.ports.there = [DEVICE]
    desk.midi.look()
    desk.move("cc 21", 64)
    assert desk.register.value(WEAR) == pytest.approx(64 / 127)
    desk.midi.begin(WEAR)
    desk.midi.cancel()
    desk.move("cc 8", 3)
    assert not any(each.control == "cc 8" for each in load_control_file(desk.path).midi)


def test_what_cannot_be_learnt_and_a_device_that_is_taken_are_told(desk: Desk) -> None:
    with pytest.raises(ControlError, match="cannot be set by MIDI"):
        desk.midi.begin("/narcissus/state/dwell")
    with pytest.raises(UnknownAddressError):
        desk.midi.begin("/narcissus/scene/gone/knob")
    desk.ports.there, desk.ports.is_taken = ["other"], True
    desk.midi.look()
    assert desk.told[-1] == "the MIDI device other cannot be opened: taken"


def test_a_machine_without_midi_says_so_once_and_is_seldom_asked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert desk.midi.look() == LOOK_S

    def names() -> list[str]:
        raise DeviceError("MIDI cannot be used: no sequencer")

    monkeypatch.setattr(desk.ports, "names", names)
    assert desk.midi.look() == desk.midi.look() == LOOK_AGAIN_S
    assert desk.told == ["MIDI cannot be used: no sequencer"] == [desk.midi.state()]


def test_a_file_that_was_broken_meanwhile_keeps_what_it_has(desk: Desk) -> None:
    desk.midi.begin(WEAR)
    desk.path.write_text("midi: [{control: wheel 3, address: /narcissus/x}]\n")
    desk.move("cc 7", 64)
    assert "control.yaml:1: midi[0].control: must be cc or note and a number from 0 to 127" in desk.told[-1]
    assert desk.path.read_text().startswith("midi: [{control: wheel 3")


def test_mido_messages_become_ours_and_all_else_is_left_out() -> None:
    moved = SimpleNamespace(type="control_change", control=21, channel=0, value=5)
    struck = SimpleNamespace(type="note_on", note=36, channel=9, velocity=80)
    let_go = SimpleNamespace(type="note_off", note=36, channel=9, velocity=80)
    assert message_of("x", moved) == MidiMessage("x", "cc 21", 1, 5)
    assert message_of("x", struck) == MidiMessage("x", "note 36", 10, 80)
    assert message_of("x", let_go) == MidiMessage("x", "note 36", 10, 0)
    assert message_of("x", SimpleNamespace(type="clock")) is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("keys: {b: /narcissus/show/next}", "control.yaml:1: keys.b: means something already: "),
        ("keys: {F5: /narcissus/show/next}", "control.yaml:1: keys.F5: must be called a key in lower case"),
        ("keys: {f5: show/next}", "control.yaml:1: keys.f5: must be an address such as /narcissus/show/blackout"),
        ("keys:\n  f5: {adress: /narcissus/show/next}", "control.yaml:2: keys.f5"),
        ("midi:\n  - {control: cc 128, address: /narcissus/x}", "control.yaml:2: midi[0].control: must be cc or note"),
        ("midi:\n  - {control: cc 1}", "control.yaml:2: midi[0].address: is missing"),
        ("midi: [{control: cc 1, address: /narcissus/x, channel: 17}]", "must be a whole number between 1 and 16"),
        ("mdi: []", "control.yaml:1: mdi: is not a known key; did you mean 'midi'?"),
    ],
)
def test_what_is_wrong_in_the_file_is_one_sentence_with_its_line(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "control.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_control_file(path)
    assert sentence in str(caught.value), str(caught.value)
