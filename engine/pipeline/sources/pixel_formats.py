"""Pixel formats -> (H, W, 3) uint8 RGB, the format of frames. Knows NumPy only, and no source."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.types import ByteArray

MIN_SIDE_PX = 16  # below this nothing is visible, and face detectors have failed
MAX_SIDE_PX = 1280  # files are scaled down to this; more only costs time


def to_rgb(picture: NDArray[Any]) -> ByteArray:
    """Convert a camera picture.

    Args:
        picture: (H, W) or (H, W, 1) grey, (H, W, 3) RGB or (H, W, 4) RGBA, whose alpha is ignored; uint8, or uint16
            over its full range.

    Returns:
        (H, W, 3) uint8; the array itself if it already is that.

    Raises:
        ValueError: it has another shape or type, or is smaller than 16 px.
    """
    if picture.ndim == 2:
        picture = picture[:, :, np.newaxis]
    if picture.ndim != 3 or picture.shape[2] not in (1, 3, 4) or picture.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"an array of shape {picture.shape} and type {picture.dtype} is not a picture")
    height, width, channels = picture.shape
    check_size(width, height)
    if picture.dtype == np.uint16:
        picture = (picture >> 8).astype(np.uint8)
    if channels == 1:
        picture = np.broadcast_to(picture, (height, width, 3))
    return picture[:, :, :3]


def check_size(width: int, height: int) -> None:
    """Reject pictures too small to show anything.

    Raises:
        ValueError: a side is below 16 px.
    """
    if min(width, height) < MIN_SIDE_PX:
        raise ValueError(
            f"a picture of {width}x{height} px is too small; {MIN_SIDE_PX}x{MIN_SIDE_PX} px is the minimum"
        )


def size_within(width: int, height: int, max_side_px: int = MAX_SIDE_PX) -> tuple[int, int]:
    """Size (w, h) in px with the same aspect and no side above `max_side_px`; never enlarged."""
    scale = min(1.0, max_side_px / max(width, height))
    return max(MIN_SIDE_PX, round(width * scale)), max(MIN_SIDE_PX, round(height * scale))


def size_of_area(width: int, height: int, max_pixels: int) -> tuple[int, int]:
    """Size (w, h) in px with the same aspect and at most `max_pixels`; never enlarged."""
    scale = min(1.0, math.sqrt(max_pixels / (width * height)))
    return max(1, math.floor(width * scale)), max(1, math.floor(height * scale))
