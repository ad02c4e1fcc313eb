"""Time budget: whether there is time for more than the reflection itself. Reads no clock."""

from __future__ import annotations

MOST = 0.9  # share of the thread's time that may be used
MEMORY = 0.1  # weight of the newest turn


class TimeBudget:
    """Load of a thread that works at a fixed rate, and the cost of occasional extra work.

    Args:
        every_s: interval of the extra work.
    """

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._busy = 0.0  # share of the time taken by the regular work
        self._cost_s = self._round_s = 0.0

    def worked(self, seconds: float, period_s: float) -> None:
        """Record a turn that took `seconds` of its `period_s`."""
        self._busy += MEMORY * (seconds / period_s - self._busy)

    def spent(self, seconds: float, *, goes_on: bool = False) -> None:
        """Record extra work that took `seconds`; `goes_on` if it continues the previous piece."""
        if not goes_on:
            self._round_s = 0.0
            self._cost_s *= 1 - MEMORY
        self._round_s += seconds
        self._cost_s = max(self._round_s, self._cost_s)

    @property
    def permits(self) -> bool:
        """Whether the rate is held including the extra work."""
        return self._busy + self._cost_s / self._every_s <= MOST
