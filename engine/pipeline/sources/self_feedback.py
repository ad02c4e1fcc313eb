"""The source `self`: the mirror looks at its own last reflection, as if that stood before it.

The reflection is laid into a dim empty picture at the distance of a visitor, and drifts a little, so that everything
behind this step meets a face that has a place, as from a camera. It is not mirrored: it is the mirror's own picture.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from engine.types import ByteArray, Frame, Reflection

SIZE_WH = (480, 360)  # px of the picture that the mirror has of itself
FACE_SHARE = 0.46  # of the picture's height that the portrait takes
BACKGROUND_RGB = (22, 20, 18)
# Incommensurate periods (s): the drift does not repeat to the eye.
PERIODS_X_S, PERIODS_Y_S, PERIODS_SIZE_S = (23.0, 37.7), (19.1, 43.3), (31.0, 53.9)


class SelfView:
    """Turns reflections into frames; keeps count."""

    def __init__(self) -> None:
        self._count = 0

    def frame(self, reflection: Reflection, now_s: float) -> Frame:
        """A frame (360, 480, 3) that shows `reflection` at the place where it has drifted to by `now_s`."""
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
    """A slow movement within -1..1."""
    return sum(math.sin(2 * math.pi * now_s / period) for period in periods_s) / len(periods_s)
