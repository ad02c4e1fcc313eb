"""Colours of a face and its surroundings: medians of small patches, in CIELAB under D65.

A patch lies on the face, between two landmarks. A strip lies beside the face, offset from a landmark, where hair,
background and clothes are. Both move, turn and scale with the face. A strip that would leave the picture is moved back
into it, within limits: further would put it on the face. Beyond the limit, the nearest strip of the same kind inside
the picture replaces it. Knows nothing of shape or expression. "left" and "right" are sides of the picture.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.features.dim_light import Light
from engine.types import ByteArray, FloatArray

Points = NDArray[np.float64]


class Patch(NamedTuple):
    """Square on the face, at landmark `at`, extrapolated by `beyond` times the vector from landmark `origin` to it."""

    name: str
    at: int
    origin: int
    beyond: float
    radius: float  # half its side, in eye distances

    @property
    def where(self) -> str:
        """Describe the position in words."""
        way = f", {self.beyond:g} times further than from landmark {self.origin}" if self.beyond else ""
        return f"landmark {self.at}{way}"


class Strip(NamedTuple):
    """Rectangle beside the face, offset across and down from landmark `at`, in eye distances."""

    name: str
    kind: str
    at: int
    across: float
    down: float
    half_width: float
    half_height: float
    reach: float  # how far it may be moved to stay inside the picture

    @property
    def where(self) -> str:
        """Describe the position in words."""
        return f"landmark {self.at}, {self.across:+g} across and {self.down:+g} down"


ON_THE_FACE = (
    Patch("forehead", 9, 8, 1.5, 0.14),
    Patch("forehead_left", 69, 8, 0.0, 0.10),
    Patch("forehead_right", 299, 8, 0.0, 0.10),
    Patch("cheek_left", 50, 4, 0.0, 0.12),
    Patch("cheek_right", 280, 4, 0.0, 0.12),
    Patch("jaw_left", 136, 14, -0.2, 0.10),
    Patch("jaw_right", 365, 14, -0.2, 0.10),
    Patch("nose", 5, 4, 0.0, 0.08),
    Patch("upper_lip", 164, 0, 0.0, 0.06),  # skin or moustache above the lip
    Patch("lips", 17, 14, -0.4, 0.07),
    Patch("mouth", 13, 14, -0.5, 0.05),  # between the lips: teeth, if visible
    Patch("chin", 199, 200, 0.0, 0.10),
    Patch("brow_left", 105, 66, 0.0, 0.06),
    Patch("brow_right", 334, 296, 0.0, 0.06),
    Patch("iris_left", 468, 468, 0.0, 0.05),
    Patch("iris_right", 473, 473, 0.0, 0.05),
)
BESIDE_THE_FACE = (
    Strip("hair_top", "hair", 10, 0.0, -0.78, 0.22, 0.12, 0.25),
    Strip("hair_left", "hair", 54, -0.22, -0.05, 0.08, 0.16, 0.10),
    Strip("hair_right", "hair", 284, 0.22, -0.05, 0.08, 0.16, 0.10),
    Strip("background_left", "background", 21, -0.62, -0.55, 0.14, 0.30, 0.25),
    Strip("background_right", "background", 251, 0.62, -0.55, 0.14, 0.30, 0.25),
    Strip("hairline", "hairline", 10, 0.0, -0.36, 0.14, 0.14, 0.15),  # upper end of a high forehead, or a fringe
    Strip("hair_top_left", "hair", 103, -0.10, -0.55, 0.13, 0.13, 0.25),
    Strip("hair_top_right", "hair", 332, 0.10, -0.55, 0.13, 0.13, 0.25),
    Strip("beside_jaw_left", "beside_jaw", 172, -0.38, -0.05, 0.10, 0.18, 0.20),  # long hair, if any
    Strip("beside_jaw_right", "beside_jaw", 397, 0.38, -0.05, 0.10, 0.18, 0.20),
    Strip("clothes_left", "clothes", 152, -1.00, 0.30, 0.25, 0.10, 0.40),
    Strip("clothes_right", "clothes", 152, 1.00, 0.30, 0.25, 0.10, 0.40),
)
PATCHES = (*ON_THE_FACE, *BESIDE_THE_FACE)
COLOUR_NAMES = tuple(f"{patch.name}_{channel}" for patch in PATCHES for channel in ("L", "a", "b"))

_SAMPLES = 7  # per side
_AT = np.array([patch.at for patch in ON_THE_FACE])
_ORIGIN = np.array([patch.origin for patch in ON_THE_FACE])
_BEYOND = np.array([patch.beyond for patch in ON_THE_FACE])[:, None]
_STRIP_AT = np.array([strip.at for strip in BESIDE_THE_FACE])
_STRIP_AWAY = np.array([(strip.across, strip.down) for strip in BESIDE_THE_FACE])
_STRIP_REACH = np.array([strip.reach for strip in BESIDE_THE_FACE])
_IS_ALIKE = np.array([[a.kind == b.kind for b in BESIDE_THE_FACE] for a in BESIDE_THE_FACE])
_STRIP_HALVES = np.array([(strip.half_width, strip.half_height) for strip in BESIDE_THE_FACE])
_HALVES = np.vstack([[(patch.radius, patch.radius) for patch in ON_THE_FACE], _STRIP_HALVES])  # (patches, 2)
_OFFSETS = np.stack(np.meshgrid(*[np.linspace(-1, 1, _SAMPLES)] * 2), axis=-1).reshape(-1, 2)  # (49, 2)

_LEVELS = np.arange(256) / 255
_LINEAR = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4)
_XYZ = np.array(  # rows for linear sRGB
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_XYZ_OF_WHITE = _XYZ / _XYZ.sum(axis=1, keepdims=True)  # rows relative to D65 white


def patch_colours(
    image: ByteArray, centres_px: Points, eye_distance_px: float, roll_rad: float, light: Light | None = None
) -> FloatArray:
    """Median L*, a*, b* of each patch, (3 * len(PATCHES),).

    Args:
        image: (H, W, 3) uint8 RGB. Beyond its border the border colours are repeated.
        centres_px: result of `patch_centres`.
        eye_distance_px: scales the patches.
        roll_rad: see `types.Placement`.
        light: correction applied first; None uses the picture as it is.
    """
    samples = sample_patches(image, centres_px, eye_distance_px, roll_rad)
    if light is not None:
        samples = light.corrected(samples)
    return np.asarray(np.median(lab(samples), axis=1), np.float32).ravel()


def patch_centres(
    landmarks_px: FloatArray, eye_distance_px: float, roll_rad: float, size_wh: tuple[float, float]
) -> Points:
    """Centres of the patches, (len(PATCHES), 2) px, in a picture of that size."""
    points = landmarks_px[:, :2].astype(np.float64)
    on_the_face = points[_AT] + _BEYOND * (points[_AT] - points[_ORIGIN])
    upright = _turn(roll_rad)
    wanted = points[_STRIP_AT] + eye_distance_px * _STRIP_AWAY @ upright.T
    halves = eye_distance_px * _STRIP_HALVES @ np.abs(upright).T
    inside = np.clip(wanted, halves, np.maximum(np.array(size_wh) - halves, halves))
    return np.vstack([on_the_face, _stand_in(wanted, inside, _STRIP_REACH * eye_distance_px)])


def _stand_in(wanted: Points, inside: Points, reach_px: Points) -> Points:
    """Positions where strips are sampled: moved into the picture if near enough, else those of the nearest of their
    kind."""
    is_near = np.abs(inside - wanted).max(axis=1) <= reach_px
    apart = np.linalg.norm(wanted[:, None] - inside[None], axis=2)
    apart[~(_IS_ALIKE & is_near)] = np.inf
    nearest = np.where(is_near | ~np.isfinite(apart).any(axis=1), np.arange(len(wanted)), apart.argmin(axis=1))
    return np.asarray(inside[nearest])


def sample_patches(image: ByteArray, centres_px: Points, eye_distance_px: float, roll_rad: float) -> ByteArray:
    """Pixels at a grid of 49 points on each patch, (len(PATCHES), 49, 3)."""
    grid = _OFFSETS * (_HALVES * eye_distance_px)[:, None]  # (patches, 49, 2)
    places = centres_px[:, None] + grid @ _turn(roll_rad).T
    last = np.array([image.shape[1] - 1, image.shape[0] - 1])
    columns_rows = np.clip(np.floor(places), 0, last).astype(np.intp)
    return np.asarray(image[columns_rows[..., 1], columns_rows[..., 0]])


def _turn(roll_rad: float) -> Points:
    """Rotation (2, 2) of upright offsets by the roll of the face."""
    cos, sin = math.cos(roll_rad), math.sin(roll_rad)
    return np.array([[cos, -sin], [sin, cos]])


def lab(rgb: ByteArray) -> NDArray[np.float64]:
    """Convert sRGB bytes (..., 3) to CIELAB (..., 3): L* 0 to 100, a* and b* about -100 to 100; CIE 15, white D65."""
    xyz = _LINEAR[rgb] @ _XYZ_OF_WHITE.T
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)
