"""Paced source: files, of which every picture has its moment. A show waits for these; a film goes from one to the next.

In a show a thread waits for each moment on the show's clock. For a film nobody waits: `advance` hands on what is due on
the calling thread and says when the next picture is, so that none is left out and none comes early.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

from engine.pipeline.sources.base import Source


class PacedSource(Source):
    """A source that knows when its pictures are due."""

    _waited: Iterator[float] | None = None
    _due_s = float("-inf")

    @abstractmethod
    def _moments(self) -> Iterator[float]:
        """Each moment on the clock, s, that has to come before the iteration goes on, and `_put` between them.

        Raises:
            LostError: see `Source._read`.
        """

    def _read(self) -> None:
        for due_s in self._moments():
            if not self._wait_until(due_s):
                return

    def advance(self) -> float:
        """Hand on whatever is due now; returns when the next picture is, s. Not for a source that was started."""
        while self._due_s <= self._clock.now_s():
            self._due_s = self._next_moment()
        return self._due_s

    def _next_moment(self) -> float:
        if self._waited is None:
            self._waited = self._moments()
        try:
            return next(self._waited, self._clock.now_s())
        except Exception as error:
            self._waited = None
            self.restarts += 1
            return self._clock.now_s() + self._fail(error)
