"""The ladder of ways to draw: down for speed or for want of memory, and up again; at its foot, the last picture.

Memory that ran out is first freed; if it runs out again soon, a lower resolution follows, then the processor in place
of a graphics card, then nothing, so that the last picture is held. It knows no network, only rungs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from engine.core.clock import TimeSource
from engine.networks.backends.backend import QualityLevel
from engine.networks.backends.out_of_memory import is_out_of_memory
from engine.pipeline.backoff import Patience
from engine.pipeline.dynamic_resolution import DynamicResolution

FREED_S = 60.0  # memory that runs out again within this time of being freed is too little
WAIT_S, LONGEST_WAIT_S = 30.0, 960.0  # before a rung that was left is tried again; twice as long each time in vain

R = TypeVar("R")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class QualityStatus:
    """Where it stands.

    Attributes:
        rung, best: what is drawn with, and what with if nothing speaks against it.
        lowered_count: how often the resolution was lowered to hold the rate.
        memory_faults: how often memory ran out.
        is_short_of_memory: whether it stands lower for want of memory; otherwise, if lower, for speed.
    """

    rung: QualityLevel
    best: QualityLevel
    lowered_count: int
    memory_faults: int
    is_short_of_memory: bool

    def __str__(self) -> str:
        if self.rung == self.best:
            return str(self.rung)
        reason = "as memory ran out" if self.is_short_of_memory else "to hold the rate"
        return f"{self.rung} in place of {self.best}, {reason}"


class QualityController:
    """Chooses the rung.

    Args:
        rungs: the best first, all of a runtime together.
        floor_px: no lower resolution is taken; 0 takes none but the best.
        clock: of the pauses.
    """

    def __init__(self, rungs: Sequence[QualityLevel], floor_px: int, clock: TimeSource) -> None:
        whole_px = rungs[0].size_px
        self._rungs = tuple(rung for rung in rungs if rung.size_px == whole_px or 0 < floor_px <= rung.size_px)
        self._speed = DynamicResolution(sorted({rung.size_px for rung in self._rungs}, reverse=True))
        self._clock = clock
        self._first = 0  # those before it have run out of memory
        self._freed: tuple[QualityLevel, float] | None = None
        self._patience = Patience(WAIT_S, LONGEST_WAIT_S)
        self._memory_faults = 0

    @property
    def rung(self) -> QualityLevel:
        """What is to be drawn with."""
        left = self._rungs[self._first :]
        return next((rung for rung in left if rung.size_px <= self._speed.size_px), left[-1])

    @property
    def standing(self) -> QualityStatus:
        is_short = self._first > 0
        return QualityStatus(self.rung, self._rungs[0], self._speed.lowered_count, self._memory_faults, is_short)

    def note(self, drawing_s: float, turn_s: float, period_s: float) -> None:
        """Count a turn; as of `DynamicResolution.note`."""
        before = self._speed.size_px
        self._speed.note(drawing_s, turn_s, period_s, self._clock.now_s())
        if self._speed.size_px != before:
            _log.info("the face is drawn at %d px after %d px, to hold the rate", self._speed.size_px, before)

    def draw(self, attempt: Callable[[QualityLevel], R], free: Callable[[], None]) -> R:
        """Draw on the best rung that has the memory.

        Args:
            attempt: draws.
            free: gives back all memory that is not needed at this moment.

        Raises:
            MemoryError: there is not enough for any.
        """
        self._rise()
        while True:
            rung = self.rung
            try:
                return attempt(rung)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                reason = " ".join(str(error).split())[:200]
            free()  # out here nothing of the attempt is held by its traceback any more
            self._step_down(rung, reason)

    def _rise(self) -> None:
        """Try again what was left long enough ago."""
        now_s = self._clock.now_s()
        if self._first > 0 and self._patience.is_over(now_s):
            self._first -= 1
            self._patience.come_back(now_s)
            _log.info("the face is drawn with %s again", self.rung)

    def _step_down(self, rung: QualityLevel, reason: str) -> None:
        now_s = self._clock.now_s()
        self._memory_faults += 1
        if self._freed is None or self._freed[0] != rung or now_s - self._freed[1] > FREED_S:
            self._freed = rung, now_s
            _log.warning("memory ran out while the face was drawn with %s, and was freed: %s", rung, reason)
            return
        following = self._rungs.index(rung) + 1
        if following == len(self._rungs):
            raise MemoryError(f"there is not enough memory to draw a face in any way: {reason}")
        self._patience.fall(now_s)
        self._first = following
        _log.warning("there is not enough memory to draw the face with %s: %s follows", rung, self.rung)
