import logging

import pytest

from engine.core.clock import ManualClock
from engine.pipeline.supervised_step import RETRY_S, SupervisedStep


class Doubler:
    def __init__(self) -> None:
        self.closed = False

    def __call__(self, value: int) -> int:
        if value == 13:
            raise ValueError("thirteen")
        return value * 2

    def close(self) -> None:
        self.closed = True


def test_a_stage_that_raises_is_logged_once_counted_and_restarted(caplog: pytest.LogCaptureFixture) -> None:
    clock, built = ManualClock(), []

    def build() -> Doubler:
        built.append(Doubler())
        return built[-1]

    stage = SupervisedStep("double", build, clock)
    with caplog.at_level(logging.ERROR):
        assert stage(2) == 4
        assert stage(13) is None
        assert stage(2) is None, "not rebuilt at once"
        clock.advance(RETRY_S)
        assert stage(13) is None
        clock.advance(RETRY_S)
        assert stage(3) == 6
    assert stage.error_count == 2
    assert stage.last_error is None
    assert [doubler.closed for doubler in built] == [True, True, False]
    assert [record.getMessage() for record in caplog.records] == [
        "double failed and is restarted; the last picture stays: thirteen"
    ]


def test_a_stage_that_cannot_be_built_is_tried_again() -> None:
    clock, attempts = ManualClock(), []

    def build() -> Doubler:
        attempts.append(clock.now_s())
        if len(attempts) < 3:
            raise OSError("no such network")
        return Doubler()

    stage = SupervisedStep("double", build, clock)
    results = []
    for _ in range(50):
        results.append(stage(1))
        clock.advance(0.1)
    assert results[-1] == 2
    assert len(attempts) == 3
    assert attempts[1] - attempts[0] >= RETRY_S


def test_durations_are_measured_by_the_clock() -> None:
    clock = ManualClock()
    stage = SupervisedStep("slow", lambda: lambda: clock.advance(0.05), clock)
    for _ in range(10):
        stage()
    assert stage.durations_ms.percentiles()["p50"] == pytest.approx(50)
