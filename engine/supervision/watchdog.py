"""systemd's watchdog: told READY once, and WATCHDOG while the show is alive. Nothing where systemd did not start us."""

from __future__ import annotations

import importlib
import os
from typing import Any

from engine.core.clock import Clock, TimeSource
from engine.core.closing import Closing

PERIOD_S = 2.0


class Watchdog(Closing):
    """Passes beats on to systemd.

    Args:
        clock: the time, so that not every beat is passed on.
    """

    def __init__(self, clock: TimeSource | None = None) -> None:
        self._clock = clock or Clock()
        self._due_s = float("-inf")
        self._is_ready = False
        self._notifier: Any = None
        if "NOTIFY_SOCKET" in os.environ:
            self._notifier = importlib.import_module("sd_notify").Notifier()  # on Linux alone

    def beat(self) -> None:
        """The show is alive and well."""
        if self._notifier is None:
            return
        if not self._is_ready:
            self._notifier.ready()
            self._is_ready = True
        now_s = self._clock.now_s()
        if now_s >= self._due_s:
            self._due_s = now_s + PERIOD_S
            self._notifier.notify()

    def close(self) -> None:
        """Let systemd's socket go."""
        if self._notifier is not None:
            self._notifier.socket.close()
