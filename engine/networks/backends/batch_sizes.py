"""Batch sizes: a network compiled for one input at once, and in the background for larger batches on demand.

OpenVINO plans a network for the shape of its input. A free batch dimension costs up to twice the time (8.2 ms a face
instead of 4.3); a batch of two or three takes an eighth to a quarter less per face than single runs. Planning takes up
to a second of one core, so nothing waits for it. Does not know what is compiled.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

_log = logging.getLogger(__name__)

R = TypeVar("R")


class BatchSizes(Generic[R]):
    """Compiled networks by their number of inputs. One thread at a time may use it.

    Args:
        one: for a single input.
        compile_for: compiles for a number of inputs; called in a thread of its own. None: there are no others.
        most: inputs in one batch.
    """

    def __init__(self, one: R, compile_for: Callable[[int], R] | None, most: int) -> None:
        self._ready = {1: one}
        self._compile_for = compile_for
        self._most = most if compile_for is not None else 1
        self._asked: set[int] = {1}
        self._thread: threading.Thread | None = None

    def parts(self, count: int) -> Iterator[tuple[R, slice]]:
        """What to run on which of `count` inputs: one network for all if it is ready, else several, one after another.

        The network for all is compiled in the background, if it was not asked for before.
        """
        self.expect(min(count, self._most))
        begin = 0
        while begin < count:
            size = max(size for size in tuple(self._ready) if size <= count - begin)
            yield self._ready[size], slice(begin, begin + size)
            begin += size

    def expect(self, size: int) -> None:
        """Begin to compile for batches of a size, unless that was done or another is being compiled."""
        if size in self._asked or (self._thread is not None and self._thread.is_alive()):
            return
        self._asked.add(size)
        self._thread = threading.Thread(target=self._add, args=(size,), name=f"network for {size}", daemon=True)
        self._thread.start()

    def wait(self, timeout_s: float) -> None:
        """Wait until nothing is being compiled."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _add(self, size: int) -> None:
        assert self._compile_for is not None  # else `most` is 1
        try:
            self._ready[size] = self._compile_for(size)
        except (RuntimeError, MemoryError) as error:
            reason = " ".join(str(error).split())[:200]
            _log.warning("%d faces are computed one after another, as they cannot be together: %s", size, reason)
