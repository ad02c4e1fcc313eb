"""systemd's watchdog, with a socket in place of systemd."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from engine.core.clock import ManualClock
from engine.supervision.watchdog import PERIOD_S, Watchdog

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="systemd is Linux's")


def test_systemd_is_told_ready_once_and_then_every_two_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        clock = ManualClock()
        with Watchdog(clock) as watchdog:
            for _ in range(9):
                watchdog.beat()
                clock.advance(PERIOD_S / 4)
        heard = []
        while len(heard) < 4:
            heard.append(systemd.recv(100))
        with pytest.raises(BlockingIOError):
            systemd.recv(100)
    assert heard == [b"READY=1\n", *[b"WATCHDOG=1\n"] * 3]


def test_without_systemd_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    with Watchdog(ManualClock()) as watchdog:
        watchdog.beat()
