"""Cover detection: whether something, such as a hand, is in front of a face that is tracked.

Behind a hand the mesh guesses on, a few centimetres off, and an encoder sees another person. The colours of the face
tell: several patches change while the head keeps still. While a face is covered its last measurement stands. Knows no
picture and no network.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engine.features.colours import ON_THE_FACE
from engine.features.one_euro import smoothing_share
from engine.types import FloatArray

MOVING = {"lips", "mouth", "upper_lip", "iris_left", "iris_right"}  # change with speech and blinking
OTHER_COLOUR = 9.0  # CIELAB distance of a changed patch; patches of an uncovered face stay below 5
LEAST_CHANGED = 2  # changed patches of a covered face, one of them away from mouth and eyes
STILL_DEG = 8.0  # a head that turned by more shows other colours by itself
REFERENCE_HZ = 0.25  # cut-off of the reference, 0.6 s
LONGEST_S = 4.0  # after that long the change is accepted: glasses, a mask, another person
LOST_S = 1.0  # without a measurement for that long, the reference is forgotten

_RESTING = np.array([patch.name not in MOVING for patch in ON_THE_FACE])


class FaceCover:
    """Watches one tracked face.

    Attributes:
        is_covered: as of the latest frame.
    """

    def __init__(self) -> None:
        self.is_covered = False
        self._colours: NDArray[np.float64] | None = None
        self._turn = np.zeros(2)
        self._seen_s = self._since_s = -math.inf

    def __call__(self, colours: FloatArray, yaw_deg: float, pitch_deg: float, now_s: float) -> bool:
        """Whether the face is covered.

        Args:
            colours: L*, a*, b* of each patch, beginning with `ON_THE_FACE`.
            yaw_deg, pitch_deg: of the head.
            now_s: capture time of the frame.
        """
        seen = colours[: 3 * len(ON_THE_FACE)].reshape(-1, 3).astype(np.float64)
        turn = np.array([yaw_deg, pitch_deg])
        if self._colours is None or now_s - self._seen_s > LOST_S or not np.isfinite(seen).all():
            return self._begin(seen, turn, now_s)
        elapsed_s, self._seen_s = now_s - self._seen_s, now_s
        is_changed = _is_changed(seen - self._colours)
        if self.is_covered:
            if is_changed and now_s - self._since_s > LONGEST_S:
                return self._begin(seen, turn, now_s)
            self.is_covered = is_changed
        elif is_changed and float(np.linalg.norm(turn - self._turn)) < STILL_DEG:
            self.is_covered, self._since_s = True, now_s
        if not self.is_covered:
            share = smoothing_share(REFERENCE_HZ, elapsed_s)
            self._colours = self._colours + share * (seen - self._colours)
            self._turn = self._turn + share * (turn - self._turn)
        return self.is_covered

    def slip(self, now_s: float) -> bool:
        """Whether the face is still covered, in a frame in which the mesh does not form a face."""
        if self.is_covered and now_s - self._since_s > LONGEST_S:
            self.is_covered, self._colours = False, None
        if self.is_covered:
            self._seen_s = now_s
        return self.is_covered

    def _begin(self, seen: NDArray[np.float64], turn: NDArray[np.float64], now_s: float) -> bool:
        self.is_covered, self._seen_s, self._turn = False, now_s, turn
        self._colours = seen if np.isfinite(seen).all() else None
        return False


def _is_changed(change: NDArray[np.float64]) -> bool:
    """Whether patches (P, 3) changed beyond what all of them have in common, such as the exposure."""
    changed = np.linalg.norm(change - np.median(change, axis=0), axis=1) > OTHER_COLOUR
    return bool(changed.sum() >= LEAST_CHANGED and changed[_RESTING].any())
