"""Passes are run in order on two framebuffers; the scene that ships looks as it did."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import moderngl
import numpy as np
import pytest
from pydantic import Field

from engine.core.clock import Tick
from engine.core.errors import ConfigError
from engine.render.compositor import Compositor
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.quad_program import ADDED
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.gl.texture import GrowthTexture, PixelTexture
from engine.render.output_pass import OutputPass
from engine.render.pass_context import PassContext
from engine.render.passes import base, registry
from engine.render.passes.base import Knobs, Pass, register
from engine.render.portrait_archive import PortraitArchive
from engine.scene.expression import compile_expression
from engine.scene.scene import PassSettings, PassSpec, Scene, load_scene
from engine.types import Reflection, ReflectionComparison
from engine.visitor.face_difference import compare
from engine.visitor.signals import SIGNALS
from tests.conftest import ROOT, CompareGolden
from tests.render.pictures import (
    ALIGNMENT,
    REST,
    grown,
    measured_stranger,
    measured_viewer,
    presented,
    read_texture,
    synthetic_face,
)
from tests.render.visits import NOBODY, hang_visitor

START = Tick(0, 0.0, 0.0)
SIZE_WH = (32, 16)
SHADER = "#version 330 core\nuniform float u_by;\n{head}out vec4 c;\nvoid main() {{ c = vec4({value}); }}\n"
READS = "uniform sampler2D u_source;\n"
HERE = "texelFetch(u_source, ivec2(gl_FragCoord.xy), 0).rgb"


class TinyPass(Pass):
    class Settings(PassSettings):
        by: float = Field(default=1.0, ge=0.0, le=10.0)

    def __init__(self, stage: PassContext, settings: PassSettings) -> None:
        super().__init__(stage, settings)
        self.quad_program = stage.quad_program(self.kind)

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, view: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        values = {**self.uniforms(view, tick, knobs), "u_source": source}
        self.quad_program.draw(target, values, blend=ADDED if self.in_place else None)


@pytest.fixture
def tiny(gl: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ShaderLibrary:
    """Three passes: `add` lays on, `times` replaces, `baked` has a knob that cannot be bound."""
    monkeypatch.setattr(base, "_PASSES", dict(base._PASSES))

    @register("add")
    class Add(TinyPass):
        in_place = True

    @register("times")
    class Times(TinyPass):
        pass

    @register("still")
    class Still(TinyPass):
        baked: ClassVar[frozenset[str]] = frozenset({"by"})

    folder = tmp_path / "shaders"
    shutil.copytree(ROOT / "shaders", folder)
    (folder / "add.frag").write_text(SHADER.format(head="", value="vec3(u_by), 1.0"))
    for name in ("times", "still"):
        (folder / f"{name}.frag").write_text(SHADER.format(head=READS, value=f"{HERE} * u_by, 1.0"))
    return ShaderLibrary(folder)


def scene_of(*passes: tuple[str, float] | PassSpec) -> Scene:
    specs = [p if isinstance(p, PassSpec) else PassSpec(p[0], TinyPass.Settings(by=p[1])) for p in passes]
    return Scene("Test", SIZE_WH, tuple(specs))


def level(texture: moderngl.Texture) -> float:
    light = read_texture(texture)[..., :3]
    assert light.min() == light.max()
    return float(light.max())


@pytest.mark.parametrize(
    ("passes", "expected"),
    [
        ([("add", 2.0)], 2.0),
        ([("add", 2.0), ("times", 3.0)], 6.0),
        ([("times", 3.0), ("add", 2.0)], 2.0),
        ([("add", 1.0), ("times", 2.0), ("add", 1.0), ("times", 2.0), ("times", 2.0), ("add", 0.5)], 12.5),
    ],
)
def test_passes_run_in_order(
    gl: moderngl.Context, tiny: ShaderLibrary, passes: list[tuple[str, float]], expected: float
) -> None:
    with Compositor(gl, scene_of(*passes), tiny) as compositor:
        for _ in range(3):  # nothing is left over from the frame before
            assert level(compositor.render(FrameInputs(), START)) == expected


def test_opacity_zero_changes_nothing(gl: moderngl.Context, tiny: ShaderLibrary) -> None:
    off = PassSpec("times", TinyPass.Settings(by=5.0, opacity=0.0))
    with Compositor(gl, scene_of(("add", 2.0), off), tiny) as compositor:
        assert level(compositor.render(FrameInputs(), START)) == 2.0


def test_a_bound_knob_follows_its_signal(gl: moderngl.Context, tiny: ShaderLibrary) -> None:
    bound = PassSpec(
        "add", TinyPass.Settings(), {"by": compile_expression("1 + 2 * presence", {"presence"})}, {"by": (0, 2)}
    )
    with Compositor(gl, scene_of(bound), tiny) as compositor:
        assert level(compositor.render(FrameInputs(signals={"presence": 0.25}), START)) == 1.5
        assert level(compositor.render(FrameInputs(signals={"presence": 1.0}), START)) == 2.0  # held in its range


def test_a_baked_knob_cannot_be_bound(gl: moderngl.Context, tiny: ShaderLibrary) -> None:
    bound = PassSpec("still", TinyPass.Settings(), {"by": compile_expression("presence", {"presence"})})
    with pytest.raises(
        ConfigError, match=r"^still\.by cannot follow a signal: it is drawn once per size; set a number$"
    ):
        Compositor(gl, scene_of(bound), tiny)


def test_a_scene_with_a_broken_shader_leaves_the_one_that_is_shown(
    gl: moderngl.Context, tiny: ShaderLibrary, tmp_path: Path
) -> None:
    (tmp_path / "shaders" / "times.frag").write_text("#version 330 core\nvoid main() { oops }\n")
    with Compositor(gl, scene_of(("add", 2.0)), tiny) as compositor:
        with pytest.raises(ConfigError, match=r"^shaders/times\.frag:2: "):
            Compositor(gl, scene_of(("add", 4.0), ("times", 2.0)), tiny)
        assert level(compositor.render(FrameInputs(), START)) == 2.0


def test_the_picture_is_upright(gl: moderngl.Context, tiny: ShaderLibrary, tmp_path: Path) -> None:
    """v_uv runs from the top left; what is drawn at its top is row 0 of the texture and the top of the window."""
    (tmp_path / "shaders" / "add.frag").write_text(
        "#version 330 core\nin vec2 v_uv;\nout vec4 c;\nvoid main() { c = vec4(v_uv, 0.0, 1.0); }\n"
    )
    with Compositor(gl, scene_of(("add", 1.0), ("times", 1.0)), tiny) as compositor, OutputPass(gl, tiny) as projector:
        texture = compositor.render(FrameInputs(), START)
        light = read_texture(texture)
        assert light[0, 0, :2] == pytest.approx((0.5 / 32, 0.5 / 16), abs=1e-3)
        assert light[0, -1, :2] == pytest.approx((1 - 0.5 / 32, 0.5 / 16), abs=1e-3)
        assert light[-1, 0, 1] > 0.9
        shown = presented(gl, projector, texture, SIZE_WH)
        assert shown[0, -1, 0] > 240 > 80 > shown[0, -1, 1]
        assert shown[-1, 0, 1] > 240 > 80 > shown[-1, 0, 0]


def test_close_twice(gl: moderngl.Context, tiny: ShaderLibrary) -> None:
    compositor = Compositor(gl, scene_of(("add", 2.0)), tiny)
    compositor.close()
    compositor.close()


@pytest.mark.parametrize("path", sorted((ROOT / "shaders").glob("*.frag")), ids=lambda path: path.stem)
def test_every_shader_compiles_in_every_entry(gl: moderngl.Context, library: ShaderLibrary, path: Path) -> None:
    entries = {line.split()[1] for line in path.read_text().splitlines() if line.startswith("#ifdef ")}
    for define in sorted(entries) or [""]:
        library.program(gl, path.stem, defines={define: True} if define else {}).release()


SCENES = sorted((ROOT / "scenes").glob("*.yaml"))


@pytest.fixture
def view(gl: moderngl.Context) -> Iterator[FrameInputs]:
    texture, growth, archive = PixelTexture(gl), GrowthTexture(gl), PortraitArchive(gl)
    picture = synthetic_face(seed=3)
    texture.write(picture)
    growth.upload(Reflection(picture, NOBODY, 0.0, 1, grown(picture)))
    for index in range(6):
        hang_visitor(archive, synthetic_face(seed=index), index)
    signals = {**dict.fromkeys(SIGNALS, 0.0), "presence": 1.0, "dwell": 5.0, "time": 4.0, "bits": 45.0}
    yield FrameInputs(
        reflection=texture.texture,
        growth=growth.texture,
        archive_tiles=archive.archive_tiles,
        face_difference=compare(ReflectionComparison(measured_viewer(), measured_stranger(measured_viewer(0.0)))),
        features=measured_viewer(),
        alignment=ALIGNMENT,
        placement=REST,
        presence=1.0,
        signals=signals,
    )
    for part in (texture, growth, archive):
        part.close()


def load(path: Path, **film: float) -> Scene:
    """A scene, its film changed: a golden picture needs no grain, which would only make its file large."""
    scene = load_scene(path, registry())
    passes = [
        replace(spec, settings=spec.settings.model_copy(update=film)) if spec.kind == "film" else spec
        for spec in scene.passes
    ]
    return replace(scene, passes=tuple(passes))


def test_noise_that_is_first_asked_for_in_drawing_is_there(
    gl: moderngl.Context, library: ShaderLibrary, view: FrameInputs
) -> None:
    """The smoke at the edge of a reflection moves, even where no pass before it has baked anything."""
    scene = Scene("Alone", (160, 90), (PassSpec("reflection", registry()["reflection"]()),))
    with Compositor(gl, scene, library) as compositor:
        now, later = (read_texture(compositor.render(view, Tick(0, time_s, 0.0))) for time_s in (4.0, 6.0))
    assert np.abs(later - now).max() > 1e-3


@pytest.mark.parametrize("path", SCENES, ids=lambda path: path.stem)
def test_scene_looks_as_it_did(
    gl: moderngl.Context, library: ShaderLibrary, view: FrameInputs, path: Path, compare_golden: CompareGolden
) -> None:
    size_wh = (320, 180)
    with Compositor(gl, load(path, grain=0.0), library, size_wh) as compositor, OutputPass(gl, library) as projector:
        picture = presented(gl, projector, compositor.render(view, Tick(120, 4.0, 1 / 30)), size_wh)
    compare_golden(picture, path.stem)


@pytest.mark.parametrize("size_wh", [(160, 90), (90, 160), (100, 100)])
@pytest.mark.parametrize("path", SCENES, ids=lambda path: path.stem)
def test_scene_is_alive_yet_not_busy(
    gl: moderngl.Context, library: ShaderLibrary, view: FrameInputs, path: Path, size_wh: tuple[int, int]
) -> None:
    with Compositor(gl, load(path, grain=0.0), library, size_wh) as compositor:
        now = read_texture(compositor.render(view, Tick(0, 4.0, 0.0)))[..., :3]
        again = read_texture(compositor.render(view, Tick(0, 4.0, 0.0)))[..., :3]
        later = read_texture(compositor.render(view, Tick(30, 5.0, 0.0)))[..., :3]
    assert (now == again).all()
    assert 0.0 <= now.min() <= now.max() <= 1.0
    moved = np.abs(np.sqrt(later) - np.sqrt(now))
    assert 0.0 < moved.mean() < 0.03
    assert moved.max() > 1 / 255


@pytest.mark.parametrize("path", SCENES, ids=lambda path: path.stem)
def test_the_face_is_the_centre_of_light(
    gl: moderngl.Context, library: ShaderLibrary, view: FrameInputs, path: Path
) -> None:
    """Squinting: of all places of a twelfth of the picture, the brightest is the face."""
    with Compositor(gl, load(path, grain=0.0), library, (192, 108)) as compositor:
        light = read_texture(compositor.render(view, START))[..., :3].mean(axis=2)
        empty = read_texture(compositor.render(replace(view, presence=0.0), START))[..., :3].mean(axis=2)
    blocks = light.reshape(9, 12, 16, 12).mean(axis=(1, 3))  # (9, 16) places
    row, column = np.unravel_index(blocks.argmax(), blocks.shape)
    assert 2 <= row <= 6
    assert 6 <= column <= 9
    assert light.mean() > 1.05 * empty.mean()
