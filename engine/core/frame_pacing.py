"""Frame pacing: whether the screen or a sleep keeps the rate of drawing, and when the next picture is due. Never spins.

A driver may claim vsync and not wait, or stop waiting, for example while the window is hidden. So its behaviour is
measured at the start, and a limit slightly above the refresh rate stays in place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engine.core.clock import Tick, TimeSource

MAX_DT_S = 0.25  # a stall must not become a jump
ASLEEP_S = 5.0  # nothing but a machine that was suspended, or a stopped process, takes so long for one frame
UNPACED_HZ, SOFTWARE_HZ = 60.0, 34.0  # without vsync; where the processor draws, which must also reflect
TRIAL_LIMIT_S = 0.8  # longest time for measuring the refresh rate
TRIAL_SWAPS, FIRST_SWAPS = 24, 6  # swaps that are measured; swaps before them, which only fill the driver's queue
SCREEN_HZ = 20.0, 500.0  # shortest and longest swap of a screen
EVENNESS = 0.12  # largest spread of the middle half of the swaps around their median, as a share of it
EARLY_SHARE = 0.4  # share of a period by which a turn may begin early
FORGIVEN = 0.1  # share of that earliness that is made up for: keeps turns in step with frames of the same rate
LEAST_PAUSE_S = 0.001
HEADROOM = 1.15  # the limit that stays in place, relative to the refresh rate


class Swaps(Protocol):
    """Interface of a window, as far as pacing needs it."""

    @property
    def is_software(self) -> bool: ...

    @property
    def says_it_waits(self) -> bool: ...

    def present(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Pace:
    """The source of the frame rate.

    Attributes:
        limit_hz: maximum frames per second, enforced by sleeping.
        screen_hz: measured refresh rate; None without vsync.
        reason: why, in a few words.
    """

    limit_hz: float
    screen_hz: float | None
    reason: str

    def __str__(self) -> str:
        if self.screen_hz is None:
            return f"{self.limit_hz:g} frames per second, by sleeping: {self.reason}"
        return f"{self.screen_hz:.1f} frames per second, by waiting for the screen: {self.reason}"


def find_pace(window: Swaps, clock: TimeSource, *, max_hz: float = 0.0) -> Pace:
    """Determine what limits the frame rate; a driver that claims vsync is tested.

    Args:
        window: presents a finished picture several times.
        clock: times the swaps.
        max_hz: maximum frames per second; 0 for the refresh rate.
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
    """Durations of consecutive swaps, s."""
    until_s = clock.now_s() + TRIAL_LIMIT_S
    moments: list[float] = []
    while len(moments) < FIRST_SWAPS + TRIAL_SWAPS and clock.now_s() < until_s:
        present()
        moments.append(clock.now_s())
    return [after - before for before, after in zip(moments[FIRST_SWAPS:], moments[FIRST_SWAPS + 1 :], strict=False)]


def rate_of_swaps(intervals_s: list[float]) -> float | None:
    """Refresh rate that these swaps waited for, Hz; None if they waited for no screen.

    They waited for one if each took as long as a screen may take, and all took equally long: delays by the processor
    are uneven.
    """
    if len(intervals_s) < FIRST_SWAPS:
        return None
    low, median, high = (float(value) for value in np.percentile(intervals_s, [25, 50, 75]))
    slowest_hz, fastest_hz = SCREEN_HZ
    if not 1 / fastest_hz <= median <= 1 / slowest_hz:
        return None
    return 1 / median if max(median - low, high - median) <= EVENNESS * median else None


class Pacer:
    """Produces ticks at no more than a given rate.

    Args:
        clock: the show's clock.
        limit_hz: frames per second.
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
        gap_s = now_s - self._last_s
        dt_s = min(MAX_DT_S, gap_s)
        if gap_s > ASLEEP_S:  # the machine was suspended: the show goes on where it was
            self._began_s += gap_s - dt_s
        tick = Tick(self._index, now_s - self._began_s, dt_s, self._clock.local_s())
        self._last_s = now_s
        self._index += 1
        return tick

    def wait(self) -> None:
        """Sleep until the next picture is due; lost time is not made up for."""
        now_s = self._clock.now_s()
        self._due_s = max(self._due_s + self._period_s, now_s - self._period_s)
        self._clock.sleep_s(self._due_s - now_s)


class TurnPacer:
    """Start times for turns that consume frames: on average hardly more turns per second than requested.

    A turn may start slightly early, and then waits for its frame. A strict pacer combined with a camera of the same
    rate could make every frame wait by the same amount.
    """

    def __init__(self) -> None:
        self._due_s = 0.0

    def pause_s(self, taken_s: float, now_s: float, rate_hz: float) -> float:
        """Pause after a turn that took its frame at `taken_s`, s; always above 0."""
        early_s = max(0.0, self._due_s - taken_s)
        self._due_s = taken_s + (1 - FORGIVEN) * early_s + 1 / rate_hz
        return max(LEAST_PAUSE_S, self._due_s - EARLY_SHARE / rate_hz - now_s)
