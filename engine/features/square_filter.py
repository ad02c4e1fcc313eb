"""Smoothing of a visitor's aligned square before it is cut.

Landmarks jitter by a fraction of a pixel, and an encoder responds to every shift and rotation of its input: a hundredth
of the side is four degrees on its sphere. So the centre and the half side of the square, four numbers, pass one One
Euro filter, in units of sides; real head movement passes at once. Does not know who is in the square.
"""

from __future__ import annotations

import math

import numpy as np

from engine.features.aligned_crop import Square
from engine.features.one_euro import OneEuro

# Measured on a still portrait in front of a noisy camera: an encoder's raw answers move by 74 degrees per second
# without it and by 62 with it. It lags by a hundredth of its side for a head that crosses its own width in a second.
MIN_CUTOFF_HZ, BETA = 1.5, 30.0
LOST_S = 0.5  # gap without frames after which it starts afresh
MIN_DT_S, MAX_DT_S = 0.005, 0.2


class SquareFilter:
    """Smooths the square of one person at a time."""

    def __init__(self) -> None:
        self._filter = OneEuro(MIN_CUTOFF_HZ, BETA)
        self._identity = 0
        self._seen_s = -math.inf
        self._side_px = 1.0

    def __call__(self, square: Square, identity: int, captured_s: float) -> Square:
        """Smooth the square that was measured.

        Args:
            identity: whose square it is; a new person starts afresh.
            captured_s: capture time of the frame.
        """
        elapsed_s = captured_s - self._seen_s
        if identity != self._identity or not 0 <= elapsed_s <= LOST_S:
            self._filter.reset()
            self._side_px = max(square.side_px, 1e-6)
        self._identity, self._seen_s = identity, captured_s
        measured = np.concatenate([square.centre_px, square.half_px]) / self._side_px
        steady = self._filter(measured.astype(np.float32), min(MAX_DT_S, max(MIN_DT_S, elapsed_s))) * self._side_px
        return Square(steady[:2].astype(np.float64), steady[2:].astype(np.float64), square.yaw)
