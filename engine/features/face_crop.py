"""Upright face crops: placement of a face -> a small square at a fixed alignment, for networks that look at faces.

Training and the show use this same function and the same landmarks. Does not know which network reads the crop.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from engine.types import ByteArray, Placement

EYES_AT = (0.5, 0.42)
"""Midpoint between the eyes, as fractions of the square; origin top left, y down."""
EYE_DISTANCE = 0.29
"""Distance between the eyes as seen from the front, as a fraction of the square's side."""
FINEST = 8  # maximum number of picture pixels, per axis, averaged into one pixel of the square


def crop_face(image: ByteArray, placement: Placement, size_px: int, margin_px: int = 0) -> ByteArray:
    """Cut a square (S, S, 3) uint8 RGB around a face, eyes level, S = size_px + 2 * margin_px.

    Areas beyond the picture repeat its edge.

    Args:
        image: (H, W, 3) uint8 RGB.
        placement: position of the face in it.
        size_px: side of the square that the fractions above refer to.
        margin_px: extra border on each side.
    """
    height_px, width_px = image.shape[:2]
    scale = size_px * EYE_DISTANCE / max(placement.eye_distance * height_px, 1.0)  # square pixels per picture pixel
    finer = min(FINEST, max(1, math.ceil(1 / scale)))
    side_px = size_px + 2 * margin_px
    cos, sin = (finer * scale * part for part in (math.cos(placement.roll_rad), math.sin(placement.roll_rad)))
    x, y = placement.x * width_px - 0.5, placement.y * height_px - 0.5  # on integer pixel centres
    at_x, at_y = (finer * (size_px * share + margin_px) - 0.5 for share in EYES_AT)
    matrix = np.array([[cos, sin, at_x - cos * x - sin * y], [-sin, cos, at_y + sin * x - cos * y]])
    drawn = cv2.warpAffine(image, matrix, (side_px * finer,) * 2, borderMode=cv2.BORDER_REPLICATE)
    if finer > 1:
        drawn = cv2.resize(drawn, (side_px, side_px), interpolation=cv2.INTER_AREA)
    return np.asarray(drawn, np.uint8)
