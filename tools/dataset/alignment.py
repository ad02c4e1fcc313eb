"""Aligned portraits: the square crop of a face as in FFHQ, eyes level.

The square is that of `engine/features/aligned_crop.py`, which the mirror uses for its encoder; here it is resampled at
high quality, at any size. Does not know what the portraits are for.
"""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from engine.features.aligned_crop import HALF_PIXEL, Square, beyond, soften, source_matrix
from engine.types import ByteArray

OVERSAMPLING = 4  # the square is rendered this much larger, then reduced with antialiasing
MAX_DRAWN_PX = 2048


def cut(picture: ByteArray, square: Square, size_px: int) -> ByteArray:
    """Cut the portrait (size_px, size_px, 3) uint8 from a picture (H, W, 3) uint8 RGB."""
    drawn_px = max(size_px, min(size_px * OVERSAMPLING, MAX_DRAWN_PX))
    shrink = max(
        1, int(np.ceil(square.side_px / drawn_px))
    )  # by whole blocks first, so that the warp below does not alias
    source = np.asarray(Image.fromarray(picture).reduce(shrink)) if shrink > 1 else picture
    to_source = source_matrix(square, drawn_px)
    to_source = (to_source + HALF_PIXEL) / shrink - HALF_PIXEL
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    size_wh = (drawn_px, drawn_px)
    warped = cv2.warpAffine(source, to_source, size_wh, flags=flags, borderMode=cv2.BORDER_REFLECT_101)
    drawn: ByteArray = np.asarray(warped, np.uint8)
    far = beyond(to_source, drawn_px, source.shape[1], source.shape[0])
    drawn = soften(drawn, far) if far.any() else drawn
    return np.asarray(Image.fromarray(drawn).resize((size_px, size_px), Image.Resampling.LANCZOS))
