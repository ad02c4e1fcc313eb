"""Schedule: opening hours by weekday. Knows no clock: time is an argument."""

from __future__ import annotations

from engine.config.schedule import WEEKDAYS, Day, ScheduleSettings, _minutes
from engine.core.clock import LocalTime


class Schedule:
    """Knows the opening hours."""

    def __init__(self, settings: ScheduleSettings) -> None:
        days: list[Day] = [getattr(settings, name) for name in WEEKDAYS]
        self._days = [[(0, 1440)] if hours is None else [_minutes(text) for text in hours] for hours in days]

    def is_open(self, now: LocalTime) -> bool:
        """Whether the mirror is open at this time, including hours that began the day before."""
        minute = now.second / 60.0
        today, yesterday = self._days[now.weekday], self._days[now.weekday - 1]
        return any(begin <= minute < end for begin, end in today) or any(minute + 1440 < end for _, end in yesterday)
