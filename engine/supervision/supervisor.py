"""The parent of the show: starts it, watches its heartbeat, ends what hangs, and starts it again.

It knows the show by its command line and its status file alone, and loads nothing that could crash with it.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil

from engine.core.clock import TimeSource
from engine.supervision.daily_restart import DailyRestart
from engine.supervision.heartbeat import Heartbeat
from engine.supervision.restart_policy import RestartPolicy
from engine.telemetry.status_file import RESTARTS_VARIABLE

LOOK_S, ASLEEP_S = 0.25, 5.0
END_S = 10.0  # that a show has to end in order before it is killed
ORDERLY = (0, 130)  # exit statuses of a show that ended because somebody wanted it
REFUSED = (2, 3, 5)  # usage, configuration, model: starting again changes nothing

log = logging.getLogger(__name__)


class Supervisor:
    """Keeps one show running.

    Args:
        command: that starts it, without `--status`.
        status: the file that it is told to write its status to.
        safe: options that come last once it has died too often: a scene and a source that cannot fail.
        clock: the time.
        heartbeat: of a run that begins at a moment.
        on_beat: called again and again from the first picture on, for whoever watches this process in turn.
        daily: says when to start it again in closed hours; None does not.

    Attributes:
        restarts: how often it was started again.
    """

    def __init__(
        self,
        command: Sequence[str],
        status: Path,
        safe: Sequence[str],
        clock: TimeSource,
        heartbeat: Callable[[float], Heartbeat] = Heartbeat,
        on_beat: Callable[[], None] = lambda: None,
        daily: DailyRestart | None = None,
    ) -> None:
        self._command, self._status, self._safe = list(command), status, list(safe)
        self._clock, self._heartbeat, self._on_beat = clock, heartbeat, on_beat
        self._policy = RestartPolicy()
        self._over = threading.Event()
        self._has_been_ready = self._is_planned = False
        self._daily = daily
        self.restarts = 0

    def stop(self) -> None:
        """End the show in order, and do not start it again; may be called from a signal's handler."""
        self._over.set()

    def run(self) -> int:
        """Keep the show running until it ends in order or `stop` is called; returns its last exit status."""
        while True:
            self._is_planned = False
            status = self._run_once()
            if self._is_planned and not self._over.is_set():
                self.restarts += 1
                continue
            if self._over.is_set() or status in ORDERLY:
                return 0 if self._over.is_set() and status < 0 else status
            if status in REFUSED and self.restarts == 0:
                return status  # it has said what is wrong; nobody else can mend it
            now_s = self._clock.now_s()
            self._policy.die(now_s)
            wait_s = self._policy.wait_s(now_s)
            log.warning("the show ended with status %d; it is started again in %g s", status, wait_s)
            self._wait(wait_s)
            if self._over.is_set():
                return 0
            self.restarts += 1

    def _run_once(self) -> int:
        command = [*self._command, "--status", str(self._status)]
        if self._policy.is_safe_mode(self._clock.now_s()):
            log.warning("it died too often: the safe scene is shown (%s)", " ".join(self._safe))
            command += self._safe
        self._status.unlink(missing_ok=True)
        process = subprocess.Popen(command, env=os.environ | {RESTARTS_VARIABLE: str(self.restarts)})
        looked_s = self._clock.now_s()
        heartbeat = self._heartbeat(looked_s)
        if self._daily is not None:
            self._daily.begin(looked_s)
        while True:
            try:
                return process.wait(LOOK_S)
            except subprocess.TimeoutExpired:
                pass  # it lives
            now_s, before_s = self._clock.now_s(), looked_s
            looked_s = now_s
            if now_s - before_s > ASLEEP_S:
                heartbeat.forgive(now_s - before_s)
            problem = heartbeat.problem(read_status(self._status, process.pid), now_s)
            if self._over.is_set():
                return _end(process, in_order=True)
            if self._daily is not None and self._daily.is_due(now_s):
                log.info("it is closed: the show is started again, as it is once a day")
                self._is_planned = True
                return _end(process, in_order=True)
            if problem is not None:
                log.warning("the show hangs: %s; it is ended", problem)
                return _end(process, in_order=False)
            self._has_been_ready |= heartbeat.has_pictures
            self._beat()

    def _wait(self, seconds: float) -> None:
        until_s = self._clock.now_s() + seconds
        while not self._over.is_set() and self._clock.now_s() < until_s:
            self._beat()
            self._clock.sleep_s(min(LOOK_S, seconds))

    def _beat(self) -> None:
        if self._has_been_ready:
            self._on_beat()


def read_status(path: Path, pid: int) -> dict[str, Any] | None:
    """What the show of process `pid` said last; None where that is nothing, or another's."""
    try:
        status = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return status if isinstance(status, dict) and status.get("pid") == pid else None


def _end(process: subprocess.Popen[bytes], *, in_order: bool) -> int:
    """End a show with all its children; returns its exit status, below 0 where it was killed."""
    children = _family(process.pid)
    if in_order:
        process.send_signal(getattr(signal, "CTRL_C_EVENT", signal.SIGINT))
        try:
            return process.wait(END_S)
        except subprocess.TimeoutExpired:
            log.warning("the show does not end by itself, and is killed")
    process.kill()
    for child in children:
        try:
            child.kill()
        except psutil.NoSuchProcess:
            continue  # it has ended meanwhile
    return process.wait()


def _family(pid: int) -> list[psutil.Process]:
    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return []
