"""Orderly shutdown on Ctrl+C and SIGTERM. Does not know what is shut down."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)


@contextmanager
def told_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` on Ctrl+C and SIGTERM while inside, so that files are finished."""

    def on_signal(number: int, frame: object) -> None:
        log.info("stopping: %s", signal.Signals(number).name)
        stop()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """Raise KeyboardInterrupt on SIGTERM while inside, as Ctrl+C does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
