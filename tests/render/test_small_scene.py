"""A small scene from its files to light: what `extends`, `states` and `lag` say is what is seen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import moderngl
import numpy as np
import pytest

from engine.core.clock import Tick
from engine.core.errors import ConfigError
from engine.render.compositor import Compositor
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.passes import registry
from engine.scene.scene import load_scene
from engine.types import FloatArray, Reflection
from engine.visitor.visitor import Viewer
from tests.conftest import ROOT
from tests.render.pictures import read_texture
from tests.render.visits import NOBODY, SOMEBODY

ROOM = """
format: 1
title: Room
size: [32, 18]
visit: {arrive_s: 1, leave_s: 0.5}
passes:
  - picture: {name: wall, tint: "#0000ff", states: {idle: {tint: "#ff0000"}}}
  - picture: {name: lamp, opacity: 0.9}
  - dust: {}
"""
LOUD_ROOM = """
format: 1
extends: room
passes:
  - picture: {name: lamp, bind: {opacity: "lag(audio, 0.5)"}}
  - dust: {remove: true}
"""
RED, BLUE, WHITE = np.eye(3)[0], np.eye(3)[2], np.ones(3)
DT_S = 0.05


class PortraitArchive:
    """The scene before a visitor, seen every 50 ms."""

    def __init__(self, compositor: Compositor) -> None:
        self._compositor, self._viewer = compositor, Viewer(compositor.scene.reflection)
        self._index = 0

    def watch(self, seconds: float, *, is_there: bool, audio: float) -> FloatArray:
        """The light of the picture after that time, (3,), everywhere the same."""
        for _ in range(round(seconds / DT_S)):
            tick = Tick(self._index, self._index * DT_S, DT_S if self._index else 0.0)
            latent = SOMEBODY if is_there else NOBODY
            self._viewer.observe(Reflection(np.zeros((4, 4, 4), np.uint8), latent, 0.0, 1), tick, audio)
            picture = self._compositor.render(FrameInputs(signals=self._viewer.signals), tick)
            self._index += 1
        light = read_texture(picture)[..., :3]
        assert np.ptp(light, axis=(0, 1)).max() == 0
        colour: FloatArray = light[0, 0]
        return colour


@pytest.fixture
def evening(gl: moderngl.Context, library: ShaderLibrary, tmp_path: Path) -> Iterator[PortraitArchive]:
    (tmp_path / "room.yaml").write_text(ROOM, encoding="utf-8")
    (tmp_path / "loud_room.yaml").write_text(LOUD_ROOM, encoding="utf-8")
    with Compositor(gl, load_scene(tmp_path / "loud_room.yaml", registry()), library) as compositor:
        yield PortraitArchive(compositor)


def test_a_colour_passes_through_the_states_of_a_visit_as_light(evening: PortraitArchive) -> None:
    def seen(seconds: float, is_there: bool) -> FloatArray:
        return evening.watch(seconds, is_there=is_there, audio=0.0)

    assert seen(1.0, False) == pytest.approx(RED, abs=1e-3)
    assert seen(0.55, True) == pytest.approx((RED + BLUE) / 2, abs=1e-2)  # half of the second, after the first frame
    assert seen(2.0, True) == pytest.approx(BLUE, abs=1e-3)
    assert seen(0.3, False) == pytest.approx((RED + BLUE) / 2, abs=1e-2)
    assert seen(1.0, False) == pytest.approx(RED, abs=1e-3)


def test_a_knob_of_an_extended_scene_lags_behind_its_signal(evening: PortraitArchive) -> None:
    assert evening.watch(0.2, is_there=False, audio=0.0) == pytest.approx(RED, abs=1e-3)
    share = 1 - np.exp(-1)
    assert evening.watch(0.5, is_there=False, audio=1.0) == pytest.approx(RED + share * (WHITE - RED), abs=2e-3)
    assert evening.watch(5.0, is_there=False, audio=1.0) == pytest.approx(WHITE, abs=2e-3)


@pytest.mark.parametrize(
    ("file", "what"),
    [("bad.fs", "shaders/foreign/bad.fs:3: "), ("none.fs", "there is no shader shaders/foreign/none.fs")],
)
def test_what_is_wrong_in_an_artists_shader_is_told_with_the_place_in_the_scene(
    gl: moderngl.Context, tmp_path: Path, file: str, what: str
) -> None:
    shutil.copytree(ROOT / "shaders", tmp_path / "shaders")
    (tmp_path / "shaders" / "foreign" / "bad.fs").write_text(
        '/*{"ISFVSN": "2"}*/\nvoid main() {\n  gl_FragColor = vec4(oops);\n}\n', encoding="utf-8"
    )
    path = tmp_path / "scene.yaml"
    path.write_text(ROOM + f"  - isf:\n      opacity: 0.5\n      file: {file}\n", encoding="utf-8")
    scene = load_scene(path, registry())
    with pytest.raises(ConfigError) as raised:
        Compositor(gl, scene, ShaderLibrary(tmp_path / "shaders"))
    assert f"scene.yaml:12: passes[3].isf.file: {what}" in str(raised.value)
