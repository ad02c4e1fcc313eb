"""Reflection blend: how one drawn face gives way to the next; the faster they arrive, the more of the new one at once.

Faces of a fast generator differ little, and a full blend would only delay them. Faces of a slow one differ much; they
are blended over the interval between two, so that none pops. Knows no texture.
"""

from __future__ import annotations

from engine.types import Reflection

QUICK_S, SLOW_S = 0.05, 0.125  # interval between reflections over which the first share of the new one falls to 0
QUICK_START = 0.6
LONGEST_S = 0.25
PERIOD_SHARE = 0.2  # weight of a new interval in the mean
BREAK_S = 1.0  # longer intervals are pauses


class ReflectionBlend:
    """Measures the rate of the reflections.

    Attributes:
        seconds: time in which a new face replaces the previous one.
        start: share of the new face on arrival, 0 to 1.
    """

    def __init__(self) -> None:
        self._last_s: float | None = None
        self._period_s = QUICK_S

    @property
    def seconds(self) -> float:
        return min(LONGEST_S, max(QUICK_S, self._period_s))

    @property
    def start(self) -> float:
        return QUICK_START * min(1.0, max(0.0, (SLOW_S - self._period_s) / (SLOW_S - QUICK_S)))

    def count(self, reflection: Reflection) -> None:
        """Count a new reflection."""
        interval_s = reflection.generated_s - self._last_s if self._last_s is not None else BREAK_S
        if 0 < interval_s < BREAK_S:
            self._period_s += PERIOD_SHARE * (interval_s - self._period_s)
        self._last_s = reflection.generated_s
