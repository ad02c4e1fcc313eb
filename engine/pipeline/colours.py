"""The colours of a face: medians of small patches of the picture, in CIELAB under D65.

A patch is placed by two landmarks, so it moves and scales with the face. Knows nothing of shape or expression.
"left" and "right" are the sides of the picture.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.types import ByteArray, FloatArray


class Patch(NamedTuple):
    """A place on the face: landmark `at`, moved on by `beyond` times the way from landmark `origin` to it."""

    name: str
    at: int
    origin: int
    beyond: float
    radius: float  # half its side, in eye distances


PATCHES = (
    Patch("forehead", 9, 8, 1.5, 0.14),
    Patch("forehead_left", 69, 8, 0.0, 0.10),
    Patch("forehead_right", 299, 8, 0.0, 0.10),
    Patch("cheek_left", 50, 4, 0.0, 0.12),
    Patch("cheek_right", 280, 4, 0.0, 0.12),
    Patch("jaw_left", 136, 14, -0.2, 0.10),
    Patch("jaw_right", 365, 14, -0.2, 0.10),
    Patch("nose", 5, 4, 0.0, 0.08),
    Patch("upper_lip", 164, 0, 0.0, 0.06),  # the skin, or the moustache, above it
    Patch("lips", 17, 14, -0.4, 0.07),
    Patch("mouth", 13, 14, -0.5, 0.05),  # between the lips: teeth, if they show
    Patch("chin", 199, 200, 0.0, 0.10),
    Patch("brow_left", 105, 66, 0.0, 0.06),
    Patch("brow_right", 334, 296, 0.0, 0.06),
    Patch("iris_left", 468, 468, 0.0, 0.05),
    Patch("iris_right", 473, 473, 0.0, 0.05),
    Patch("hair_top", 10, 8, 0.45, 0.14),
    Patch("hair_left", 21, 6, 0.25, 0.10),
    Patch("hair_right", 251, 6, 0.25, 0.10),
    Patch("background_left", 21, 6, 0.95, 0.16),
    Patch("background_right", 251, 6, 0.95, 0.16),
)
COLOUR_NAMES = tuple(f"{patch.name}_{channel}" for patch in PATCHES for channel in ("L", "a", "b"))

_SAMPLES = 7  # along a side of a patch
_AT = np.array([patch.at for patch in PATCHES])
_ORIGIN = np.array([patch.origin for patch in PATCHES])
_BEYOND = np.array([patch.beyond for patch in PATCHES])[:, None]
_RADIUS = np.array([patch.radius for patch in PATCHES])
_OFFSETS = np.stack(np.meshgrid(*[np.linspace(-1, 1, _SAMPLES)] * 2), axis=-1).reshape(-1, 2)  # (49, 2)

_LEVELS = np.arange(256) / 255
_LINEAR = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4)
_XYZ = np.array(  # of linear sRGB
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_XYZ_OF_WHITE = _XYZ / _XYZ.sum(axis=1, keepdims=True)  # rows relative to D65 white


def patch_colours(image: ByteArray, landmarks_px: FloatArray, eye_distance_px: float) -> FloatArray:
    """Median L*, a*, b* of each patch, (3 * len(PATCHES),).

    Args:
        image: (H, W, 3) uint8 RGB. Patches beyond its border take the border's colours.
        landmarks_px: (478, 3) finite.
        eye_distance_px: sets the size of the patches.
    """
    samples = sample_patches(image, patch_centres(landmarks_px), eye_distance_px)
    return np.asarray(np.median(lab(samples), axis=1), np.float32).ravel()


def patch_centres(landmarks_px: FloatArray) -> NDArray[np.float64]:
    """Middle of each patch, (len(PATCHES), 2) pixels."""
    at = landmarks_px[_AT, :2].astype(np.float64)
    return at + _BEYOND * (at - landmarks_px[_ORIGIN, :2])


def sample_patches(image: ByteArray, centres_px: NDArray[np.float64], eye_distance_px: float) -> ByteArray:
    """The pixels under a square grid of 49 points on each patch, (len(PATCHES), 49, 3)."""
    places = centres_px[:, None] + _OFFSETS * (_RADIUS * eye_distance_px)[:, None, None]
    last = np.array([image.shape[1] - 1, image.shape[0] - 1])
    columns_rows = np.clip(np.floor(places), 0, last).astype(np.intp)
    return np.asarray(image[columns_rows[..., 1], columns_rows[..., 0]])


def lab(rgb: ByteArray) -> NDArray[np.float64]:
    """CIELAB (..., 3) of sRGB bytes (..., 3): L* 0 to 100, a* and b* about -100 to 100; CIE 15, white D65."""
    xyz = _LINEAR[rgb] @ _XYZ_OF_WHITE.T
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)
