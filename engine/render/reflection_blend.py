"""How one drawn face gives way to the next: the faster they follow on each other, the more of the new one at once.

A quick generator's faces differ little, and to wait for a full blend would only make them late. A slow one's differ
much; they are blended for as long as the next takes to come, so that no face pops. It knows no texture.
"""

from __future__ import annotations

from engine.types import Reflection

QUICK_S, SLOW_S = 0.05, 0.125  # between two reflections: from where to where the first share of the new one falls to 0
QUICK_START = 0.6
LONGEST_S = 0.25
PERIOD_SHARE = 0.2  # of a new interval in their mean
BREAK_S = 1.0  # an interval that is longer is a pause


class ReflectionBlend:
    """Measures the pace of the reflections.

    Attributes:
        seconds: how long a new face takes to replace the one before.
        start: how much of it is seen when it comes, 0 to 1.
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
