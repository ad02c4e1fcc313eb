"""Faces as they could have been taken: turned, nearer, further, mirrored, softer, lit otherwise.

Brightness and contrast need no change of their own: `small_network_input` takes them away. What remains of light is its
curve and its direction. Drawn faces and webcams are soft, hence the blur.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from engine.networks.attributes.small_cnn import INPUT_PX
from engine.types import ByteArray

TURN_DEG, ZOOM, SHIFT_PX = 8.0, 0.12, 3.0  # at most, either way; ZOOM as a logarithm
BLUR_PX = 1.2  # standard deviation, at most
CURVE = 0.35  # logarithm of the exponent of brightness, at most, either way
SLOPE = 60.0  # levels from one side to the other, at most
NOISE = 6.0  # levels, at most


def vary(greys: ByteArray, random: np.random.Generator) -> ByteArray:
    """Squares with a margin (N, S, S) uint8 -> one variation of each (N, 64, 64) uint8."""
    return np.stack([_lit(_taken(grey, random), random) for grey in greys])


def _taken(grey: ByteArray, random: np.random.Generator) -> ByteArray:
    """Cut with a little error, perhaps mirrored, perhaps soft."""
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
    """Under another curve and a light from another side, with noise."""
    levels = 255 * (grey / np.float32(255)) ** np.float32(math.exp(random.uniform(-CURVE, CURVE)))
    across = np.linspace(-0.5, 0.5, INPUT_PX, dtype=np.float32)
    x, y = random.uniform(-SLOPE, SLOPE, 2).astype(np.float32)
    levels += x * across + y * across[:, None]
    levels += np.float32(random.uniform(0, NOISE)) * random.standard_normal(grey.shape, np.float32)
    return np.asarray(np.clip(levels + 0.5, 0, 255), np.uint8)
