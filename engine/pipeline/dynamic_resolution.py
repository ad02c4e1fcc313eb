"""Dynamic resolution: fewer pixels per face while the reflection rate cannot be held, more again later.

Judges one window of turns at a time, and remembers the cost of drawing at each size it left: it returns only to a size
that would now fit, and waits longer after each return that failed. Times are arguments; it reads no clock.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from engine.pipeline.backoff import ExponentialBackoff

WINDOW_S, LEAST_TURNS = 2.0, 10  # turns judged at a time
TOO_SLOW = 1.25  # turns of this many periods are too slow ...
FITS = 0.8  # ... and expected turns of this many fit: far apart, against oscillation
DRAWING_SHARE = 0.25  # least share of drawing in a turn for which a lower resolution helps
WAIT_S, LONGEST_WAIT_S = 10.0, 320.0  # wait before a return; doubled after each failed one


class DynamicResolution:
    """Chooses the size of drawn faces.

    Args:
        sizes_px: available sizes, largest first; a single one is never left.

    Attributes:
        size_px: size to draw now.
        lowered_count: number of reductions.
    """

    def __init__(self, sizes_px: Sequence[int]) -> None:
        self._sizes_px = tuple(sizes_px)
        self.size_px = self._sizes_px[0]
        self.lowered_count = 0
        self._drawing_s: list[float] = []
        self._turn_s: list[float] = []
        self._began_s: float | None = None
        self._cost_above_s: list[float] = []  # cost of drawing at each larger size when it was left
        self._cost_here_s: float | None = None  # cost at this size when it was new
        self._backoff = ExponentialBackoff(WAIT_S, LONGEST_WAIT_S)

    def note(self, drawing_s: float, turn_s: float, period_s: float, now_s: float) -> None:
        """Record a turn.

        Args:
            drawing_s: time spent drawing.
            turn_s: all the work from frame to reflection, without waiting.
            period_s: time available for a turn.
            now_s: the present.
        """
        self._began_s = now_s if self._began_s is None else self._began_s
        self._drawing_s.append(drawing_s)
        self._turn_s.append(turn_s)
        if now_s - self._began_s >= WINDOW_S and len(self._turn_s) >= LEAST_TURNS:
            drawing_s, turn_s = statistics.median(self._drawing_s), statistics.median(self._turn_s)
            self._forget()
            self._judge(drawing_s, turn_s, period_s, now_s)

    def _judge(self, drawing_s: float, turn_s: float, period_s: float, now_s: float) -> None:
        index = self._sizes_px.index(self.size_px)
        is_costly = drawing_s >= DRAWING_SHARE * turn_s
        if turn_s > TOO_SLOW * period_s and is_costly and index + 1 < len(self._sizes_px):
            self._lower(index, drawing_s, now_s)
        elif index > 0 and self._cost_here_s is None:
            self._cost_here_s = drawing_s
        elif index > 0 and self._cost_here_s is not None and self._backoff.is_over(now_s):
            load = drawing_s / max(self._cost_here_s, 1e-6)  # load of the machine, relative to when this size was new
            if turn_s - drawing_s + load * self._cost_above_s[-1] <= FITS * period_s:
                self._raise(index, now_s)

    def _lower(self, index: int, drawing_s: float, now_s: float) -> None:
        self._backoff.note_failure(now_s)
        self._cost_above_s.append(drawing_s)
        self.lowered_count += 1
        self._change(index + 1)

    def _raise(self, index: int, now_s: float) -> None:
        self._cost_above_s.pop()
        self._backoff.note_retry(now_s)
        self._change(index - 1)

    def _change(self, index: int) -> None:
        self.size_px = self._sizes_px[index]
        self._cost_here_s = None
        self._forget()

    def _forget(self) -> None:
        self._drawing_s, self._turn_s, self._began_s = [], [], None
