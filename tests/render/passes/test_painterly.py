"""Painting and dissolving: what they must do to any picture, whatever it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import moderngl
import numpy as np
import pytest

from engine.core.clock import Tick
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.gl.texture import PixelTexture
from engine.render.pass_context import PassContext
from engine.render.passes import pass_class, registry
from tests.render.conftest import Draw
from tests.render.pictures import centre_of_light, read_texture

SIZE_WH = (192, 128)
Apply = Callable[..., np.ndarray]


@pytest.fixture
def apply(gl: moderngl.Context, library: ShaderLibrary) -> Iterator[Apply]:
    """apply("painterly", light (H, W, 3), time_s, knobs...) -> light (H, W, 3)."""
    stages: list[PassContext] = []

    def run(kind: str, light: np.ndarray, time_s: float = 0.0, **knobs: float) -> np.ndarray:
        stages.append(PassContext(gl, library, SIZE_WH))
        settings = registry()[kind](**knobs)
        drawn = pass_class(kind)(stages[-1], settings)
        assert stages[-1].noise
        while stages[-1].do_step():
            pass
        source, target = stages[-1].render_target(SIZE_WH), stages[-1].render_target(SIZE_WH)
        source.texture.write(np.dstack([light, np.ones(light.shape[:2])]).astype(np.float16).tobytes())
        drawn.render(source.texture, target.framebuffer, FrameInputs(), Tick(0, time_s, 0.0), settings.model_dump())
        return read_texture(target.texture)[..., :3]

    yield run
    for stage in stages:
        stage.close()


def flat(level: float) -> np.ndarray:
    return np.full((SIZE_WH[1], SIZE_WH[0], 3), level)


def halves(angle_rad: float) -> np.ndarray:
    """Light 0.6 on one side of a line through the middle, 0.1 on the other."""
    y, x = np.mgrid[0 : SIZE_WH[1], 0 : SIZE_WH[0]]
    side = (x - SIZE_WH[0] / 2) * np.cos(angle_rad) + (y - SIZE_WH[1] / 2) * np.sin(angle_rad) > 0
    return np.where(side[..., None], 0.6, 0.1).repeat(3, axis=2)


def test_paint_on_one_colour_is_that_colour(apply: Apply) -> None:
    assert np.abs(apply("painterly", flat(0.4), impasto=0.0) - 0.4).max() < 0.01
    assert apply("painterly", flat(0.4), impasto=1.0).std() > 0.005  # but the brush is seen


@pytest.mark.parametrize("angle_rad", [0.0, 0.6, np.pi / 2, 2.2])
def test_paint_smooths_noise_and_keeps_edges(apply: Apply, angle_rad: float) -> None:
    clean = halves(angle_rad)
    noise = np.random.default_rng(0).normal(0.0, 0.05, clean.shape)
    painted = apply("painterly", np.clip(clean + noise, 0.0, 1.0), radius=0.03, impasto=0.0)
    y, x = np.mgrid[0 : SIZE_WH[1], 0 : SIZE_WH[0]]
    away = (x - SIZE_WH[0] / 2) * np.cos(angle_rad) + (y - SIZE_WH[1] / 2) * np.sin(angle_rad)
    inner = np.hypot(x - SIZE_WH[0] / 2, y - SIZE_WH[1] / 2) < 50
    far, near = inner & (np.abs(away) > 8), inner & (np.abs(away) > 2.5) & (np.abs(away) < 5)
    assert np.abs(painted - clean)[far].std() < 0.5 * np.abs(noise)[far].std()
    bright, dark = painted[near & (away > 0)].mean(), painted[near & (away < 0)].mean()
    assert bright - dark > 0.4  # a blur of that breadth would leave half of it


def test_a_broader_brush_leaves_less(apply: Apply) -> None:
    picture = np.clip(np.random.default_rng(1).normal(0.3, 0.1, (SIZE_WH[1], SIZE_WH[0], 3)), 0.0, 1.0)
    left = [apply("painterly", picture, radius=radius, impasto=0.0).std() for radius in (0.01, 0.03, 0.06)]
    assert left[0] > left[1] > left[2]


def test_at_no_opacity_nothing_is_painted(apply: Apply) -> None:
    picture = halves(0.3)
    assert np.abs(apply("painterly", picture, opacity=0.0) - picture).max() < 0.001


def test_from_the_whole_picture_to_nothing(apply: Apply) -> None:
    picture = halves(0.0)
    light = [apply("dissolve", picture, amount=amount).mean() for amount in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert light == sorted(light, reverse=True)
    assert np.abs(apply("dissolve", picture, amount=0.0) - picture).max() < 0.001
    assert light[2] > 0.05
    assert apply("dissolve", picture, amount=1.0).max() < 0.02


def test_grains_carry_the_colour_that_was_there(apply: Apply) -> None:
    picture = flat(0.0)
    picture[:, :96] = (0.7, 0.0, 0.0)
    picture[:, 96:] = (0.0, 0.0, 0.7)
    loose = apply("dissolve", picture, amount=0.5, drift=0.0)
    assert loose[:, :80, 2].max() < 0.01 < loose[:, :80, 0].mean()
    assert loose[:, 112:, 0].max() < 0.01 < loose[:, 112:, 2].mean()


def test_grains_rise_or_fall(apply: Apply) -> None:
    picture = flat(0.0)
    picture[54:74] = 0.8
    heights = [
        centre_of_light(apply("dissolve", picture, amount=0.6, rise=rise, drift=0.6))[1] for rise in (1.0, 0.0, -1.0)
    ]
    assert heights[0] < heights[1] < heights[2]


def test_the_same_moment_dissolves_alike(apply: Apply) -> None:
    picture = halves(1.0)
    assert (apply("dissolve", picture, 3.0) == apply("dissolve", picture, 3.0)).all()
    assert (apply("dissolve", picture, 3.0) != apply("dissolve", picture, 4.0)).any()


def test_the_camera_is_shown_upright_and_fills_the_glass(draw: Draw, gl: moderngl.Context) -> None:
    picture = np.zeros((90, 160, 3), np.uint8)
    picture[:20, :20] = 255  # upper left
    texture = PixelTexture(gl)
    texture.write(picture)
    view = FrameInputs(camera=texture.texture, camera_aspect=160 / 90)
    light = draw("camera", {"exposure": 1.0}, view)[..., 0]
    assert light[:36, :36].mean() > 0.95
    assert light[44:].max() == light[:, 44:].max() == 0.0
    assert draw("camera", {"exposure": 0.5}, view)[..., 0].max() == pytest.approx(0.5, abs=0.01)
    assert draw("camera").max() == 0.0  # without a camera it draws nothing
    texture.close()


def test_a_pass_that_bakes_nothing_gets_its_noise(draw: Draw, face: Callable[..., FrameInputs]) -> None:
    """Of a white picture a part has come loose, and a part has not."""
    white = face(np.full((64, 64, 4), 255, np.uint8))
    camera = replace(white, camera=white.reflection)
    left = draw("dissolve", {"amount": 0.5}, camera, under="camera")[..., 0]
    assert 0.05 < (left > 0.3).mean() < 0.95
