"""The pool: waves start where the face moves and die down; petals stay at the rim; nothing is bent that lies still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import moderngl
import numpy as np
import pytest

from engine.core.clock import Tick
from engine.render.compositor import Compositor
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.gl.texture import PixelTexture
from engine.render.glass_area import Rect
from engine.render.passes import reflection, registry
from engine.render.passes.water import MOST_STEPS, STEPS_PER_S, steps_of
from engine.scene.scene import SIGNALS, PassSpec, Scene, load_scene
from engine.types import Placement
from tests.conftest import ROOT
from tests.render.pictures import ALIGNMENT, REST, centre_of_light, eye_mark, read_texture

STAGE_WH = (320, 180)
STILL = {"wind": 0.0, "drops": 0.0}
CLEAR = {**STILL, "caustics": 0.0, "murk": 0.0, "sky": 0.0}
FPS = 30

Play = Callable[..., np.ndarray]
Passes = dict[str, dict[str, float]]


@pytest.fixture
def open_pool(gl: moderngl.Context, library: ShaderLibrary) -> Iterator[Callable[[Passes], Compositor]]:
    """open_pool({"water": {...}}) -> a compositor of these passes."""
    made: list[Compositor] = []

    def build(passes: Passes) -> Compositor:
        specs = tuple(PassSpec(kind, registry()[kind](**knobs)) for kind, knobs in passes.items())
        made.append(Compositor(gl, Scene("Pool", STAGE_WH, specs), library, STAGE_WH))
        return made[-1]

    yield build
    for compositor in made:
        compositor.close()


def play(compositor: Compositor, views: list[FrameInputs], start: int = 0, fps: int = FPS) -> np.ndarray:
    """Draw one frame for each of `views`; the last as (H, W, 3) linear light, row 0 top."""
    for index, view in enumerate(views, start + 1):
        texture = compositor.render(view, Tick(index, index / fps, 1 / fps))
    return read_texture(texture)[..., :3]


def at(x: float, y: float = 0.42) -> FrameInputs:
    return FrameInputs(alignment=ALIGNMENT, placement=replace(REST, x=x, y=y), presence=1.0)


def test_steps_are_the_same_at_every_rate() -> None:
    for fps in (24, 30, 60, 144):
        steps = [step for index in range(1, 3 * fps + 1) for step in steps_of(Tick(index, index / fps, 1 / fps))]
        assert steps == list(range(3 * STEPS_PER_S))
    assert len(steps_of(Tick(1, 4.0, 0.0))) == 0
    assert len(steps_of(Tick(1, 400.0, 0.25))) <= MOST_STEPS


def test_still_water_lies_still_and_dies_down(open_pool: Callable[[Passes], Compositor]) -> None:
    """Somebody comes, which stirs it; once nobody moves, it is as level as if nobody ever had."""
    pool = open_pool({"water": {**STILL, "caustics": 0.0}})
    level = play(pool, [FrameInputs()] * 3)
    assert (play(pool, [FrameInputs()] * 3, start=3) == level).all()
    stirred = np.abs(play(pool, [at(0.5)] * 12, start=6) - level).max()
    later = np.abs(play(pool, [at(0.5)] * 8 * FPS, start=18) - level).max()
    assert stirred > 0.004
    assert later < 0.25 * stirred


@pytest.mark.parametrize("x", [0.35, 0.65])
def test_waves_start_where_the_face_moves(open_pool: Callable[[Passes], Compositor], x: float) -> None:
    """At first they are around the face; then they run out over the water."""
    pool = open_pool({"water": {**STILL, "caustics": 0.0, "follow": 1.0}})
    level = play(pool, [at(x)] * 10 * FPS)
    first = np.abs(play(pool, [at(x + 0.004 * k) for k in range(6)], start=10 * FPS) - level)
    assert centre_of_light(first)[0] == pytest.approx(x, abs=0.1)
    later = np.abs(play(pool, [at(x + 0.02)] * 45, start=10 * FPS + 6) - level)
    columns = (np.arange(STAGE_WH[0]) + 0.5) / STAGE_WH[0]
    far = np.abs(columns - x) * STAGE_WH[0] / STAGE_WH[1] > 0.65
    assert later[:, far].max() > 4 * first[:, far].max()
    assert later[:, far].max() > 1e-3


def test_waves_start_as_high_as_the_face_is(open_pool: Callable[[Passes], Compositor]) -> None:
    heights = []
    for y in (0.2, 0.5):
        pool = open_pool({"water": {**STILL, "caustics": 0.0, "follow": 1.0}})
        level = play(pool, [at(0.5, y)] * 10 * FPS)
        moved = play(pool, [at(0.5 + 0.004 * k, y) for k in range(6)], start=10 * FPS)
        heights.append(centre_of_light(np.abs(moved - level))[1])
    assert heights[0] + 0.08 < heights[1]


def test_the_same_ticks_give_the_same_waves(open_pool: Callable[[Passes], Compositor]) -> None:
    views = [at(0.4 + 0.01 * k) for k in range(20)]
    first, again = (play(open_pool({"bed": {}, "water": {}}), views) for _ in range(2))
    assert (first == again).all()
    slow, fast = (play(open_pool({"water": STILL}), [at(0.5)] * count, fps=count) for count in (15, 60))
    assert np.abs(slow - fast).max() < 1e-3  # one second, however many pictures are drawn of it


def test_still_water_leaves_a_face_in_its_place(
    gl: moderngl.Context, open_pool: Callable[[Passes], Compositor]
) -> None:
    texture = PixelTexture(gl)
    texture.write(eye_mark(-1))
    view = replace(at(0.5), reflection=texture.texture)
    knobs = {"shoulders": 0.0, "idle": 0.0}
    bare = open_pool({"reflection": knobs}).render(view, Tick(0, 0.0, 0.0))
    expected = centre_of_light(read_texture(bare))
    under = open_pool({"reflection": knobs, "water": CLEAR}).render(view, Tick(0, 0.0, 0.0))
    assert centre_of_light(read_texture(under)) == pytest.approx(expected, abs=0.004)
    texture.close()


def test_a_drop_falls_with_nobody_there(open_pool: Callable[[Passes], Compositor]) -> None:
    dry, wet = (
        play(open_pool({"water": {"wind": 0.0, "caustics": 0.0, "drops": drops}}), [FrameInputs()] * 90)
        for drops in (0, 60)
    )
    assert np.abs(wet - dry).max() > 0.004


def test_the_bed_sinks_into_the_dark(open_pool: Callable[[Passes], Compositor]) -> None:
    light = play(open_pool({"bed": {}}), [FrameInputs()])
    rim = np.concatenate([light[:12].reshape(-1, 3), light[:, :12].reshape(-1, 3), light[:, -12:].reshape(-1, 3)])
    middle = light[60:110, 110:210].reshape(-1, 3)
    assert rim.mean() > 3 * middle.mean() > 0
    assert rim.std() > 3 * middle.std()  # stones are seen at the rim alone
    half = play(open_pool({"bed": {"opacity": 0.5}}), [FrameInputs()])
    assert half.mean() == pytest.approx(0.5 * light.mean(), rel=0.02)


def test_petals_drift_at_the_rim(open_pool: Callable[[Passes], Compositor]) -> None:
    drawn = open_pool({"petals": {"shadow": 0.0}})
    light = play(drawn, [FrameInputs()])
    inside = light[36:144, 80:240]
    assert inside.max() == 0.0
    covered = (light.max(axis=2) > 0.02).mean()
    assert 0.02 < covered < 0.2
    moved = np.abs(play(drawn, [FrameInputs()], start=10 * FPS) - light)
    assert 0.0 < moved.mean() < 0.5 * light.mean()
    assert play(open_pool({"petals": {"petals": 0, "flowers": 0}}), [FrameInputs()]).max() == 0.0


@pytest.mark.parametrize(
    "placement", [None, REST, Placement(0.8, 0.6, 0.15, 0.7, 16 / 9), Placement(0.1, 0.2, 0.07, -2.0, 1.0)]
)
@pytest.mark.parametrize("knobs", [{}, {"shoulders": 0.0, "feather": 1.0}, {"feather": 0.0, "size": 0.4}])
def test_a_face_is_drawn_wherever_it_is_seen(
    gl: moderngl.Context,
    open_pool: Callable[[Passes], Compositor],
    monkeypatch: pytest.MonkeyPatch,
    placement: Placement | None,
    knobs: dict[str, float],
) -> None:
    """Drawing on the part of the stage that it can reach, and on the whole stage, is the same."""
    texture = PixelTexture(gl)
    texture.write(np.full((64, 64, 4), 255, np.uint8))
    view = FrameInputs(reflection=texture.texture, alignment=ALIGNMENT, placement=placement, presence=1.0)

    def everywhere(*_: object) -> Rect:
        return (0.0, 0.0, 1.0, 1.0)

    part = play(open_pool({"reflection": knobs}), [view])
    monkeypatch.setattr(reflection, "figure_rect", everywhere)
    whole = play(open_pool({"reflection": knobs}), [view])
    assert whole.max() > 0.1
    assert np.abs(part - whole).max() < 2e-3
    texture.close()


def test_a_voice_ruffles_the_pool_that_hears(gl: moderngl.Context, library: ShaderLibrary) -> None:
    """In silence it is stiller than the pool that it extends."""

    def unrest(name: str, audio: float) -> float:
        scene = load_scene(ROOT / "scenes" / f"{name}.yaml", registry())
        scene = replace(scene, passes=tuple(spec for spec in scene.passes if spec.kind in ("bed", "water")))
        view = replace(at(0.5), signals={**dict.fromkeys(SIGNALS, 0.0), "audio": audio})
        with Compositor(gl, scene, library, STAGE_WH) as pool:
            before = play(pool, [view] * 45)
            return float(np.abs(play(pool, [view] * 10, start=45) - before).mean())

    silent, loud = (unrest("voices", audio) for audio in (0.0, 0.8))
    assert loud > 2.0 * silent
    assert silent < unrest("pool", 0.0)
