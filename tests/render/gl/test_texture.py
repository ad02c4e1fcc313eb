"""Pictures become textures once, whatever their size, with row 0 at the top."""

from __future__ import annotations

import moderngl
import numpy as np
import pytest

from engine.render.gl.texture import CameraTexture, PixelTexture
from engine.types import ByteArray, Frame


def frame(image: ByteArray, sequence: int = 0) -> Frame:
    return Frame(image, captured_s=0.0, sequence=sequence)


def pixels(texture: moderngl.Texture) -> ByteArray:
    data = np.frombuffer(texture.read(alignment=1), np.uint8)
    return data.reshape(texture.height, texture.width, texture.components)


@pytest.mark.parametrize("shape", [(5, 7, 3), (4, 4, 4), (1, 1, 3), (33, 17, 3)])
def test_pixels_arrive_unchanged(gl: moderngl.Context, shape: tuple[int, int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    texture = PixelTexture(gl)
    for _ in range(5):  # once around the ring
        texture.write(image)
        assert texture.texture is not None
        assert (pixels(texture.texture) == image).all()
        image = image[::-1].copy()
    texture.close()


def test_a_view_of_an_array_is_written_as_it_looks(gl: moderngl.Context) -> None:
    image = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)
    texture = PixelTexture(gl)
    texture.write(image[::2, ::-1])
    assert texture.texture is not None
    assert (pixels(texture.texture) == image[::2, ::-1]).all()
    texture.close()


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
    ],
    ids=["grey", "float", "two colours", "no rows"],
)
def test_what_is_no_picture_is_refused(gl: moderngl.Context, image: ByteArray) -> None:
    with pytest.raises(ValueError, match=r"a picture must be \(H, W, 3 or 4\) uint8, not "):
        PixelTexture(gl).write(image)


def test_camera_is_uploaded_only_when_new(gl: moderngl.Context) -> None:
    with CameraTexture(gl) as camera:
        assert camera.texture is None
        assert not camera.upload(None)
        first = frame(np.full((6, 8, 3), 10, np.uint8))
        assert camera.upload(first)
        assert not camera.upload(first)
        kept = camera.texture
        assert camera.upload(frame(np.full((6, 8, 3), 20, np.uint8), 1))
        assert camera.texture is kept
        assert (pixels(kept) == 20).all()


def test_camera_size_may_change(gl: moderngl.Context) -> None:
    with CameraTexture(gl) as camera:
        for height, width in [(6, 8), (12, 8), (3, 5)]:
            camera.upload(frame(np.full((height, width, 3), height, np.uint8)))
            assert camera.texture is not None
            assert camera.texture.size == (width, height)
            assert camera.aspect == width / height
            assert (pixels(camera.texture) == height).all()


def test_large_camera_pictures_are_thinned(gl: moderngl.Context) -> None:
    image = np.random.default_rng(0).integers(0, 256, (50, 90, 3)).astype(np.uint8)
    with CameraTexture(gl, max_height_px=20) as camera:
        camera.upload(frame(image))
        assert camera.texture is not None
        assert (pixels(camera.texture) == image[::3, ::3]).all()
        assert camera.aspect == 90 / 50


def test_close_twice(gl: moderngl.Context) -> None:
    camera = CameraTexture(gl)
    camera.upload(frame(np.zeros((4, 4, 3), np.uint8)))
    camera.close()
    camera.close()
    assert camera.texture is None
