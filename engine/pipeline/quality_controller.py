"""Quality controller: a ladder of quality levels, down for speed or lack of memory, and up again.

When memory runs out, it is first freed; if it runs out again soon, a lower resolution follows, then the processor in
place of a graphics card, then nothing, so that the last picture stays. Knows no network, only levels.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from engine.core.clock import TimeSource
from engine.networks.backends.backend import QualityLevel
from engine.networks.backends.out_of_memory import is_out_of_memory
from engine.pipeline.backoff import ExponentialBackoff
from engine.pipeline.dynamic_resolution import DynamicResolution

FREED_S = 60.0  # running out again this soon after freeing means there is too little
WAIT_S, LONGEST_WAIT_S = 30.0, 960.0  # wait before a better level is retried; doubled after each failure

R = TypeVar("R")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class QualityStatus:
    """State of the controller.

    Attributes:
        level, best: the current level, and the best one.
        lowered_count: number of reductions to hold the rate.
        memory_faults: number of times memory ran out.
        is_short_of_memory: whether memory is the reason for the lower level; otherwise it is speed.
    """

    level: QualityLevel
    best: QualityLevel
    lowered_count: int
    memory_faults: int
    is_short_of_memory: bool

    def __str__(self) -> str:
        if self.level == self.best:
            return str(self.level)
        reason = "as memory ran out" if self.is_short_of_memory else "to hold the rate"
        return f"{self.level} in place of {self.best}, {reason}"


class QualityController:
    """Chooses the quality level.

    Args:
        levels: available levels, best first, grouped by runtime.
        floor_px: minimum resolution; 0 allows only the best level.
        clock: times the waits.
    """

    def __init__(self, levels: Sequence[QualityLevel], floor_px: int, clock: TimeSource) -> None:
        whole_px = levels[0].size_px
        self._levels = tuple(level for level in levels if level.size_px == whole_px or 0 < floor_px <= level.size_px)
        self._speed = DynamicResolution(sorted({level.size_px for level in self._levels}, reverse=True))
        self._clock = clock
        self._first = 0  # earlier levels have run out of memory
        self._freed: tuple[QualityLevel, float] | None = None
        self._backoff = ExponentialBackoff(WAIT_S, LONGEST_WAIT_S)
        self._memory_faults = 0

    @property
    def level(self) -> QualityLevel:
        """The current level."""
        left = self._levels[self._first :]
        return next((level for level in left if level.size_px <= self._speed.size_px), left[-1])

    @property
    def standing(self) -> QualityStatus:
        is_short = self._first > 0
        return QualityStatus(self.level, self._levels[0], self._speed.lowered_count, self._memory_faults, is_short)

    def note(self, drawing_s: float, turn_s: float, period_s: float) -> None:
        """Record a turn; see `DynamicResolution.note`."""
        before = self._speed.size_px
        self._speed.note(drawing_s, turn_s, period_s, self._clock.now_s())
        if self._speed.size_px != before:
            _log.info("the face is drawn at %d px after %d px, to hold the rate", self._speed.size_px, before)

    def draw(self, attempt: Callable[[QualityLevel], R], free: Callable[[], None]) -> R:
        """Draw at the best level that has enough memory.

        Args:
            attempt: function that draws.
            free: function that releases all memory not needed at this moment.

        Raises:
            MemoryError: there is not enough for any level.
        """
        self._rise()
        while True:
            level = self.level
            try:
                return attempt(level)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                reason = " ".join(str(error).split())[:200]
            free()  # out here, the traceback no longer holds anything of the attempt
            self._step_down(level, reason)

    def _rise(self) -> None:
        """Retry a better level once its wait is over."""
        now_s = self._clock.now_s()
        if self._first > 0 and self._backoff.is_over(now_s):
            self._first -= 1
            self._backoff.note_retry(now_s)
            _log.info("the face is drawn with %s again", self.level)

    def _step_down(self, level: QualityLevel, reason: str) -> None:
        now_s = self._clock.now_s()
        self._memory_faults += 1
        if self._freed is None or self._freed[0] != level or now_s - self._freed[1] > FREED_S:
            self._freed = level, now_s
            _log.warning("memory ran out while the face was drawn with %s, and was freed: %s", level, reason)
            return
        following = self._levels.index(level) + 1
        if following == len(self._levels):
            raise MemoryError(f"there is not enough memory to draw a face in any way: {reason}")
        self._backoff.note_failure(now_s)
        self._first = following
        _log.warning("there is not enough memory to draw the face with %s: %s follows", level, self.level)
