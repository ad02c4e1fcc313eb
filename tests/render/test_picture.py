"""Pictures and colours that an artist lays over: where they lie, what light they are, and that a new one is seen."""

from __future__ import annotations

from pathlib import Path

import moderngl
import numpy as np
import pytest
from PIL import Image

from engine.core.errors import ConfigError
from engine.render.compositor import Compositor
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.passes import registry
from engine.render.passes.picture import lie
from engine.scene.scene import load_scene
from engine.scene.values import linear_light
from engine.types import FloatArray
from tests.render.conftest import START, Draw
from tests.render.pictures import read_texture

TALL_WH = (32, 64)
ARROW = np.zeros((64, 32, 4), np.uint8)  # red above, blue below, its right half transparent
ARROW[:32, :16] = (255, 0, 0, 255)
ARROW[32:, :16] = (0, 0, 128, 255)


@pytest.fixture
def arrow(tmp_path: Path) -> Path:
    path = tmp_path / "arrow.png"
    Image.fromarray(ARROW).save(path)
    return path


def test_a_colour_is_its_linear_light(draw: Draw) -> None:
    light = draw("picture", {"tint": (0.5, 1.0, 0.0), "brightness": 2.0})
    expected = [2 * x for x in linear_light((0.5, 1.0, 0.0))]
    assert np.abs(light[..., :3] - expected).max() < 2e-3


@pytest.mark.parametrize("fit", ["cover", "contain", "stretch"])
def test_a_picture_lies_upright_in_its_shape(draw: Draw, arrow: Path, fit: str) -> None:
    light = draw("picture", {"file": arrow, "fit": fit}, size_wh=(64, 64))
    is_red, is_blue = light[..., 0] > 0.9, light[..., 2] > 0.2
    rows, columns = np.nonzero(is_red | is_blue)
    assert rows[is_red[rows, columns]].max() < 34 and rows[is_blue[rows, columns]].min() > 30
    width = {"cover": 32, "contain": 16, "stretch": 32}[fit]
    assert columns.max() - columns.min() + 1 == pytest.approx(width, abs=2)
    assert light[is_blue, 2].max() == pytest.approx(linear_light((0, 0, 128 / 255))[2], abs=2e-3)
    assert (light[:, 34:, :3] == 0).all(), "what is transparent stays so"


def test_opacity_shows_what_is_below(gl: moderngl.Context, draw: Draw) -> None:
    assert draw("picture", {"opacity": 0.25})[..., :3].mean() == pytest.approx(0.25, abs=1e-3)


@pytest.mark.parametrize(("fit", "expected"), [("cover", (1, 2)), ("contain", (0.25, 0.5)), ("stretch", (1, 0.5))])
def test_where_it_lies(fit: str, expected: tuple[float, float]) -> None:
    assert lie(TALL_WH, (0.0, 0.0, 1.0, 1.0), 2.0, fit) == pytest.approx((0.0, 0.0, *expected))  # type: ignore[arg-type]
    x, y, *_ = lie(TALL_WH, (0.5, 0.0, 1.0, 0.5), 2.0, fit)  # type: ignore[arg-type]
    assert (x, y) == pytest.approx((0.5, -0.25))


def test_a_picture_that_is_saved_anew_is_seen_and_a_broken_one_is_told(
    gl: moderngl.Context, library: ShaderLibrary, tmp_path: Path, arrow: Path
) -> None:
    scene_file = tmp_path / "wall.yaml"
    scene_file.write_text("format: 1\ntitle: W\nsize: [64, 64]\npasses: [picture: {file: arrow.png, fit: stretch}]\n")
    scene = load_scene(scene_file, registry())

    def light(compositor: Compositor) -> FloatArray:
        return read_texture(compositor.render(FrameInputs(), START))[..., :3].mean(axis=(0, 1))

    shown = Compositor(gl, scene, library)
    red = light(shown)
    kept = Compositor(gl, scene, library, previous=shown)
    assert kept._parts[0].drawn is shown._parts[0].drawn
    kept.succeed(shown)
    Image.new("RGB", (8, 8), (0, 255, 0)).save(arrow)
    anew = Compositor(gl, scene, library, previous=kept)
    anew.succeed(kept)
    assert red[1] < 0.01 and light(anew) == pytest.approx([0, 1, 0], abs=1e-3)
    arrow.write_bytes(b"no picture any more")
    with pytest.raises(ConfigError, match=r"arrow\.png is not a supported image"):
        Compositor(gl, scene, library, previous=anew)
    assert light(anew) == pytest.approx([0, 1, 0], abs=1e-3)
    anew.close()
