"""Pacing: when the next picture is due. It sleeps; it never spins."""

from __future__ import annotations

from engine.clock import TimeSource
from engine.types import Tick

MAX_DT_S = 0.25  # a stall is no jump


class Pacer:
    """Hands out ticks at no more than a given rate.

    Args:
        clock: the show's clock.
        rate_hz: pictures a second; None where the display itself keeps the pace (vsync).
    """

    def __init__(self, clock: TimeSource, rate_hz: float | None) -> None:
        self._clock = clock
        self._period_s = 1.0 / rate_hz if rate_hz else 0.0
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
