"""Noise of a show: variations of a picture as between two frames of a camera.

Shifted by a pixel, compressed as JPEG with quality 90, gamma changed by 2 % up or down. The resulting change in a
face's features is the floor below which likeness cannot be distinguished.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from engine.types import ByteArray

SHIFT_PX = 1
JPEG_QUALITY = 90
GAMMA_SPREAD = 0.02


def disturbed(picture: ByteArray, random: np.random.Generator) -> ByteArray:
    """Add this noise to a picture (H, W, 3); direction of the shift and sign of the gamma come from `random`."""
    right, down = ((SHIFT_PX, 0), (-SHIFT_PX, 0), (0, SHIFT_PX), (0, -SHIFT_PX))[int(random.integers(4))]
    height, width = picture.shape[:2]
    rows = np.clip(np.arange(height) - down, 0, height - 1)
    columns = np.clip(np.arange(width) - right, 0, width - 1)
    gamma = 1 + GAMMA_SPREAD * (1 if random.integers(2) else -1)
    levels = np.round(255 * (np.arange(256) / 255) ** gamma).astype(np.uint8)
    content = io.BytesIO()
    Image.fromarray(levels[picture[rows][:, columns]]).save(content, "JPEG", quality=JPEG_QUALITY)
    with Image.open(content) as image:
        return np.asarray(image.convert("RGB"))
