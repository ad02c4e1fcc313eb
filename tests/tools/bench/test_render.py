"""What the benchmark says of the stage: everything is covered and the sums are right; no time is asserted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import moderngl
import numpy as np
import pytest

import tools.bench.render.filming as filming
import tools.bench.render.offline as offline
import tools.bench.render.reloading as reloading
from engine.config.reflection import ReflectionSettings
from engine.core.clock import ManualClock
from engine.core.errors import ConfigError, DeviceError
from engine.networks.pggan.latent_sphere import seed_latents
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.passes import registry
from engine.render.passes.frame import Frame as FramePass
from engine.render.passes.glass import Glass
from engine.render.renderer import Renderer
from engine.scene.scene import PassSpec, Scene, load_scene
from engine.types import Frame, Latent, Reflection
from engine.visitor.visit_state import VisitState
from tests.conftest import ROOT
from tests.render.pictures import ALIGNMENT, synthetic_face
from tests.tools.drawn import features_of
from tools.animate_portrait import write_clip
from tools.bench.render.drawing import ALONE, PassWatch, _dearest, _scene_row, _Times, measure_drawing
from tools.bench.render.visitor import MOMENTS, Footage, Visitor

SIZE_WH, SIZE = (64, 36), "64x36"
KINDS = ("room", "film", "reflection", "picture", "glass")
SCENES = {path.stem: path for path in (ROOT / "scenes").glob("*.yaml")}


@pytest.fixture(scope="module")
def footage() -> Footage:
    """Four moments of noise before the camera and of a drawn head as the answer."""
    rng, latents = np.random.default_rng(0), seed_latents(range(4), 16)
    frames = [Frame(rng.integers(0, 256, (27, 48, 3), np.uint8), index / 30, index) for index in range(4)]
    faces = [
        Reflection(synthetic_face(index, 16), Latent(z, 0.0, features_of(z), 0.0), 0.0, index)
        for index, z in enumerate(latents)
    ]
    return Footage(list(zip(frames, faces, strict=True)), ALIGNMENT)


def scene_of(*kinds: str) -> Scene:
    return Scene("Test", SIZE_WH, tuple(PassSpec(kind, registry()[kind]()) for kind in kinds))


# -------------------------------------------------- the visitor


def test_a_visit_comes_to_its_moments_after_others_were_there(
    gl: moderngl.Context, library: ShaderLibrary, footage: Footage
) -> None:
    with Renderer(gl, library, scene_of("film"), ALIGNMENT, SIZE_WH, 1.0) as mirror:
        visitor, states = Visitor(footage, mirror), {}
        for moment in visitor.moments():
            visitor.step()
            states[moment] = mirror.visit_state
    assert states == {"idle": VisitState.IDLE, "arrive": VisitState.ARRIVE, "dwell": VisitState.DWELL}
    assert tuple(states) == MOMENTS


def test_footage_is_played_forth_and_back_and_every_step_is_new(footage: Footage) -> None:
    told: list[tuple[Frame, Reflection]] = []
    mirror: Any = SimpleNamespace(
        scene=SimpleNamespace(reflection=ReflectionSettings(arrive_s=0.1, leave_s=0.1)),
        receive=lambda frame, reflection, tick: told.append((frame, reflection)),
    )
    visitor = Visitor(footage, mirror)
    visitor.is_there = True
    ticks = [visitor.step() for _ in range(7)]
    assert [frame.sequence for frame, _ in told] == [1, 2, 3, 2, 1, 0, 1]
    for frame, reflection in told:
        assert reflection.latent.features is footage.visit[frame.sequence][1].latent.features is not None
    assert len({id(reflection) for _, reflection in told}) == 7
    assert [reflection.generated_s for _, reflection in told] == [tick.time_s for tick in ticks]
    presences = [reflection.latent.presence for _, reflection in told]
    assert presences == pytest.approx([1 / 3, 2 / 3, 1, 1, 1, 1, 1])
    visitor.is_there = False
    visitor.step(0.05)
    assert told[-1][1].latent.presence == pytest.approx(0.5) and told[-1][1].latent.features is None


# -------------------------------------------------- drawing


def test_every_scene_and_every_pass_is_measured(gl: moderngl.Context, footage: Footage) -> None:
    scenes = {name: load_scene(path, registry()) for name, path in SCENES.items()}
    found = measure_drawing(footage, scenes, (SIZE_WH,), 1)
    assert {row["scene"] for row in found["scenes"]} == SCENES.keys()
    assert {row["pass"] for row in found["passes"]} == registry().keys()
    used = {spec.kind for scene in scenes.values() for spec in scene.passes}
    for row in found["passes"]:
        assert (row["scene"] == ALONE) == (row["pass"] not in used)
        assert "ms" in row or (row["scene"] == ALONE and row["skipped"]), row
    for row in (*found["scenes"], *(row for row in found["passes"] if "ms" in row)):
        assert row["size"] == SIZE and row["moment"] in MOMENTS
        assert 0 < row["ms"]["p50"] <= row["ms"]["p95"] or row.get("pass")
    assert found["renderer"] and 0.25 <= found["render_scale"] <= 2


def test_a_pass_that_cannot_be_drawn_alone_says_why(
    gl: moderngl.Context, footage: Footage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ConfigError("glass.file: say which\nand more")

    monkeypatch.setattr(Glass, "__init__", refuse)
    monkeypatch.setattr("tools.bench.render.drawing.registry", lambda: {kind: registry()[kind] for kind in KINDS})
    found = measure_drawing(footage, {"plain": scene_of("room", "film")}, (SIZE_WH, (80, 46)), 2)
    rows = [(row["pass"], row["scene"], row["size"], row.get("skipped")) for row in found["passes"]]
    assert rows == [
        (
            kind,
            "plain" if kind in ("film", "room") else ALONE,
            size,
            "glass.file: say which" if kind == "glass" else None,
        )
        for kind in sorted(KINDS)
        for size in (SIZE, "80x46")
    ]


def test_passes_are_watched_while_it_is_on_and_then_left_as_they_were(
    gl: moderngl.Context, library: ShaderLibrary, footage: Footage
) -> None:
    wall = gl.simple_framebuffer(SIZE_WH, components=4)
    watch = PassWatch(gl.finish)
    with (
        watch.installed(),
        Renderer(gl, library, scene_of("room", "frame", "room"), ALIGNMENT, SIZE_WH, 1.0) as mirror,
    ):
        visitor = Visitor(footage, mirror)
        for watch.is_on in (False, True, True, False):
            tick = visitor.step()
            mirror.draw(wall, tick, tick.time_s)
        taken = watch.take()
    assert [(drawn.kind, len(durations)) for drawn, durations in taken.items()] == [
        ("room", 2), ("frame", 2), ("room", 2)
    ]  # fmt: skip
    assert watch.take() == {}
    assert "render" not in vars(FramePass), "what it has from its base is not left behind on it"
    gl.detect_framebuffer(0).use()  # what is bound must not be released
    wall.color_attachments[0].release()
    wall.release()


def test_the_moment_that_costs_most_counts() -> None:
    times = [_Times("idle", [10.0, 10.0], {}), _Times("arrive", [20.0, 30.0], {}), _Times("dwell", [5.0, 40.0], {})]
    assert _scene_row(times) == {"moment": "arrive", "ms": {"p50": 25.0, "p95": 29.5}, "per_s": 40.0}


def test_a_pass_is_told_of_in_the_scene_where_it_costs_most() -> None:
    def row(scene: str, size: str, p50: float) -> dict[str, Any]:
        return {"pass": "film", "scene": scene, "size": size, "ms": {"p50": p50}}

    rows = [row("a", "small", 3.0), row("b", "small", 1.0), row("a", "large", 4.0), row("b", "large", 5.0)]
    assert _dearest(rows) == [rows[1], rows[3]]


# -------------------------------------------------- reloading


def test_saves_are_followed_to_the_wall(
    gl: moderngl.Context, footage: Footage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reloading, "QUIET_S", 0.1)
    rows = reloading.measure_reloading(footage, SIZE_WH, repeats=1)
    assert {row["what"]: row["file"].split("/", 1)[1] for row in rows} == {
        "scene": "saved.yaml",
        **reloading.SHADERS_SAVED,
    }
    for row in rows:
        assert 0 < row["ms"]["p50"] == row["ms"]["max"]
        assert row["longest_gap_ms"] > 0 and row["usual_gap_ms"] > 0


def test_a_save_that_nobody_tells_is_an_error(
    gl: moderngl.Context, footage: Footage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reloading.Watcher, "poll", lambda self: frozenset())
    monkeypatch.setattr(reloading, "PATIENCE_S", 0.2)
    monkeypatch.setattr(reloading, "QUIET_S", 0.05)
    with pytest.raises(DeviceError, match=r"^no save in .* was told within 0 s$"):
        reloading.measure_reloading(footage, SIZE_WH, repeats=1)


@pytest.mark.parametrize("file", reloading.SHADERS_SAVED.values())
def test_no_shader_is_saved_twice_the_same(file: str) -> None:
    text = (ROOT / "shaders" / file).read_text(encoding="utf-8")
    assert len({text, *(reloading.changed_shader(text) for _ in range(5))}) > 4


def test_an_include_that_cannot_be_changed_is_told() -> None:
    with pytest.raises(ConfigError, match=r"has no 12\.92"):
        reloading.changed_shader("float one() { return 1.0; }")


# -------------------------------------------------- recording and rendering again


def test_recording_is_compared_with_the_same_show_without_it(
    gl: moderngl.Context, footage: Footage, monkeypatch: pytest.MonkeyPatch
) -> None:
    filmed: list[bool] = []

    def draw_for(seconds: float, *parts: Any) -> tuple[int, float]:
        filmed.append(parts[-1] is not None)
        return (80, 1.0) if filmed[-1] else (50, 0.5)

    monkeypatch.setattr(filming, "_draw_for", draw_for)
    found = filming.measure_recording(footage, scene_of("film"), SIZE_WH, rounds=2)
    assert filmed == [False, False, True, True, False]  # the first is the warm-up
    assert found == {"size": SIZE, "without_per_s": 100.0, "with_per_s": 80.0, "ratio": 0.8, "drops": 0}


def test_a_film_is_really_made(gl: moderngl.Context, footage: Footage, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    finish = filming._finish

    def count(recorder: Any) -> int:
        drops = finish(recorder)
        made.extend([recorder.frames] if recorder is not None else [])
        return drops

    monkeypatch.setattr(filming, "_finish", count)
    found = filming.measure_recording(footage, scene_of("film"), SIZE_WH, rounds=1, round_s=0.01)
    assert len(made) == 1 and made[0] >= 1
    assert found["ratio"] == pytest.approx(found["with_per_s"] / found["without_per_s"], abs=0.001)


def test_a_film_that_fails_is_an_error() -> None:
    recorder: Any = SimpleNamespace(close=lambda: None, error="the disk is full", drops=0)
    with pytest.raises(DeviceError, match="the disk is full"):
        filming._finish(recorder)


def test_rendering_is_compared_with_real_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, asked = ManualClock(), list[list[str]]()
    monkeypatch.setattr(offline, "Clock", lambda: clock)

    def render(arguments: Sequence[str]) -> int:
        asked.append([arguments[2].rpartition("/")[2], *arguments[3:]])
        assert Path(arguments[0]).read_text() == "portraits"
        write_clip(synthetic_face()[..., :3], Path(arguments[2]), 0.5, (32, 18), quiet=True)
        clock.advance(2.0)
        return 0

    rows = offline.measure_offline("portraits", ((64, 36), (96, 54)), lambda model, path: note(path, model), render)
    assert asked == [[f"{size}.mp4", "--size", size, "--fps", "30"] for size in ("64x36", "96x54")]
    expected = {"fps": 30, "seconds": 0.5, "took_s": 2.0, "speed": 0.25}
    assert rows == [{"size": size, **expected} for size in ("64x36", "96x54")]


def note(path: Path, text: str) -> None:
    path.write_text(text)


def test_a_rendering_that_fails_is_an_error() -> None:
    with pytest.raises(DeviceError, match=r"^tools\.render ended with status 5$"):
        offline.measure_offline("portraits", (SIZE_WH,), lambda model, path: note(path, model), lambda arguments: 5)
