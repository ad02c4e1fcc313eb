"""`--status FILE`: a JSON object every second, for external monitoring.

It is written by a thread of its own, so that a slow disk does not delay frames, and a hanging show still reports its
last state: the heartbeat is that the counters move.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil

from engine.core.closing import Closing
from engine.core.errors import DeviceError
from engine.system.atomic_write import atomic_write

PERIOD_S = 1.0
CLOSE_S = 2.0
RESTARTS_VARIABLE = "NARCISSUS_RESTARTS"
"""Environment variable in which a supervisor passes the number of restarts."""

log = logging.getLogger(__name__)


class StatusFile(Closing):
    """Writes the result of `figures`, and process statistics, every second until closed.

    Args:
        path: the file; replaced atomically.
        figures: statistics of the show: `uptime_s`, `frames`, `reflections`, `frames_per_s`, `reflections_per_s`,
            `age_ms`, `scene`, `source`, `error`. Called on the thread of this file, and must not block.

    Raises:
        DeviceError: the file cannot be written.
    """

    def __init__(self, path: Path, figures: Callable[[], Mapping[str, Any]]) -> None:
        self._path, self._figures = path, figures
        self._process = psutil.Process()
        self._restarts = _restarts()
        self._is_over = threading.Event()
        self._failed = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._write()
        except OSError as error:
            raise DeviceError(f"the status {path} cannot be written: {error.strerror or error}") from error
        self._thread = threading.Thread(target=self._run, name="status", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write a last time, and stop."""
        self._is_over.set()
        self._thread.join(CLOSE_S)

    def _run(self) -> None:
        while True:
            is_over = self._is_over.wait(PERIOD_S)
            try:
                self._write()
                self._failed = False
            except OSError as error:  # a full disk does not end the show
                if not self._failed:
                    log.warning("the status %s cannot be written: %s", self._path, error)
                self._failed = True
            if is_over:
                return

    def _write(self) -> None:
        about = {
            "pid": os.getpid(),
            **self._figures(),
            "rss_mb": round(self._process.memory_info().rss / 2**20, 1),
            "restarts": self._restarts,
        }
        with atomic_write(self._path, is_durable=False) as partial:
            partial.write_text(json.dumps(about) + "\n", encoding="utf-8")


def _restarts() -> int:
    text = os.environ.get(RESTARTS_VARIABLE, "0")
    return int(text) if text.isdecimal() else 0
