"""What tests of drawing share: one pass alone on a stage, a face to look at, and a picture to film."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import moderngl
import numpy as np
import pytest

from engine.core.clock import Tick
from engine.render.compositor import Compositor
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.gl.texture import PixelTexture
from engine.render.passes import base, registry
from engine.scene.scene import PassSpec, Scene
from engine.types import Placement
from tests.render.external import Corners, Playing
from tests.render.films import SIZE, paint
from tests.render.pictures import ALIGNMENT, read_texture

STAGE_WH = (320, 180)
START = Tick(0, 0.0, 0.0)

Draw = Callable[..., np.ndarray]


@pytest.fixture
def draw(gl: moderngl.Context, library: ShaderLibrary) -> Iterator[Draw]:
    """draw("room", {...}, view, tick, size_wh, under) -> (H, W, 4) linear light, row 0 top: one pass, or two."""
    made: list[Compositor] = []

    def run(
        kind: str,
        settings: dict[str, object] | None = None,
        view: FrameInputs | None = None,
        tick: Tick = START,
        size_wh: tuple[int, int] = STAGE_WH,
        under: str | None = None,
    ) -> np.ndarray:
        below = () if under is None else (PassSpec(under, registry()[under]()),)
        spec = PassSpec(kind, registry()[kind](**(settings or {})))
        made.append(Compositor(gl, Scene("One pass", size_wh, (*below, spec)), library, size_wh))
        return read_texture(made[-1].render(view or FrameInputs(), tick))

    yield run
    for compositor in made:
        compositor.close()


@pytest.fixture
def face(gl: moderngl.Context) -> Iterator[Callable[..., FrameInputs]]:
    """face(picture, placement) -> a View of it."""
    textures: list[PixelTexture] = []

    def make(picture: np.ndarray, placement: Placement | None = None, presence: float = 1.0) -> FrameInputs:
        textures.append(PixelTexture(gl))
        textures[-1].write(picture)
        texture = textures[-1].texture
        return FrameInputs(reflection=texture, alignment=ALIGNMENT, placement=placement, presence=presence)

    yield make
    for texture in textures:
        texture.close()


@pytest.fixture
def playing(gl: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Playing]:
    """A foreign shader over a picture that shows which way is up."""
    monkeypatch.setattr(base, "_PASSES", dict(base._PASSES))
    base.register("corners")(Corners)
    made = Playing(gl, tmp_path / "shaders")
    yield made
    made.close()


@pytest.fixture
def picture(gl: moderngl.Context) -> Iterator[moderngl.Framebuffer]:
    """A framebuffer whose upper half, as people see it, is red and whose lower half is blue."""
    framebuffer = gl.framebuffer([gl.texture(SIZE, 4)])
    paint(framebuffer)
    yield framebuffer
    framebuffer.color_attachments[0].release()
    framebuffer.release()
