"""Visitors made of numbers: what the mesh would tell of eyes, head and colours, thirty times a second."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.consent.gestures import Glance
from engine.features.featurizer import LAYOUT
from engine.types import Features, Latent, Placement

STEP_S = 1 / 30
OPEN, SHUT = 0.30, 0.12


class Visitor:
    """Somebody in the glass, moment after moment.

    Args:
        identity: their number from the tracker.
        x: where they stand, 0 left to 1 right.
        openness: of their open eyes; closed ones keep the same ratio.
    """

    def __init__(self, identity: int = 1, x: float = 0.5, openness: float = OPEN) -> None:
        self.identity, self.x, self.openness = identity, x, openness
        self._noise = np.random.default_rng(identity)

    def features(
        self, time_s: float, *, eyes: float = 1.0, yaw_deg: float = 0.0, pitch_deg: float = 0.0, irises: float = 40.0
    ) -> Features:
        """A measurement.

        Args:
            time_s: of the picture.
            eyes: how open they are, 1 as usual, 0 closed.
            yaw_deg, pitch_deg: of the head.
            irises: how far they stand out from the cheeks, CIELAB.
        """
        shut = self.openness * SHUT / OPEN
        gap = shut + eyes * (self.openness - shut) + self._noise.normal(0.0, 0.01)
        vector = np.zeros(LAYOUT.size, np.float32)
        for side in ("left", "right"):
            vector[LAYOUT.index(f"expression.eye_open_{side}")] = gap
            vector[LAYOUT.index(f"colour.cheek_{side}_L")] = 70.0
            vector[LAYOUT.index(f"colour.iris_{side}_L")] = 70.0 - irises * (0.2 + 0.8 * eyes)
        where = Placement(self.x, 0.42, 0.1, 0.0, 16 / 9)
        return Features(
            vector, where, np.zeros((478, 3), np.float32), yaw_deg, pitch_deg, time_s, 0, identity=self.identity
        )

    def glance(self, time_s: float, **state: float) -> Glance:
        return Glance.of(self.features(time_s, **state))

    def latent(self, stranger: int, time_s: float = 0.0) -> Latent:
        """The stranger who answers them."""
        return Latent(np.ones(4, np.float32), 1.0, self.features(time_s), time_s, stranger=stranger)


def moments(begin_s: float, seconds: float) -> Iterator[float]:
    """Times of measurements from one moment on, s."""
    for step in range(round(seconds / STEP_S)):
        yield begin_s + step * STEP_S
