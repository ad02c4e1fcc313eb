"""What tests of foreign shaders share: a folder of their own, a picture that shows which way is up, a pass to play."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import moderngl
import numpy as np

from engine.core.clock import Tick
from engine.render.compositor import Compositor
from engine.render.external_shaders.trial import ShaderTrial, TrialAnswer, TrialRequest
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.pass_context import PassContext
from engine.render.passes import registry
from engine.render.passes.base import Knobs, Pass
from engine.scene.scene import PassSettings, PassSpec, Scene
from tests.conftest import ROOT
from tests.render.pictures import read_texture

SIZE_WH = (32, 16)
FPS = 30
CORNERS = """#version 330 core
in vec2 v_uv;
out vec4 c;
void main() {
    vec2 side = step(0.5, v_uv);
    c = vec4(side.x, side.y, 0.25 * side.x * side.y, 1.0);
}
"""
"""A picture that shows which way is up and left: (R, G, B) by quarter, row 0 top."""


def ticks(count: int, start: int = 1) -> list[Tick]:
    """Moments that each take 1/30 s."""
    return [Tick(index, index / FPS, 1 / FPS) for index in range(start, start + count)]


class Playing:
    """A scene of one foreign pass over a known picture, that is played tick by tick.

    Args:
        gl: the context.
        folder: becomes a copy of our shaders that the test may write to.
    """

    def __init__(self, gl: moderngl.Context, folder: Path) -> None:
        self._gl = gl
        self.folder = folder
        shutil.copytree(ROOT / "shaders", folder)
        (folder / "corners.frag").write_text(CORNERS)
        self._open: list[Compositor] = []

    def write(self, **files: str) -> None:
        """Write files into shaders/foreign/; `a__fs` becomes `a.fs`."""
        for name, text in files.items():
            (self.folder / "foreign" / name.replace("__", ".")).write_text(text, encoding="utf-8")

    def open(
        self,
        kind: str,
        settings: Mapping[str, Any] | None = None,
        bind: Mapping[str, Any] | None = None,
        size_wh: tuple[int, int] = SIZE_WH,
        previous: Compositor | None = None,
    ) -> Compositor:
        """A compositor of the pass, over `CORNERS`, in place of `previous`."""
        spec = PassSpec(kind, registry()[kind].model_validate(dict(settings or {})), dict(bind or {}))
        passes = (PassSpec("corners", registry()["corners"]()), spec)
        scene, library = Scene("Foreign", size_wh, passes), ShaderLibrary(self.folder)
        self._open.append(Compositor(self._gl, scene, library, size_wh, previous=previous))
        if previous is not None:
            self._open[-1].succeed(previous)
        return self._open[-1]

    def draw(
        self, kind: str, settings: Mapping[str, Any] | None = None, view: FrameInputs | None = None, **more: Any
    ) -> np.ndarray:
        """(H, W, 3) linear light, row 0 top, of the first frame."""
        return frame(self.open(kind, settings, **more), ticks(1)[0], view)

    def close(self) -> None:
        for compositor in self._open:
            compositor.close()


def frame(compositor: Compositor, tick: Tick, view: FrameInputs | None = None) -> np.ndarray:
    """(H, W, 3) linear light, row 0 top."""
    return read_texture(compositor.render(view or FrameInputs(), tick))[..., :3]


class Corners(Pass):
    """Draws the picture that all else is laid over."""

    class Settings(PassSettings):
        """It has no knobs."""

    in_place = True

    def __init__(self, stage: PassContext, settings: PassSettings) -> None:
        super().__init__(stage, settings)
        self._show = stage.quad_program("corners")

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, view: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        self._show.draw(target, self.uniforms(view, tick, knobs))


def code(light: np.ndarray | float) -> Any:
    """sRGB-encoded, 0..1, of linear light."""
    light = np.asarray(light, np.float64)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)


def light(code: np.ndarray | float) -> Any:
    """Linear light of an sRGB-encoded value."""
    code = np.asarray(code, np.float64)
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


class PretendedTrial(ShaderTrial):
    """A trial without a child: files with `slow` in their names are."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def steps(self, request: TrialRequest) -> Generator[None, None, TrialAnswer]:
        self.asked.append(request.settings["file"])
        yield
        return TrialAnswer(ms=30.0, shown_ms=4200.0 if "slow" in request.settings["file"] else 40.0)
