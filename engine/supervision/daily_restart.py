"""When a show that runs for months is started again: once a day, in closed hours, where nobody sees it."""

from __future__ import annotations

from collections.abc import Callable

RUN_S = 20 * 3600.0  # a younger show is left alone: it has been started again today
CLOSED_S = 900.0  # the wall has long been dark by then
LOOK_S = 30.0


class DailyRestart:
    """Follows the opening hours; reads no clock.

    Args:
        is_open: whether it is open now.
    """

    def __init__(self, is_open: Callable[[], bool]) -> None:
        self._is_open = is_open
        self._begun_s = self._due_s = 0.0
        self._closed_s: float | None = None

    def begin(self, now_s: float) -> None:
        """The show starts now."""
        self._begun_s = now_s

    def is_due(self, now_s: float) -> bool:
        """Whether to start it again now; may be asked as often as wanted."""
        if now_s < self._due_s:
            return False
        self._due_s = now_s + LOOK_S
        if self._is_open():
            self._closed_s = None
            return False
        if self._closed_s is None:
            self._closed_s = now_s
        return now_s - self._closed_s >= CLOSED_S and now_s - self._begun_s >= RUN_S
