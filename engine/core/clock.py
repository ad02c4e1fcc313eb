"""Time. The only module that reads the system's clock; everything else is handed a clock or a `Tick`.

A manual clock in place of the real one makes every picture, filter and recording reproducible.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LocalTime:
    """A time of the week where this machine is.

    Attributes:
        weekday: 0 Monday to 6 Sunday.
        second: since midnight, 0 to 86 400.
    """

    weekday: int
    second: int


class TimeSource(Protocol):
    """What the rest of the program may ask of a clock."""

    def now_s(self) -> float:
        """Seconds since an arbitrary start; never goes back, the same scale in every process of this machine."""
        ...

    def sleep_s(self, seconds: float) -> None:
        """Wait, without spinning, for `seconds` (nothing if zero or less)."""
        ...

    def local_s(self) -> float:
        """What the clock on the wall shows, as seconds since 1970 began there; see `calendar_date`."""
        ...


class Clock:
    """The machine's monotonic clock, which is shared by all its processes."""

    def now_s(self) -> float:
        return time.monotonic()

    def sleep_s(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)

    def local_s(self) -> float:
        return time.time() + time.localtime().tm_gmtoff


class ManualClock:
    """A clock that moves only when told: `advance(s)`, or by being slept on. Its wall shows 1970 and `now_s`.

    Args:
        start_s: first value of `now_s`.
    """

    def __init__(self, start_s: float = 0.0) -> None:
        self._now_s = start_s

    def now_s(self) -> float:
        return self._now_s

    def advance(self, seconds: float) -> None:
        """Move time forward by `seconds` (0 or more)."""
        if seconds < 0:
            raise ValueError(f"time cannot go back by {-seconds} s")
        self._now_s += seconds

    def sleep_s(self, seconds: float) -> None:
        self.advance(max(0.0, seconds))

    def local_s(self) -> float:
        return self._now_s


def calendar_date(local_s: float) -> tuple[int, int, int, float]:
    """Year, month (from 1), day (from 1) and second of the day of what `TimeSource.local_s` says."""
    day = time.gmtime(local_s)  # it is shifted to this place already
    return day.tm_year, day.tm_mon, day.tm_mday, local_s % 86_400.0


def local_time() -> LocalTime:
    """Now, by the time zone of this machine."""
    now = time.localtime()
    return LocalTime(now.tm_wday, 3600 * now.tm_hour + 60 * now.tm_min + now.tm_sec)


def file_stamp() -> str:
    """Local date and time for file names, sortable, e.g. `2026-03-01_19-30-05`."""
    return time.strftime("%Y-%m-%d_%H-%M-%S")


def unix_time_s() -> float:
    """Seconds since 1970, which files that others read are dated with; it may go back, so nothing is timed by it."""
    return time.time()


def processor_time_s() -> float:
    """Seconds that processors have spent on this process, all its threads together."""
    return time.process_time()


@dataclass(frozen=True, slots=True)
class Tick:
    """The moment that a picture is drawn for.

    Attributes:
        index: counts drawn frames from 0.
        time_s: seconds since the show began.
        dt_s: seconds since the last drawn frame, 0 for the first, limited to 0.25 so that a stall is no jump.
        local_s: what the clock on the wall shows, see `clock.calendar_date`; nothing but a date may depend on it.
    """

    index: int
    time_s: float
    dt_s: float
    local_s: float = 0.0
