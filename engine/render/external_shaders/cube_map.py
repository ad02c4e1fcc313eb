"""Cube maps: six faces in OpenGL's order, from one equirectangular picture or from six.

The order is +x, -x, +y, -y, +z, -z, with row 0 first, as in OpenGL 3.3, section 3.8.10. Knows no OpenGL object.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ConfigError
from engine.types import ByteArray, FloatArray

IntArray = NDArray[np.int64]
MAX_FACE_PX = 1024
SKY_PX = 64


def faces_of_all_around(picture: ByteArray, side_px: int | None = None) -> ByteArray:
    """Faces from an equirectangular picture, whose middle looks along +z with +x to the right, row 0 up.

    Args:
        picture: (H, W, 4) uint8.
        side_px: side of a face; half the picture's height if None.

    Returns:
        (6, N, N, 4) uint8.
    """
    height, width = picture.shape[:2]
    x, y, z = _directions(min(side_px or max(height // 2, 1), MAX_FACE_PX))
    across = (0.5 + np.arctan2(x, z) / (2 * np.pi)) * width - 0.5
    down = np.arccos(np.clip(y, -1.0, 1.0)) / np.pi * height - 0.5
    left, above = np.floor(across).astype(np.int64), np.floor(down).astype(np.int64)
    right_share, below_share = (across - left)[..., None], (down - above)[..., None]

    def at(column: IntArray, row: IntArray) -> FloatArray:
        found: FloatArray = picture[np.clip(row, 0, height - 1), column % width].astype(np.float32)
        return found

    upper = at(left, above) * (1 - right_share) + at(left + 1, above) * right_share
    lower = at(left, above + 1) * (1 - right_share) + at(left + 1, above + 1) * right_share
    faces: ByteArray = np.round(upper * (1 - below_share) + lower * below_share).astype(np.uint8)
    return faces


def faces_of_six(pictures: list[ByteArray], where: str) -> ByteArray:
    """Faces from six pictures; (6, N, N, 4) uint8.

    Raises:
        ConfigError: they are not square, or differ in size.
    """
    sizes = {picture.shape[:2] for picture in pictures}
    height, width = next(iter(sizes))
    if len(sizes) > 1 or height != width:
        raise ConfigError(f"{where}: the six pictures of a cube must be square and of one size")
    return np.stack(pictures)


def plain_sky() -> ByteArray:
    """Default cube: a pale sky over dark ground; (6, 64, 64, 4) uint8."""
    _, y, _ = _directions(SKY_PX)
    up = np.clip(y, 0.0, 1.0)[..., None] ** 0.5
    sky = np.array([206.0, 214.0, 224.0]) * (1 - up) + np.array([72.0, 104.0, 156.0]) * up
    ground = np.array([58.0, 54.0, 50.0])
    share = np.clip(y * 20.0 + 0.5, 0.0, 1.0)[..., None]
    colours = np.round(ground * (1 - share) + sky * share)
    faces: ByteArray = np.concatenate([colours, np.full((*y.shape, 1), 255.0)], axis=-1).astype(np.uint8)
    return faces


def _directions(side: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """x, y and z of the unit vector through each pixel centre, each (6, N, N)."""
    axis = (np.arange(side, dtype=np.float64) + 0.5) / side * 2 - 1
    s, t = np.meshgrid(axis, axis)
    one = np.ones_like(s)
    faces = [(one, -t, -s), (-one, -t, s), (s, one, t), (s, -one, -t), (s, -t, one), (-s, -t, -one)]
    x, y, z = (np.stack([face[index] for face in faces]) for index in range(3))
    length = np.sqrt(x * x + y * y + z * z)
    return x / length, y / length, z / length
