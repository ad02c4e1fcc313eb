"""What tests of tools.render share: a generator that draws clouds, and a session drawn with it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

import tools.film.segments
import tools.render
from engine.core.clock import ManualClock
from engine.networks.backends.backend import QualityLevel
from engine.networks.persona import Persona
from engine.pipeline.generator_step import GeneratorStep
from engine.pipeline.reflection_analyzer import ReflectionAnalyzer
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.passes import registry
from engine.scene.library import SceneLibrary
from engine.session.format import SessionHead
from engine.session.reader import Session
from engine.types import ByteArray, Features, FloatArray, Frame
from tests.render.pictures import measured_viewer
from tools.film.session_renderer import SessionDrawing

SIZE, SIZE_WH = "96x54", (96, 54)


SCENE = """
format: 1
title: Test
size: [1280, 720]
passes:
  - reflection: {}
"""


class Clouds:
    """A generator whose picture follows from the latent, and quickly."""

    size_px, latent_size = 32, 16
    levels = (QualityLevel("clouds", 32),)

    def __call__(self, z: FloatArray, level: QualityLevel | None = None) -> ByteArray:
        y, x = np.mgrid[0:32, 0:32] / 32
        waves = [np.sin(6 * (z[3 * k] * x + z[3 * k + 1] * y) + z[3 * k + 2]) for k in range(3)]
        picture = np.dstack([*[127 + 120 * wave for wave in waves], np.full((32, 32), 255)])
        return np.ascontiguousarray(picture.astype(np.uint8))

    def growth(self, z: FloatArray, level: QualityLevel | None = None) -> tuple[ByteArray, ...]:
        picture = self(z)
        return tuple(np.ascontiguousarray(picture[::step, ::step]) for step in (8, 4, 2, 1))

    def free(self) -> None: ...


def head_of(model: str, latent_size: int = 16, sha256: str | None = None) -> SessionHead:
    sha256 = sha256 or Persona.open(Path("models") / model).generator_sha256
    return SessionHead(model, sha256, latent_size, "1 abc", 5, 478, *SIZE_WH, "2026-03-01_19-30-05")


def render(place: Path, output: str, *more: str, session: str = "a.narc") -> int:
    return tools.render.main([session, "--output", output, "--fps", "10", "--encoder", "processor", *more], place)


def pictures(path: Path) -> list[np.ndarray]:
    if path.is_dir():
        return [np.asarray(Image.open(file)) for file in sorted(path.iterdir())]
    with av.open(str(path)) as film:
        return [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]


def digests(found: list[np.ndarray]) -> list[str]:
    return [hashlib.sha256(picture.tobytes()).hexdigest() for picture in found]


def look_again(frame: Frame) -> Features:
    """What is measured of a cloud: a face that differs from cloud to cloud."""
    return replace(measured_viewer(float(frame.image[3, 5, 0]) / 8 - 16), sequence=frame.sequence)


def drawing(
    session: Path,
    root: Path,
    scene: str | None,
    fps: float,
    window: Any,
    look: Callable[[Frame], Features | None] = look_again,
) -> SessionDrawing:
    opened = Session(session)
    scene_library = SceneLibrary(root / "scenes", (), registry())
    names = [scene] if scene else list(opened.scenes)
    paint = GeneratorStep(Clouds(), ManualClock()).draw
    alignment = Persona.open(Path("models/tiny")).alignment
    scenes = {name: scene_library.load(name) for name in names}
    library, listener = ShaderLibrary(root / "shaders"), ReflectionAnalyzer(lambda: look, ManualClock(), waits=True)
    return SessionDrawing(opened, scenes, paint, alignment, window, library, fps, scene, listener=listener)
