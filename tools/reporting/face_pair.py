"""Pair of viewer and reflection, side by side at the same size with aligned eyes.

Knows the positions of faces, and neither networks nor files.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from PIL import Image

from engine.types import Alignment, ByteArray, Placement
from tools.reporting.contact_sheet import contact_sheet

MIN_SIDE_PX = 512
GAP_PX = 8


def pair(viewer: ByteArray, placement: Placement, reflection: ByteArray, alignment: Alignment) -> ByteArray:
    """Put the viewer on the left and the reflection on the right.

    Args:
        viewer: (H, W, 3) uint8, already mirrored.
        placement: position of the face in `viewer`.
        reflection: (S, S, 3) uint8.
        alignment: position of the faces in reflections.

    Returns:
        (S, 2 * S + GAP_PX, 3) uint8.
    """
    aligned = align(viewer, placement, alignment, reflection.shape[0])
    return contact_sheet(np.stack([aligned, reflection]), GAP_PX)


def align(picture: ByteArray, placement: Placement, alignment: Alignment, size_px: int) -> ByteArray:
    """Rotate, scale and crop a picture (H, W, 3) to align its face with a persona's own.

    Beyond its border the picture is mirrored.

    Returns:
        (size_px, size_px, 3) uint8.
    """
    scale = alignment.eye_distance * size_px / (placement.eye_distance * picture.shape[0])
    if scale < 1:  # first averaged to about its final size: the warp samples few pixels and would alias
        size_wh = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
        picture = np.asarray(cv2.resize(picture, size_wh, interpolation=cv2.INTER_AREA), np.uint8)
        scale = alignment.eye_distance * size_px / (placement.eye_distance * picture.shape[0])
    cos, sin = math.cos(placement.roll_rad) * scale, math.sin(placement.roll_rad) * scale
    turn = np.array([[cos, sin], [-sin, cos]])  # undo the roll, which is clockwise in axes x right, y down
    eyes = np.array([placement.x * picture.shape[1], placement.y * picture.shape[0]])
    there = np.array([alignment.x, alignment.y]) * size_px
    shift = there - 0.5 - turn @ (eyes - 0.5)  # OpenCV counts from pixel centres, placements from corners
    warp = np.column_stack([turn, shift])
    size_wh = (size_px, size_px)
    warped = cv2.warpAffine(picture, warp, size_wh, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(warped, np.uint8)


def enlarge(picture: ByteArray, least_px: int = MIN_SIDE_PX) -> ByteArray:
    """Enlarge a square picture (H, H, 3) with a three-lobed Lanczos filter if it is smaller than `least_px`."""
    size_px = max(least_px, picture.shape[0])
    return np.asarray(Image.fromarray(picture).resize((size_px, size_px), Image.Resampling.LANCZOS), np.uint8)
