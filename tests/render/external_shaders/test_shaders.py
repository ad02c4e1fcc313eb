"""The shaders of our own in foreign dialects: each looks as it did, and says nothing against its own arithmetic."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import moderngl
import numpy as np
import pytest

from engine.core.clock import Tick
from engine.render.compositor import Compositor
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.output_pass import OutputPass
from engine.render.passes import registry
from engine.scene.scene import SIGNALS, PassSpec, Scene
from tests.conftest import ROOT, CompareGolden
from tests.render.pictures import REST, presented, synthetic_face
from tools.dev.external_works import WORKS

SIZE_WH = (240, 135)
FPS = 15


def test_no_shader_is_forgotten() -> None:
    used = {value for _, settings in WORKS.values() for value in _files(settings)}
    assert used == {path.name for path in (ROOT / "shaders" / "foreign").iterdir()}


def _files(settings: dict[str, Any]) -> list[str]:
    return [settings["file"], *(tab["file"] for tab in settings.get("buffers", {}).values())]


@pytest.mark.parametrize("name", WORKS)
def test_shader_looks_as_it_did(
    gl: moderngl.Context,
    library: ShaderLibrary,
    face: Callable[..., FrameInputs],
    name: str,
    compare_golden: CompareGolden,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Two seconds of it over a reflection, with somebody there whose mouth is open."""
    kind, settings = WORKS[name]
    passes = (
        PassSpec("room", registry()["room"]()),
        PassSpec("reflection", registry()["reflection"]()),
        PassSpec(kind, registry()[kind].model_validate(settings)),
    )
    signals = {**dict.fromkeys(SIGNALS, 0.0), "presence": 1.0, "dwell": 5.0, "mouth": 0.8}
    view = replace(face(synthetic_face(3), REST), signals=signals)
    scene = Scene(name, SIZE_WH, passes)
    with Compositor(gl, scene, library, SIZE_WH) as compositor, OutputPass(gl, library) as projector:
        with caplog.at_level(logging.WARNING):
            for index in range(1, 2 * FPS + 1):
                texture = compositor.render(view, Tick(index, 2.0 + index / FPS, 1 / FPS))
        picture = presented(gl, projector, texture, SIZE_WH)
    assert not caplog.records
    assert np.unique(picture).size > 50
    compare_golden(picture, f"foreign_{name}")
