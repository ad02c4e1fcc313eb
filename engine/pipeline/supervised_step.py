"""Supervised step: a step of the pipeline that may fail without ending the show.

The wrapped function is built on first use. If it raises, the error is logged once and counted, and the function is
discarded and rebuilt, at most every `RETRY_S`; until it works again the step returns None and the last picture stays.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

from engine.core.clock import TimeSource
from engine.core.samples import Samples

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

RETRY_S = 2.0


class SupervisedStep(Generic[P, R]):
    """Pipeline step with measured duration and fault handling.

    Args:
        name: name in statistics, log and overlay.
        build: builds the function that does the work; may take seconds; if the function has `close`, it is called.
        clock: measures the pause before a rebuild.
        stopwatch: measures the duration; `clock` if None.
    """

    def __init__(
        self, name: str, build: Callable[[], Callable[P, R]], clock: TimeSource, stopwatch: TimeSource | None = None
    ) -> None:
        self.name = name
        self.durations_ms = Samples()
        self.error_count = 0
        self.last_error: str | None = None
        self._build = build
        self._clock = clock
        self._stopwatch = stopwatch or clock
        self._work: Callable[P, R] | None = None
        self._retry_at_s = float("-inf")
        self._logged: set[str] = set()
        self._building = threading.Lock()

    @property
    def is_ready(self) -> bool:
        return self._work is not None

    def prepare(self) -> bool:
        """Build the function if necessary; returns whether it is ready. A recent failure is not retried at once."""
        with self._building:
            if self._work is None and self._clock.now_s() >= self._retry_at_s:
                try:
                    self._work = self._build()
                except Exception as error:
                    self._fail(error)
            return self._work is not None

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R | None:
        """Run the step; None if it failed or is not ready."""
        if not self.prepare():
            return None
        assert self._work is not None
        began_s = self._stopwatch.now_s()
        try:
            result = self._work(*args, **kwargs)
        except Exception as error:
            self._fail(error)
            return None
        self.durations_ms.add((self._stopwatch.now_s() - began_s) * 1000)
        self.last_error = None
        return result

    def close(self) -> None:
        """Release the function."""
        work, self._work = self._work, None
        close = getattr(work, "close", None)
        if close is not None:
            try:
                close()
            except Exception:
                log.exception("%s could not be closed", self.name)

    def _fail(self, error: Exception) -> None:
        self.error_count += 1
        self.last_error = f"{type(error).__name__}: {error}"
        self._retry_at_s = self._clock.now_s() + RETRY_S
        if self.last_error not in self._logged:
            self._logged.add(self.last_error)
            log.error("%s failed and is restarted; the last picture stays: %s", self.name, error, exc_info=error)
        self.close()
