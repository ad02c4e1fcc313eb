"""Augmentation of face crops: rotation, scale, mirroring, blur, light and noise.

Brightness and contrast are not varied: `small_network_input` removes them. What remains of light is its tone curve and
its direction. Drawn faces and webcams are soft, hence the blur.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from engine.networks.attributes.small_cnn import INPUT_PX
from engine.types import ByteArray

TURN_DEG, ZOOM, SHIFT_PX = 8.0, 0.12, 3.0  # maximum in either direction; ZOOM as a logarithm
BLUR_PX = 1.2  # maximum standard deviation
CURVE = 0.35  # maximum logarithm of the gamma, in either direction
SLOPE = 60.0  # maximum difference in levels from side to side
NOISE = 6.0  # maximum in levels


def vary(greys: ByteArray, random: np.random.Generator) -> ByteArray:
    """Vary squares with a margin (N, S, S) uint8: one variation of each, (N, 64, 64) uint8."""
    return np.stack([_lit(_taken(grey, random), random) for grey in greys])


def _taken(grey: ByteArray, random: np.random.Generator) -> ByteArray:
    """Crop with small errors, possibly mirrored, possibly blurred."""
    turn, zoom = math.radians(random.uniform(-TURN_DEG, TURN_DEG)), math.exp(random.uniform(-ZOOM, ZOOM))
    cos, sin = zoom * math.cos(turn), zoom * math.sin(turn)
    matrix = np.array([[cos, sin, 0.0], [-sin, cos, 0.0]])
    if random.random() < 0.5:
        matrix[:, 0] *= -1
    middle = (len(grey) - 1) / 2
    matrix[:, 2] = (INPUT_PX - 1) / 2 + random.uniform(-SHIFT_PX, SHIFT_PX, 2) - matrix[:, :2] @ (middle, middle)
    taken = cv2.warpAffine(grey, matrix, (INPUT_PX, INPUT_PX), borderMode=cv2.BORDER_REPLICATE)
    blur_px = random.uniform(-BLUR_PX, BLUR_PX)  # half of them stay sharp
    return np.asarray(cv2.GaussianBlur(taken, (0, 0), blur_px) if blur_px > 0.2 else taken, np.uint8)


def _lit(grey: ByteArray, random: np.random.Generator) -> ByteArray:
    """Apply another tone curve and light direction, and noise."""
    levels = 255 * (grey / np.float32(255)) ** np.float32(math.exp(random.uniform(-CURVE, CURVE)))
    across = np.linspace(-0.5, 0.5, INPUT_PX, dtype=np.float32)
    x, y = random.uniform(-SLOPE, SLOPE, 2).astype(np.float32)
    levels += x * across + y * across[:, None]
    levels += np.float32(random.uniform(0, NOISE)) * random.standard_normal(grey.shape, np.float32)
    return np.asarray(np.clip(levels + 0.5, 0, 255), np.uint8)
