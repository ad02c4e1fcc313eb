"""Time budget: whether there is time for more than the reflection itself. Reads no clock."""

from __future__ import annotations

MOST = 0.9  # share of the thread's time that may be used
MEMORY = 0.1  # weight of the newest turn


class TimeBudget:
    """How busy a thread is that works at a rate, and what something more costs it now and then.

    Args:
        every_s: how often that something more is done.
    """

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._busy = 0.0  # share of the time that the work itself takes
        self._cost_s = self._round_s = 0.0

    def worked(self, seconds: float, period_s: float) -> None:
        """One turn took `seconds` of the `period_s` that there are for it."""
        self._busy += MEMORY * (seconds / period_s - self._busy)

    def spent(self, seconds: float, *, goes_on: bool = False) -> None:
        """Something more was done, and took `seconds`; `goes_on` if it belongs to what was done before it."""
        if not goes_on:
            self._round_s = 0.0
            self._cost_s *= 1 - MEMORY
        self._round_s += seconds
        self._cost_s = max(self._round_s, self._cost_s)

    @property
    def permits(self) -> bool:
        """Whether the rate is held, with what more costs."""
        return self._busy + self._cost_s / self._every_s <= MOST
