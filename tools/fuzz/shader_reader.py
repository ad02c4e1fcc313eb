"""Reads an external shader like the show: translated, compiled and drawn once, small and off screen."""

from __future__ import annotations

import shutil
from pathlib import Path

from engine.core.clock import Tick
from engine.render.compositor import Compositor
from engine.render.external_shaders.paths import FOLDER
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.passes import registry
from engine.render.window.gl_context import standalone_context
from engine.scene.scene import PassSpec, Scene

ROOT = Path(__file__).resolve().parent.parent.parent
SIZE_WH = (32, 18)


class ShaderReader:
    """Draws shaders in a context of its own, for as long as the process lives.

    Args:
        folder: receives a copy of shaders/ with the shader to read.
    """

    def __init__(self, folder: Path) -> None:
        self._shaders = folder / "shaders"
        shutil.copytree(ROOT / "shaders", self._shaders, dirs_exist_ok=True)
        self._ctx = standalone_context()
        self._library = ShaderLibrary(self._shaders)

    def __call__(self, path: Path) -> None:
        shutil.copy(path, self._shaders / FOLDER / path.name)
        scene = Scene("Mutant", SIZE_WH, (PassSpec("isf", registry()["isf"].model_validate({"file": path.name})),))
        with Compositor(self._ctx, scene, self._library, SIZE_WH) as compositor:
            compositor.render(FrameInputs(), Tick(1, 0.1, 0.1))
        self._ctx.finish()
