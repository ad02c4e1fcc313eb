"""Cues: kept by name, brought back with a fade, and honest about what is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.control.cues import MOST_CUES, WAIT_S, Cues
from engine.control.layers import Holding, Layer
from engine.control.parameter import ControlError, Kind, Parameter
from engine.control.register import Register
from engine.control.show_parameters import SHOW, show_parameters
from engine.core.clock import ManualClock
from engine.core.errors import ConfigError

SIZE, TINT, FIT, HAZE = (f"/narcissus/scene/{knob}" for knob in ("face/size", "wall/tint", "wall/fit", "glass/haze"))
KNOBS = (
    Parameter(SIZE, Kind.FLOAT, "Side.", default=1.0, low=0.0, high=3.0),
    Parameter(TINT, Kind.COLOUR, "Colour.", default=(1.0, 1.0, 1.0)),
    Parameter(FIT, Kind.CHOICE, "How.", default="cover", choices=("cover", "contain")),
    Parameter(HAZE, Kind.FLOAT, "Milk.", default=0.5, low=0.0, high=1.0),
)
GROUND = {HAZE: (Holding(Layer.DEFAULT, 0.5), Holding(Layer.BINDING, 0.5, "presence"))}


class Room:
    """A register with a scene, and what the operator was told."""

    def __init__(self, path: Path) -> None:
        self.clock, self.told, self.path = ManualClock(), list[str](), path
        self.register = Register(self.clock)
        self.register.declare("show", show_parameters(("pool", "oil"), "pool", 3))
        self.register.declare("scene", KNOBS, GROUND)
        self.register.tell({f"{SHOW}/scene": "pool", HAZE: 0.7})
        self.cues = Cues(path, self.register, self.told.append)

    def after(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.cues.advance(self.clock.now_s())

    def set(self, address: str, value: object, layer: Layer = Layer.PANEL) -> None:
        self.register.set(address, value, layer, "panel")


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path / "cues.yaml")


def test_a_cue_comes_back_with_a_fade_numbers_and_colours_between(room: Room) -> None:
    room.set(SIZE, 3.0)
    room.set(TINT, (0.0, 0.5, 1.0))
    room.set(FIT, "contain")
    room.cues.save("evening", "panel")
    assert "/narcissus/cue/evening" in room.register.parameters()
    room.register.release_all()
    room.cues.recall("evening", 2.0, Layer.OSC, "192.168.1.7")
    room.after(0.0)
    assert room.register.value(SIZE) == 1.0 and room.register.value(FIT) == "contain"
    sizes = []
    for _ in range(4):
        room.after(0.5)
        sizes.append(room.register.value(SIZE))
    assert sizes == sorted(sizes) and sizes[1] == pytest.approx(2.0) and sizes[-1] == 3.0
    assert room.register.value(TINT) == (0.0, 0.5, 1.0)
    top = room.register.why(SIZE).holdings[0]
    assert top.layer is Layer.OSC and top.by == "cue evening, 192.168.1.7"


def test_a_cue_gives_back_what_followed_signals_and_what_the_scene_says_anyway(room: Room) -> None:
    room.set(SIZE, 2.0)
    room.cues.save("free", "")
    room.set(HAZE, 0.1)
    room.set(FIT, "contain")
    room.cues.recall("free", 1.0, Layer.PANEL, "")
    room.after(0.0)
    room.after(1.0)
    assert set(room.register.overridden) == {SIZE} and room.register.value(HAZE) == 0.7
    assert room.register.value(FIT) == "cover"


def test_what_somebody_sets_while_a_cue_comes_in_stays(room: Room) -> None:
    room.set(SIZE, 3.0)
    room.cues.save("evening", "")
    room.register.release_all()
    room.cues.recall("evening", 2.0, Layer.PANEL, "")
    room.after(0.0)
    room.after(0.5)
    room.set(SIZE, 0.2)
    room.after(5.0)
    assert room.register.value(SIZE) == 0.2


def test_a_cue_that_names_a_knob_that_is_gone_comes_without_it_and_says_so_once(room: Room) -> None:
    room.set(SIZE, 3.0)
    room.set(FIT, "contain")
    room.cues.save("evening", "")
    room.register.declare("scene", [KNOBS[0], Parameter(FIT, Kind.BOOL, "Another kind.", default=False)])
    for _ in range(2):
        room.cues.recall("evening", 0.0, Layer.PANEL, "")
        room.after(0.1)
    assert room.register.value(SIZE) == 3.0 and room.register.value(FIT) is False
    assert len(room.told) == 1
    assert "the cue evening comes in without " in room.told[0] and TINT in room.told[0] and FIT in room.told[0]


def test_a_cue_of_another_scene_brings_that_scene_and_waits_for_it(room: Room) -> None:
    room.set(SIZE, 3.0)
    room.cues.save("evening", "")
    room.register.release_all()
    room.register.tell({f"{SHOW}/scene": "oil"})
    room.cues.recall("evening", 9.0, Layer.OSC, "")
    (command,) = room.register.take_commands()
    assert (command.address, command.value) == (f"{SHOW}/scene", "pool")
    room.after(1.0)
    assert room.register.value(SIZE) == 1.0
    room.register.tell({f"{SHOW}/scene": "pool"})
    room.after(0.1)
    assert room.register.value(SIZE) == 3.0  # the scene's own transition is the fade
    room.register.tell({f"{SHOW}/scene": "oil"})
    room.cues.recall("evening", 0.0, Layer.OSC, "")
    room.after(0.0)
    room.after(WAIT_S + 1)
    assert room.told == ["the cue evening is left out: its scene pool did not come"]


def test_cues_are_in_a_file_that_may_be_edited_between(room: Room) -> None:
    room.cues.save("one", "")
    room.path.write_text(room.path.read_text().replace("one:", "uno:   # the first"))
    room.cues.save("two", "")
    again = Room(room.path)
    assert "# the first" in room.path.read_text()
    assert again.cues.names() == ("two", "uno")
    assert again.cues.remove("uno") == "the cue uno is gone" and again.cues.names() == ("two",)
    room.path.write_text("cues:\n  two: {scene: pool, knobs: {x: [1]}}\n")
    with pytest.raises(ConfigError, match=r"cues.yaml:2: cues.two.knobs.x"):
        Room(room.path)
    with pytest.raises(ConfigError):
        room.cues.save("three", "")
    assert "two: {scene" in room.path.read_text()  # nothing of it is lost


def test_there_is_an_end_to_cues(room: Room) -> None:
    room.path.write_text("cues:\n" + "".join(f"  cue_{number}: {{}}\n" for number in range(MOST_CUES)))
    with pytest.raises(ControlError, match=f"there are {MOST_CUES} cues, the limit"):
        room.cues.save("one_more", "")
    room.cues.save("cue_5", "")
    assert len(Room(room.path).cues.names()) == MOST_CUES


def test_a_name_that_is_none_and_a_cue_that_is_not_there_are_one_sentence(room: Room) -> None:
    for name in ("", "../etc", "a b", "x" * 101):
        with pytest.raises(ControlError, match="a cue's name is made of"):
            room.cues.save(name, "")
    room.cues.save("evening", "")
    with pytest.raises(ControlError, match="there is no cue 'evning'; did you mean 'evening'"):
        room.cues.recall("evning", None, Layer.OSC, "")
    with pytest.raises(ControlError, match="there is no cue"):
        room.cues.remove("night")
