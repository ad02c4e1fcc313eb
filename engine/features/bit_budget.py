"""Bit budget: how many bits are left of a visitor, the fewer the nearer they come.

Bits change in half octaves, and back only after some way: whoever stands still at the edge of two steps keeps one.
"""

from __future__ import annotations

import math

from engine.config.reflection import BitSettings

MOST = 4096  # 512 numbers of 8 bits: nothing is left out
STEPS_PER_OCTAVE = 2
HOLD = 0.35  # octaves beyond the last step before it is left; a step is half an octave


class BitBudget:
    """Number of bits for one visitor, from their distance. Belongs to one thread."""

    def __init__(self) -> None:
        self._octaves: float | None = None

    def reset(self) -> None:
        """Forget the last visitor."""
        self._octaves = None

    def at(self, eye_distance: float, settings: BitSettings) -> int:
        """Bits at a distance between the eyes in picture heights: from `MOST` at `far` to `few` at `near`, evenly on
        logarithmic scales; `MOST` if `few` is 0."""
        if settings.few == 0:
            return MOST
        most, few = math.log2(MOST), math.log2(settings.few)
        way = math.log(max(eye_distance, 1e-3) / settings.far) / math.log(settings.near / settings.far)
        wanted = most + (few - most) * min(1.0, max(0.0, way))
        if self._octaves is None or abs(wanted - self._octaves) > HOLD or wanted in (most, few):
            self._octaves = min(most, max(few, round(wanted * STEPS_PER_OCTAVE) / STEPS_PER_OCTAVE))
        return round(2**self._octaves)
