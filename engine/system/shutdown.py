"""Ctrl+C and a request to terminate, as a request to end in order. It does not know what ends."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)


@contextmanager
def told_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """While inside, Ctrl+C and a request to terminate call `stop`, so that files are finished."""

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
    """While inside, a request to terminate raises KeyboardInterrupt, as Ctrl+C does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
