"""Requests to stop, from any source, as a request for an orderly end. Does not know what ends.

Sources are Ctrl+C, a termination request, a closed terminal (SIGHUP) and, on Windows, Ctrl+Break and a closed console.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))
CONSOLE_CLOSES = (2, 5, 6)  # Windows: the console is closed, the user logs off, the machine shuts down
CONSOLE_GRACE_S = 4.5  # after five seconds Windows ends the process

log = logging.getLogger(__name__)


@contextmanager
def told_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Within the context, every request to stop calls `stop`, so that files are finished."""

    def on_signal(number: int, _frame: FrameType | None) -> None:
        _let_terminal_go(number)
        log.info("stopping: %s", signal.Signals(number).name)
        stop()

    with _handled_by(on_signal), _told_by_console(stop):
        yield


@contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """Within the context, every request to stop raises KeyboardInterrupt, like Ctrl+C."""

    def on_signal(number: int, _frame: FrameType | None) -> None:
        _let_terminal_go(number)
        raise KeyboardInterrupt

    with _handled_by(on_signal):
        yield


def leave(status: int) -> None:
    """End the process with `status`, even if threads of libraries are still in native code.

    Python would wait for some of them and abort in others; everything to be finished has been closed before.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue  # nobody reads it any more
    os._exit(status)


@contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in SIGNALS}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


def _let_terminal_go(number: int) -> None:
    """Redirect output after the terminal has been closed; the log file still has it."""
    if number == getattr(signal, "SIGHUP", None):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for descriptor in (1, 2):
            os.dup2(nowhere, descriptor)
        os.close(nowhere)


if sys.platform == "win32":

    @contextmanager
    def _told_by_console(stop: Callable[[], None]) -> Iterator[None]:
        """Handle a closed console window."""
        import ctypes

        is_over = threading.Event()

        def on_event(event: int) -> bool:
            if event not in CONSOLE_CLOSES:
                return False
            stop()
            is_over.wait(CONSOLE_GRACE_S)  # the process ends as soon as this returns
            return True

        handler = ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint)(on_event)
        ctypes.windll.kernel32.SetConsoleCtrlHandler(handler, True)
        try:
            yield
        finally:
            is_over.set()
            ctypes.windll.kernel32.SetConsoleCtrlHandler(handler, False)

else:

    @contextmanager
    def _told_by_console(stop: Callable[[], None]) -> Iterator[None]:
        """Consoles of other systems send signals."""
        yield
