"""What all sources share: threads, losses, pauses."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import numpy as np
import pytest

from engine.core.clock import Clock, ManualClock
from engine.pipeline.sources.base import Backoff, LostError
from engine.pipeline.sources.open_source import Source, open_source
from tests.pipeline.viewing import PLAIN, saved, until


class Flaky(Source):
    """Plays a list: an error is raised, a number is how long (s) the source gives pictures before it is lost."""

    def __init__(self, clock: ManualClock, acts: list[float | Exception]) -> None:
        super().__init__("flaky", False, [], clock, Backoff(first_s=0.5, max_s=4.0, steady_s=5.0))
        self.pauses_s: list[float] = []
        self._acts = acts
        self._manual = clock
        source = self

        class Pauses(threading.Event):
            def wait(self, timeout: float | None = None) -> bool:
                source.pauses_s.append(timeout or 0.0)
                return False

        self._stopping = Pauses()

    def _read(self) -> None:
        act = self._acts.pop(0)
        if not self._acts:
            self._stopping.set()
        if isinstance(act, Exception):
            raise act
        self._put(np.zeros((16, 16, 3), np.uint8), 0.0)
        self._manual.advance(act)
        raise LostError("gone")


def played(acts: list[float | Exception]) -> Flaky:
    source = Flaky(ManualClock(), acts)
    source.start()
    until(lambda: source.restarts == len(source.pauses_s) and not acts)
    source.close()
    return source


def test_pauses_double_up_to_a_limit() -> None:
    assert played([LostError("gone")] * 6).pauses_s == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]


def test_only_a_source_that_was_steady_is_forgiven() -> None:
    assert played([1.0, 1.0, 1.0, 6.0, 1.0]).pauses_s == [0.5, 1.0, 2.0, 0.5, 1.0]


def test_an_unexpected_error_is_a_loss_like_any_other(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    source = played([RuntimeError("oh"), RuntimeError("no"), KeyError("ah")])
    assert source.state == "lost: KeyError: 'ah'"
    assert source.restarts == 3
    assert caplog.messages == ["flaky has no picture and will be retried: RuntimeError: oh"]


def test_a_source_starts_once_and_closes_often(tmp_path: Path) -> None:
    source = open_source(str(saved(tmp_path / "a.png")), PLAIN, [], Clock())
    source.close()
    source = open_source(str(saved(tmp_path / "a.png")), PLAIN, [], Clock())
    with source:
        with pytest.raises(RuntimeError, match="already been started"):
            source.start()
        until(lambda: source.frame_count > 1)
    source.close()
    count = source.frame_count
    assert "camera" not in [thread.name for thread in threading.enumerate()]
    assert source.frame_count == count
