"""Source `self`: the mirror looks at its own last reflection, as if that stood in front of it.

The reflection is placed in a dim empty picture at the distance of a visitor, and drifts a little, so that later stages
get a face with a position, as from a camera. It is not mirrored, being the mirror's own picture.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from engine.types import ByteArray, Frame, Reflection

SIZE_WH = (480, 360)  # size of the synthetic picture
FACE_SHARE = 0.46  # height of the portrait, as a share of the picture's height
BACKGROUND_RGB = (22, 20, 18)
# Incommensurate periods (s), so that the drift does not visibly repeat.
PERIODS_X_S, PERIODS_Y_S, PERIODS_SIZE_S = (23.0, 37.7), (19.1, 43.3), (31.0, 53.9)


class SelfView:
    """Turns reflections into numbered frames."""

    def __init__(self) -> None:
        self._count = 0

    def frame(self, reflection: Reflection, now_s: float) -> Frame:
        """Frame (360, 480, 3) that shows `reflection` at its drifted position at `now_s`."""
        self._count += 1
        width, height = SIZE_WH
        size = round(height * FACE_SHARE * (1 + 0.05 * _drift(now_s, PERIODS_SIZE_S)))
        left = round((width - size) / 2 + 0.06 * width * _drift(now_s, PERIODS_X_S))
        top = round((height - size) / 2 + 0.04 * height * _drift(now_s, PERIODS_Y_S))
        picture = np.empty((height, width, 3), np.uint8)
        picture[:] = BACKGROUND_RGB
        picture[top : top + size, left : left + size] = _portrait(reflection.pixels, size)
        return Frame(picture, now_s, self._count)


def _portrait(image: ByteArray, size: int) -> ByteArray:
    rgb = np.ascontiguousarray(image[:, :, :3])
    method = cv2.INTER_AREA if size < rgb.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(rgb, (size, size), interpolation=method), np.uint8)


def _drift(now_s: float, periods_s: tuple[float, float]) -> float:
    """Slow movement within -1..1."""
    return sum(math.sin(2 * math.pi * now_s / period) for period in periods_s) / len(periods_s)
