"""Requests to stop, from the very start of the program on."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.core.clock import Clock
from engine.system.shutdown import SIGNALS, terminated_as_interrupted, told_by_signals

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: signal.Signals(number).name)
def test_every_request_to_stop_is_told_and_the_handlers_come_back(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.system.shutdown._let_terminal_go", lambda number: None)
    before = {each: signal.getsignal(each) for each in SIGNALS}
    told: list[str] = []
    with told_by_signals(lambda: told.append("stop")):
        signal.raise_signal(number)
    with pytest.raises(KeyboardInterrupt), terminated_as_interrupted():
        signal.raise_signal(number)
    assert told == ["stop"]
    assert {each: signal.getsignal(each) for each in SIGNALS} == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that a process can answer")
@pytest.mark.parametrize("after_s", [1.0, 4.0])
def test_a_start_that_is_interrupted_ends_without_a_traceback(after_s: float, tmp_path: Path) -> None:
    shutil.copy(ROOT / "config.yaml", tmp_path)
    command = [sys.executable, str(ROOT / "main.py"), "--headless", "--live", "--seconds", "60", "--record", "film.mp4"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, cwd=tmp_path, text=True)
    Clock().sleep_s(after_s)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode in (0, 130), said
    assert "Traceback" not in said and "terminate called" not in said
