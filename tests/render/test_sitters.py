"""Several people before one glass: who is drawn where, who comes forward, who fades."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import moderngl
import numpy as np
import pytest

from engine.core.clock import Tick
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.passes import registry
from engine.render.renderer import Renderer
from engine.scene.pass_spec import PassSpec
from engine.scene.scene import Scene
from engine.types import ByteArray, Features, Latent, Reflection
from tests.render.pictures import ALIGNMENT, measured_viewer, synthetic_face

SIZE_WH, DT_S, PIXELS = (160, 90), 1 / 30, 3
Person = tuple[int, float, float]  # number, place across, distance between the eyes


def scene_of(who: str) -> Scene:
    settings = registry()["reflection"](who=who, idle=0.2)
    return Scene("Glass", SIZE_WH, (PassSpec("reflection", settings),))


def features(person: Person) -> Features:
    number, x, size = person
    seen = measured_viewer()
    return replace(seen, placement=replace(seen.placement, x=x, eye_distance=size), identity=number)


def turn(people: list[Person], index: int, presence: float = 1.0) -> Reflection:
    """A turn of the reflection thread; whoever is given first is answered first."""
    drawn = []
    for number, x, size in people:
        latent = Latent(np.zeros(4, np.float32), presence, features((number, x, size)), index * DT_S, stranger=number)
        drawn.append(Reflection(synthetic_face(number), latent, index * DT_S, index))
    return replace(drawn[0], beside=tuple(drawn[1:]))


class Hall:
    """A renderer, shown one turn in two frames."""

    def __init__(self, renderer: Renderer, wall: moderngl.Framebuffer) -> None:
        self.renderer, self._wall, self.index = renderer, wall, 0

    def show(self, people: list[Person], frames: int = 40, presence: float = 1.0) -> ByteArray:
        for _ in range(frames):
            self.index += 1
            tick = Tick(self.index, self.index * DT_S, DT_S)
            reflection = turn(people, self.index, presence) if people and self.index % 2 else None
            self.renderer.receive(None, reflection, tick)
            self.renderer.draw(self._wall, tick, tick.time_s)
        rows = np.frombuffer(self._wall.read(components=PIXELS), np.uint8)
        return rows.reshape(SIZE_WH[1], SIZE_WH[0], PIXELS)[::-1]

    def inputs(self) -> FrameInputs:
        return self.renderer.view(self.index * DT_S)


@pytest.fixture
def hall(gl: moderngl.Context) -> Iterator[Callable[[str], Hall]]:
    made: list[Renderer] = []
    wall = gl.simple_framebuffer(SIZE_WH, components=4)
    shaders = ShaderLibrary(Path(__file__).resolve().parents[2] / "shaders")

    def open_hall(who: str) -> Hall:
        made.append(Renderer(gl, shaders, scene_of(who), ALIGNMENT, SIZE_WH, 1.0))
        return Hall(made[-1], wall)

    yield open_hall
    for renderer in made:
        renderer.close()
    gl.detect_framebuffer(0).use()
    wall.color_attachments[0].release()
    wall.release()


LEFT, RIGHT = (1, 0.25, 0.08), (2, 0.75, 0.08)


def light(wall: ByteArray) -> tuple[float, float]:
    """How bright the left and the right half are."""
    middle = SIZE_WH[0] // 2
    return float(wall[:, : middle - 15].mean()), float(wall[:, middle + 15 :].mean())


def test_all_are_seen_each_at_their_place_or_the_nearest_alone(hall: Callable[[str], Hall]) -> None:
    both, one = hall("all"), hall("nearest")
    left, right = light(both.show([LEFT, RIGHT]))
    assert left > 5 and right > 5 and left == pytest.approx(right, rel=0.5)
    left, right = light(one.show([LEFT, RIGHT]))
    assert left > 5 > right


def test_the_nearer_one_stands_in_front_and_does_not_swap_at_every_breath(hall: Callable[[str], Hall]) -> None:
    group = hall("all")

    def order(*people: Person) -> list[int]:
        group.show(list(people), frames=20)
        return [each.features.identity for each in group.inputs().everyone if each.features is not None]

    assert order((1, 0.4, 0.08), (2, 0.6, 0.12)) == [1, 2], "the farthest is drawn first"
    assert order((1, 0.4, 0.12), (2, 0.6, 0.115)) == [1, 2], "hardly nearer"
    assert order((1, 0.4, 0.16), (2, 0.6, 0.115)) == [2, 1]


def test_who_leaves_fades_alone(hall: Callable[[str], Hall]) -> None:
    group = hall("all")
    left, right = light(group.show([LEFT, RIGHT]))
    left_after, right_after = light(group.show([LEFT]))
    assert left_after == pytest.approx(left, rel=0.05), "whoever stays is as before"
    assert right_after < 0.2 * right
    assert len(group.inputs().sittings) == 1, "nothing of the other is kept"


def test_another_comes_forward_by_degrees(hall: Callable[[str], Hall]) -> None:
    one = hall("nearest")
    before = light(one.show([LEFT, RIGHT]))
    places = []
    for _ in range(30):
        one.show([RIGHT, LEFT], frames=1)
        placement = one.inputs().placement
        assert placement is not None
        places.append(placement.x)
    after = light(one.show([RIGHT, LEFT]))
    assert before[0] > before[1] and after[1] > after[0]
    steps = np.diff([LEFT[1], *places])
    assert (steps >= -1e-6).all() and steps.max() < 0.06, "no jump from one to the other"
    assert places[-1] == pytest.approx(RIGHT[1], abs=0.01)


def test_signals_are_of_the_nearest_and_of_each(hall: Callable[[str], Hall]) -> None:
    group = hall("all")
    group.show([LEFT, RIGHT])
    signals = group.inputs().signals
    assert signals["people"] == 2
    assert signals["presence"] == signals["presence[0]"] == pytest.approx(1, abs=0.01)
    assert signals["presence[1]"] == pytest.approx(1, abs=0.01) and signals["presence[2]"] == 0.0
    group.show([LEFT])
    signals = group.inputs().signals
    assert signals["people"] == 1 and signals["presence[1]"] == 0.0


def test_each_who_stays_hangs_in_the_archive(hall: Callable[[str], Hall]) -> None:
    group = hall("all")
    group.show([LEFT, RIGHT], frames=150)
    archive_tiles = group.renderer.archive.archive_tiles
    assert archive_tiles is not None and group.renderer.archive.count == 2
    assert archive_tiles.shown[0] > 0 and archive_tiles.shown[1] > 0
    group.show([RIGHT, LEFT], frames=60)
    assert group.renderer.archive.count == 2, "who comes forward hangs already, and changes places"


def test_a_reflection_of_nobody_in_particular_is_one_sitter(hall: Callable[[str], Hall]) -> None:
    alone = hall("all")
    alone.show([(0, 0.5, 0.1)])
    inputs = alone.inputs()
    assert len(inputs.sittings) == 1 and inputs.everyone[0].is_nearest
