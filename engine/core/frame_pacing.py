"""Pacing: who keeps the rate of drawing, the screen or a sleep, and when the next picture is due. Nothing ever spins.

A driver may say that it waits for the screen and not do so, and it may stop doing so, for example while the window is
hidden. So what it does is measured at the start, and a limit somewhat above the screen's rate stays behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engine.core.clock import Tick, TimeSource

MAX_DT_S = 0.25  # a stall is no jump
UNPACED_HZ, SOFTWARE_HZ = 60.0, 34.0  # without a screen to wait for; where the processor draws, which must also reflect
TRIAL_LIMIT_S = 0.8  # how long a trial of the screen's pace may take
TRIAL_SWAPS, FIRST_SWAPS = 24, 6  # pictures of a trial; those before, which only fill the driver's queue
SCREEN_HZ = 20.0, 500.0  # a swap that waits for a screen takes between so long
EVENNESS = 0.12  # how far the middle half of such swaps lies from their median at most, as a share of it
EARLY_SHARE = 0.4  # of a period, by which a turn may begin before it is due
FORGIVEN = 0.1  # of what a turn began too early, so that it comes into step with frames of the same rate
LEAST_PAUSE_S = 0.001
HEADROOM = 1.15  # how far above the screen's rate the limit is that stays behind it


class Swaps(Protocol):
    """What is asked of a window here."""

    @property
    def is_software(self) -> bool: ...

    @property
    def says_it_waits(self) -> bool: ...

    def present(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Pace:
    """What keeps the rate of drawing.

    Attributes:
        limit_hz: no more pictures a second than this, by sleeping.
        screen_hz: what the screen was measured at; None where it keeps no pace.
        reason: why it is so, a few words.
    """

    limit_hz: float
    screen_hz: float | None
    reason: str

    def __str__(self) -> str:
        if self.screen_hz is None:
            return f"{self.limit_hz:g} pictures a second, by sleeping: {self.reason}"
        return f"{self.screen_hz:.1f} pictures a second, by waiting for the screen: {self.reason}"


def find_pace(window: Swaps, clock: TimeSource, *, max_hz: float = 0.0) -> Pace:
    """Find out what keeps the pace; a driver that says that the screen does is put to the test.

    Args:
        window: shows a picture that is finished already, several times.
        clock: measures how long that takes.
        max_hz: most pictures a second; 0 is as many as the screen shows.
    """
    if window.is_software:
        return Pace(max_hz or SOFTWARE_HZ, None, "the processor draws")
    if not window.says_it_waits:
        return Pace(max_hz or UNPACED_HZ, None, "no screen is waited for")
    screen_hz = rate_of_swaps(time_swaps(window.present, clock))
    if screen_hz is None:
        return Pace(max_hz or UNPACED_HZ, None, "the driver says that it waits for the screen, and does not")
    if max_hz and max_hz < screen_hz:
        return Pace(max_hz, None, f"the screen shows {screen_hz:.1f}")
    return Pace(HEADROOM * screen_hz, screen_hz, "measured")


def time_swaps(present: Callable[[], None], clock: TimeSource) -> list[float]:
    """How long each of some swaps takes, s, one after the other."""
    until_s = clock.now_s() + TRIAL_LIMIT_S
    moments: list[float] = []
    while len(moments) < FIRST_SWAPS + TRIAL_SWAPS and clock.now_s() < until_s:
        present()
        moments.append(clock.now_s())
    return [after - before for before, after in zip(moments[FIRST_SWAPS:], moments[FIRST_SWAPS + 1 :], strict=False)]


def rate_of_swaps(intervals_s: list[float]) -> float | None:
    """The rate of a screen that these swaps waited for, Hz; None if they waited for none.

    They did if they took as long as a screen may take, and equally long: what only the processor delays comes unevenly.
    """
    if len(intervals_s) < FIRST_SWAPS:
        return None
    low, median, high = (float(value) for value in np.percentile(intervals_s, [25, 50, 75]))
    slowest_hz, fastest_hz = SCREEN_HZ
    if not 1 / fastest_hz <= median <= 1 / slowest_hz:
        return None
    return 1 / median if max(median - low, high - median) <= EVENNESS * median else None


class Pacer:
    """Hands out ticks at no more than a given rate.

    Args:
        clock: the show's clock.
        limit_hz: pictures a second.
    """

    def __init__(self, clock: TimeSource, limit_hz: float) -> None:
        self._clock = clock
        self._period_s = 1.0 / limit_hz
        self._began_s: float | None = None
        self._last_s = 0.0
        self._due_s = 0.0
        self._index = 0

    def tick(self) -> Tick:
        """The moment of the next picture: now."""
        now_s = self._clock.now_s()
        if self._began_s is None:
            self._began_s = self._last_s = self._due_s = now_s
        dt_s = min(MAX_DT_S, now_s - self._last_s)
        tick = Tick(self._index, now_s - self._began_s, dt_s, self._clock.local_s())
        self._last_s = now_s
        self._index += 1
        return tick

    def wait(self) -> None:
        """Sleep until the next picture is due; what is late is not made up for."""
        now_s = self._clock.now_s()
        self._due_s = max(self._due_s + self._period_s, now_s - self._period_s)
        self._clock.sleep_s(self._due_s - now_s)


class TurnPacer:
    """When whoever takes frames may begin the next turn: on average hardly more turns a second than wanted.

    A turn may begin somewhat before it is due. So it is ready when a frame comes, and waits for that; a pacer that
    keeps strict time beside a camera of the same rate may let each frame wait for it, always equally long.
    """

    def __init__(self) -> None:
        self._due_s = 0.0

    def pause_s(self, taken_s: float, now_s: float, rate_hz: float) -> float:
        """How long to pause after a turn that had its frame at `taken_s`, s; never nothing."""
        early_s = max(0.0, self._due_s - taken_s)
        self._due_s = taken_s + (1 - FORGIVEN) * early_s + 1 / rate_hz
        return max(LEAST_PAUSE_S, self._due_s - EARLY_SHARE / rate_hz - now_s)
