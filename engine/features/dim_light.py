"""Low-light help for the face mesh: brightens its input, removes colour casts and averages noise.

The brightest parts of a picture show how dim the room is, and that is compensated. The face is then corrected as far as
the range of faces in normal light and no further, so dark skin stays dark. Sensor noise is averaged over the last
crops, registered by the regions they were cut from; where something moved, only the newest crop counts. Knows no
network and no landmarks. One object serves one face.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.features.face_region import FaceRegion
from engine.types import ByteArray

FACE_SHARE = 0.5  # central part of the square that is face, as a share of its side
BRIGHT = (
    140.0  # level that the brightest twentieth of a picture reaches in normal light; dimmer rooms are brightened to it
)
ROOM_STEP_PX = 16  # sampling step of the room estimate
DIM = 55.0  # level below which a face is in shadow, and to which it is brightened
MOST_GAIN = 12.0
USUAL_TINT = (0.68, -0.30)  # log of red/green and blue/green, linear, of faces in normal light: median of 24
TINT_SPREAD = 0.8  # portraits; the farthest of them is 0.57 away, grey 0.74; nothing within it is changed
FOLLOW = 0.15  # weight of a new estimate, against flicker
NOISY = 2.5  # noise in levels after brightening, below which averaging is skipped
MOST_OVER_GRAIN = (
    3.5  # times the grain of a square; larger differences are movement. Above 1 because cameras blur their noise
)
NOISE_PX = 64  # side of the squares used for the estimate
NOISE_GROWTH = 1.05  # maximum growth from square to square: differences are noise only where nothing moves
STILL_SHARE = 0.15  # share of the newest square where nothing moves
MOVED = (1.5, 3.0)  # differences between squares, in units of noise, between which pixels pass from still to moving
GAMMA = 2.2
MEAN_OF_THREE = np.full((1, 3), 1 / 3, np.float32)
GRAIN_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
GRAIN_STEP_PX = 2  # pixels between those whose grain is measured

Square = NDArray[np.float32]
Share = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Light:
    """Correction that makes a face look as in normal light.

    Attributes:
        gains: factors for red, green and blue as encoded; all 1 in normal light.
    """

    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def is_usual(self) -> bool:
        return all(abs(gain - 1) < 0.02 for gain in self.gains)

    def corrected(self, pixels: ByteArray) -> ByteArray:
        """Apply the correction to pixels (..., 3)."""
        if self.is_usual:
            return pixels
        levels = np.arange(256, dtype=np.float64)[:, None] * self.gains
        table = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
        return np.asarray(np.stack([table[pixels[..., channel], channel] for channel in range(3)], axis=-1))

    def towards(self, newer: Light, share: float) -> Light:
        """Interpolate towards a newer estimate."""
        red, green, blue = (
            math.exp((1 - share) * math.log(old) + share * math.log(new))
            for old, new in zip(self.gains, newer.gains, strict=True)
        )
        return Light((red, green, blue))


def gain_of_room(picture: ByteArray) -> float:
    """Gain that a dim picture (H, W, 3) uint8 RGB needs as a whole; 1 in normal light."""
    some = picture[::ROOM_STEP_PX, ::ROOM_STEP_PX].max(axis=2)
    return float(np.clip(BRIGHT / max(percentile(some, 95), 1.0), 1.0, MOST_GAIN))


def estimate_light(square: ByteArray, room_gain: float = 1.0) -> Light:
    """Estimate the light on a face in the middle of a square (S, S, 3) uint8 RGB, given the gain of the room."""
    size = square.shape[0]
    first, last = round(size * (1 - FACE_SHARE) / 2), round(size * (1 + FACE_SHARE) / 2)
    red, green, blue = (max(level, 1.0) for level in cv2.mean(square[first:last, first:last])[:3])
    red_tint, blue_tint = (
        GAMMA * math.log(level / green) - usual for level, usual in zip((red, blue), USUAL_TINT, strict=True)
    )
    off = math.hypot(red_tint, blue_tint)
    excess = 1 - TINT_SPREAD / off if off > TINT_SPREAD else 0.0
    red_gain, blue_gain = math.exp(-excess * red_tint / GAMMA), math.exp(-excess * blue_tint / GAMMA)
    level = room_gain * (red * red_gain + green + blue * blue_gain) / 3
    gain = room_gain * max(1.0, DIM / level)
    red_gain, green_gain, blue_gain = (min(max(gain * each, 0.1), MOST_GAIN) for each in (red_gain, 1.0, blue_gain))
    return Light((red_gain, green_gain, blue_gain))


def grain_of(square: ByteArray, region: FaceRegion) -> float:
    """Noise level of a square's green channel (Immerkaer 1996), at the picture's own resolution."""
    step = max(1, math.ceil(square.shape[0] / region.side))
    rough = cv2.filter2D(np.ascontiguousarray(square[::step, ::step, 1]), cv2.CV_16S, GRAIN_KERNEL)
    return percentile(np.abs(rough[::GRAIN_STEP_PX, ::GRAIN_STEP_PX]), 50) / 0.6745 / 6


def percentile(values: NDArray[Any], percent: float) -> float:
    """Value below which so many percent of the values lie, in a fifth of the time of NumPy's interpolation."""
    flat = values.ravel()
    index = min(round(percent / 100 * flat.size), flat.size - 1)
    return float(np.partition(flat, index)[index])


class LightHelp:
    """Low-light correction for consecutive squares of one face.

    Attributes:
        light: latest estimate.
    """

    def __init__(self) -> None:
        self.light = Light()
        self._is_first = True
        self._mean: Square | ByteArray | None = None
        self._region: FaceRegion | None = None
        self._noise = math.inf

    def __call__(self, square: ByteArray, region: FaceRegion, room_gain: float = 1.0) -> ByteArray:
        """Prepare a square (S, S, 3) uint8 RGB, cut at `region` in a room with this gain, for the mesh."""
        estimate = estimate_light(square, room_gain)
        self.light = estimate if self._is_first else self.light.towards(estimate, FOLLOW)
        self._is_first = False
        corrected = self.light.corrected(square)
        if self._mean is None or self._region is None:
            self._mean, self._region = corrected, region
            return corrected
        mean, was, self._region = self._mean, self._region, region
        share = self._share_of(corrected, _laid_over(mean, was, region, NOISE_PX), region)
        if share is None:
            self._mean = corrected
            return corrected
        before = _laid_over(mean, was, region, square.shape[0])
        self._mean = np.asarray(cv2.blendLinear(corrected.astype(np.float32), before, share, 1 - share), np.float32)
        return np.asarray(np.rint(self._mean), np.uint8)

    def _share_of(self, square: ByteArray, before: Square, region: FaceRegion) -> Share | None:
        """Weight of the newest square per pixel, (S, S); None if there is no noise worth averaging.

        Args:
            square: (S, S, 3).
            before: mean of the squares before it, (NOISE_PX, NOISE_PX, 3).
            region: of the square.
        """
        step = square.shape[0] // NOISE_PX
        differences = cv2.absdiff(square[step // 2 :: step, step // 2 :: step].astype(np.float32), before)
        noise = percentile(differences, 25) / 0.3186  # squares differ least where nothing moves
        noise = min(noise, MOST_OVER_GRAIN * grain_of(square, region))
        self._noise = min(noise, self._noise * NOISE_GROWTH + 0.05)
        if self._noise < NOISY:
            return None
        apart = cv2.blur(cv2.transform(differences, MEAN_OF_THREE), (5, 5)) / np.float32(self._noise)
        moved = np.clip((apart - np.float32(MOVED[0])) / np.float32(MOVED[1] - MOVED[0]), 0, 1)
        share = np.float32(STILL_SHARE) + np.float32(1 - STILL_SHARE) * moved
        return np.asarray(cv2.resize(share, square.shape[:2], interpolation=cv2.INTER_LINEAR), np.float32)


def _laid_over(square: Square | ByteArray, was: FaceRegion, now: FaceRegion, size_px: int) -> Square:
    """Resample a square that was cut at one region as if cut, at that size, at another region of the same picture."""
    back, forth = was.to_square(square.shape[0]), now.from_square(size_px)
    matrix = np.hstack([back[:, :2] @ forth[:, :2], (back[:, :2] @ forth[:, 2] + back[:, 2])[:, None]])
    matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5  # from the new square to the old one, on integer pixel coordinates
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid = cv2.warpAffine(square, matrix, (size_px, size_px), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(laid, np.float32)
