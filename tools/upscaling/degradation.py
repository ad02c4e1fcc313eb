"""Portraits -> the same as a small generator would draw them: half the size, soft, with a grid, specks and JPEG blocks.

The generator learned from 128 px JPEG pictures and repeats their faults; whoever only learned to enlarge clean pictures
would enlarge those faithfully.
"""

from __future__ import annotations

import io

import cv2
import numpy as np
from PIL import Image

from engine.types import ByteArray, FloatArray

PATCH_PX = 96
ZOOMS_PX = (96, 96, 128, 160)  # sides that are cut out and brought to PATCH_PX: faces of several sizes
MOST_BLUR_PX, LEAST_BLUR_PX = 0.6, 0.25
GRID, NOISE = 0.06, 0.03  # most, of a range from -1 to 1
JPEG_SHARE, JPEG_QUALITY = 0.85, (45, 92)


def random_patches(portraits: ByteArray, count: int, random: np.random.Generator) -> ByteArray:
    """Squares (count, PATCH_PX, PATCH_PX, 3) cut out of portraits (N, S, S, 3), S of 160 or more, half of them
    mirrored."""
    patches = np.empty((count, PATCH_PX, PATCH_PX, 3), np.uint8)
    for index in range(count):
        picture, side = portraits[random.integers(len(portraits))], int(random.choice(ZOOMS_PX))
        y, x = random.integers(0, picture.shape[0] - side + 1, 2)
        patch = picture[y : y + side, x : x + side]
        if side != PATCH_PX:
            patch = cv2.resize(patch, (PATCH_PX, PATCH_PX), interpolation=cv2.INTER_AREA)
        patches[index] = patch[:, ::-1] if random.random() < 0.5 else patch
    return patches


def degrade(patches: ByteArray, random: np.random.Generator) -> ByteArray:
    """Patches (N, S, S, 3) uint8 RGB -> (N, S/2, S/2, 3), each with faults of its own strength."""
    side = patches.shape[1] // 2
    small = np.empty((len(patches), side, side, 3), np.uint8)
    for index, patch in enumerate(patches):
        picture = cv2.resize(patch, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 127.5 - 1
        blur = random.uniform(0, MOST_BLUR_PX)
        if blur > LEAST_BLUR_PX:
            picture = cv2.GaussianBlur(picture, (5, 5), blur)
        picture += _grid(side, random)[..., None]
        picture += random.standard_normal(picture.shape, np.float32) * (random.random() ** 2 * NOISE)
        byte = np.clip(np.rint((picture + 1) * 127.5), 0, 255).astype(np.uint8)
        small[index] = _through_jpeg(byte, random) if random.random() < JPEG_SHARE else byte
    return small


def _grid(side: int, random: np.random.Generator) -> FloatArray:
    """Stripes or a chequered pattern (side, side), as transposed convolutions leave them, stronger here than there."""
    period = random.choice((2, 2, 3, 4, 4))
    rows, columns = (np.cos(np.arange(side) * 2 * np.pi / period + random.random() * 2 * np.pi) for _ in range(2))
    pattern = rows[:, None] * columns[None] if random.random() < 0.4 else (rows[:, None] + columns[None]) / 2
    where = cv2.resize(random.random((5, 5), np.float32), (side, side), interpolation=cv2.INTER_LINEAR)
    grid: FloatArray = (random.random() ** 2 * GRID * where * pattern).astype(np.float32)
    return grid


def _through_jpeg(picture: ByteArray, random: np.random.Generator) -> ByteArray:
    file = io.BytesIO()
    quality, subsampling = int(random.integers(*JPEG_QUALITY)), int(random.choice((0, 2, 2)))
    Image.fromarray(picture).save(file, "JPEG", quality=quality, subsampling=subsampling)
    return np.asarray(Image.open(file))
