"""The picture reaches the wall upright, in sRGB, with its shape kept."""

from __future__ import annotations

from collections.abc import Iterator

import moderngl
import numpy as np
import pytest

from engine.render.gl.shader_library import ShaderLibrary
from engine.render.output_pass import OutputPass, fit_rect
from tests.render.pictures import presented


@pytest.fixture
def projector(gl: moderngl.Context, library: ShaderLibrary) -> Iterator[OutputPass]:
    with OutputPass(gl, library) as made:
        yield made


def texture_of(gl: moderngl.Context, light: np.ndarray) -> moderngl.Texture:
    height, width = light.shape[:2]
    rgba = np.dstack([light, np.ones((height, width, 1))]).astype(np.float16)
    return gl.texture((width, height), 4, rgba.tobytes(), dtype="f2")


def corners(height: int, width: int) -> np.ndarray:
    light = np.zeros((height, width, 3))
    light[: height // 2, : width // 2] = (1, 0, 0)  # red top left
    light[: height // 2, width // 2 :] = (0, 1, 0)  # green top right
    light[height // 2 :, : width // 2] = (0, 0, 1)  # blue bottom left
    return light


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_upright_and_not_mirrored(gl: moderngl.Context, projector: OutputPass, scale: int) -> None:
    texture = texture_of(gl, corners(36, 64))
    shown = presented(gl, projector, texture, (64 * scale, 36 * scale)).astype(int)
    quarter_y, quarter_x = 9 * scale, 16 * scale
    assert np.abs(shown[quarter_y, quarter_x] - (255, 0, 0)).max() <= 1
    assert np.abs(shown[quarter_y, 3 * quarter_x] - (0, 255, 0)).max() <= 1
    assert np.abs(shown[3 * quarter_y, quarter_x] - (0, 0, 255)).max() <= 1
    assert np.abs(shown[3 * quarter_y, 3 * quarter_x]).max() <= 1
    texture.release()


@pytest.mark.parametrize("window", [(256, 4), (512, 8)])
def test_linear_light_becomes_srgb(gl: moderngl.Context, projector: OutputPass, window: tuple[int, int]) -> None:
    light = np.repeat(np.linspace(0, 1, 256)[None, :, None], 4, axis=0) * np.ones(3)
    texture = texture_of(gl, light)
    stored = light[0, :, 0].astype(np.float16).astype(np.float64)
    expected = np.where(stored <= 0.0031308, 12.92 * stored, 1.055 * stored ** (1 / 2.4) - 0.055) * 255
    step = window[0] // 256
    shown = presented(gl, projector, texture, window)
    if step == 1:
        error = shown.astype(float) - expected[None, :, None]
        assert np.abs(error).max() <= 1.0 + 1e-3  # half a level of rounding and half of dither
    mean = shown.reshape(window[1], 256, step, 3).mean(axis=(0, 2, 3))
    assert np.abs(mean - expected).mean() < 0.5
    texture.release()


def test_dither_hides_the_steps(gl: moderngl.Context, projector: OutputPass) -> None:
    """A surface between two levels is drawn in both, so that its mean is right."""
    code = 60.4 / 255
    light = np.full((64, 64, 3), ((code + 0.055) / 1.055) ** 2.4)
    texture = texture_of(gl, light)
    shown = presented(gl, projector, texture, (64, 64))
    assert set(np.unique(shown)) == {60, 61}
    assert abs(shown.mean() - 60.4) < 0.15
    texture.release()


@pytest.mark.parametrize(
    ("window", "inside", "black"),
    [((64, 64), (32, 32), [(32, 2), (32, 61)]), ((128, 36), (64, 18), [(2, 18), (125, 18)])],
    ids=["above and below", "left and right"],
)
def test_what_does_not_fit_is_black(
    gl: moderngl.Context,
    projector: OutputPass,
    window: tuple[int, int],
    inside: tuple[int, int],
    black: list[tuple[int, int]],
) -> None:
    texture = texture_of(gl, np.ones((36, 64, 3)))
    shown = presented(gl, projector, texture, window)
    assert (shown[inside[1], inside[0]] >= 254).all()
    for x, y in black:
        assert (shown[y, x] == 0).all()
    texture.release()


@pytest.mark.parametrize("window", [(64, 36), (128, 72), (64, 64)], ids=["as large", "enlarged", "beside it"])
def test_without_light_it_is_black_and_half_the_light_is_half(
    gl: moderngl.Context, projector: OutputPass, window: tuple[int, int]
) -> None:
    texture = texture_of(gl, np.full((36, 64, 3), 0.8))
    assert (presented(gl, projector, texture, window, light=0.0) == 0).all()
    middle = presented(gl, projector, texture, window, light=0.5)[window[1] // 2, window[0] // 2]
    assert np.abs(middle.astype(float) - (1.055 * 0.4 ** (1 / 2.4) - 0.055) * 255).max() <= 1.001
    texture.release()


def test_fit_keeps_the_shape() -> None:
    assert fit_rect((1920, 1080), (1280, 720)) == (0.0, 0.0, 1.0, 1.0)
    assert fit_rect((640, 360), (1366, 768)) == (0.0, 0.0, 1.0, 1.0)  # less than a pixel beside it
    assert fit_rect((100, 100), (200, 100)) == (0.25, 0.0, 0.75, 1.0)
    assert fit_rect((200, 100), (100, 100)) == (0.0, 0.25, 1.0, 0.75)


def test_close_twice(gl: moderngl.Context, library: ShaderLibrary) -> None:
    projector = OutputPass(gl, library)
    projector.close()
    projector.close()
