"""Time. The only module that reads the system clock; everything else takes a clock or a `Tick`.

With a manual clock instead of the real one, every picture, filter and recording is reproducible.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LocalTime:
    """A local time of the week.

    Attributes:
        weekday: 0 Monday to 6 Sunday.
        second: since midnight, 0 to 86 400.
    """

    weekday: int
    second: int


class TimeSource(Protocol):
    """Interface of a clock."""

    def now_s(self) -> float:
        """Seconds since an arbitrary start; never goes back, and is the same scale in every process on this machine."""
        ...

    def sleep_s(self, seconds: float) -> None:
        """Wait, without spinning, for `seconds` (nothing if zero or less)."""
        ...

    def local_s(self) -> float:
        """Local wall-clock time as seconds since 1970 began here; see `calendar_date`."""
        ...


class Clock:
    """The monotonic clock of the machine, shared by all processes."""

    def now_s(self) -> float:
        return time.monotonic()

    def sleep_s(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)

    def local_s(self) -> float:
        return time.time() + time.localtime().tm_gmtoff


class ManualClock:
    """A clock that moves only through `advance` and `sleep_s`. Its local time is 1970 plus `now_s`.

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


class FilmClock(ManualClock):
    """Clock of a film, which jumps from frame to frame however long each takes to render."""

    def go_to(self, moment_s: float) -> None:
        """Move exactly to a time; times in the past have no effect."""
        self._now_s = max(self._now_s, moment_s)


def calendar_date(local_s: float) -> tuple[int, int, int, float]:
    """Year, month (from 1), day (from 1) and second of the day for a value of `TimeSource.local_s`."""
    day = time.gmtime(local_s)  # already shifted to local time
    return day.tm_year, day.tm_mon, day.tm_mday, local_s % 86_400.0


def local_time() -> LocalTime:
    """Now, in the time zone of this machine."""
    now = time.localtime()
    return LocalTime(now.tm_wday, 3600 * now.tm_hour + 60 * now.tm_min + now.tm_sec)


def file_stamp() -> str:
    """Local date and time for file names, sortable, e.g. `2026-03-01_19-30-05`."""
    return time.strftime("%Y-%m-%d_%H-%M-%S")


def unix_time_s() -> float:
    """Seconds since 1970, for dates in files that others read. May go back; never measure durations with it."""
    return time.time()


def utc_moment(from_now_s: float = 0.0) -> datetime:
    """A moment so many seconds from now, for libraries that date what others read, such as certificates."""
    return datetime.now(UTC) + timedelta(seconds=from_now_s)


def suspended_s() -> float:
    """For how long this machine has been suspended since it was switched on, s; 0 where the system does not tell."""
    if sys.platform != "linux":
        return 0.0
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)


def processor_time_s() -> float:
    """Processor time of this process, s, summed over its threads."""
    return time.process_time()


@dataclass(frozen=True, slots=True)
class Tick:
    """Time for which a picture is drawn.

    Attributes:
        index: counts drawn frames from 0.
        time_s: seconds since the show began.
        dt_s: seconds since the last drawn frame, 0 for the first, at most 0.25: a stall must not become a jump.
        local_s: local wall-clock time, see `calendar_date`; nothing but dates may depend on it.
    """

    index: int
    time_s: float
    dt_s: float
    local_s: float = 0.0
