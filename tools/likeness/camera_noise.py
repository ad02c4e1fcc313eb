"""The noise of a show: the same picture as a camera might give it a moment later.

Moved by a pixel, compressed as JPEG of quality 90, its gamma 2 % up or down. What changes in the features of a face is
the floor below which no likeness can be told from another.
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
    """A picture (H, W, 3) with such noise: a side to move to and a sign of the gamma are drawn from `random`."""
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
