"""What counts as alive, and when a show is started again."""

from __future__ import annotations

import pytest

from engine.supervision.heartbeat import LIMIT_S, START_LIMIT_S, Heartbeat
from engine.supervision.restart_policy import WINDOW_S, RestartPolicy


def status(frames: int, reflections: int = 0, rss_mb: float = 500.0) -> dict[str, object]:
    return {"frames": frames, "reflections": reflections, "rss_mb": rss_mb}


def test_a_show_that_draws_and_reflects_is_well() -> None:
    heartbeat = Heartbeat(0.0)
    for second in range(300):
        assert heartbeat.problem(status(30 * second, 20 * second), float(second)) is None
    assert heartbeat.has_pictures


def test_the_first_picture_may_take_its_time() -> None:
    heartbeat = Heartbeat(10.0)
    assert heartbeat.problem(None, 10.0 + START_LIMIT_S) is None
    assert heartbeat.problem(status(0), 10.1 + START_LIMIT_S) == "it draws no first picture"


@pytest.mark.parametrize(("still", "problem"), [("frames", "it draws no more"), ("reflections", "it reflects no more")])
def test_counters_that_stand_still_are_a_hang(still: str, problem: str) -> None:
    heartbeat = Heartbeat(0.0)
    for second in range(int(LIMIT_S) + 12):
        at_ten = {name: 10 if name == still else 10 + second for name in ("frames", "reflections")}
        found = heartbeat.problem(at_ten | {"rss_mb": 1.0}, float(second))
        assert found == (problem if second > LIMIT_S else None)


def test_a_status_that_is_no_longer_written_is_a_hang() -> None:
    heartbeat = Heartbeat(0.0)
    assert heartbeat.problem(status(5, 5), 0.0) is None
    assert heartbeat.problem(None, LIMIT_S) is None
    assert heartbeat.problem(None, LIMIT_S + 1) == "it draws no more"


def test_memory_has_a_limit() -> None:
    heartbeat = Heartbeat(0.0, memory_limit_mb=1000.0)
    assert heartbeat.problem(status(1, 1, 999.0), 0.0) is None
    assert heartbeat.problem(status(2, 2, 1001.0), 1.0) == "it takes 1001 MB of memory, more than 1000"


def test_the_first_deaths_are_answered_at_once_and_later_ones_with_patience() -> None:
    policy, waits, safe = RestartPolicy(), [], []
    for death in range(12):
        policy.die(float(death))
        waits.append(policy.wait_s(float(death)))
        safe.append(policy.is_safe_mode(float(death)))
    assert waits == [0, 0, 0, 5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert safe == [False] * 3 + [True] * 9


def test_deaths_are_forgotten_after_ten_minutes() -> None:
    policy = RestartPolicy()
    for second in (0.0, 1.0, 2.0, 3.0):
        policy.die(second)
    assert policy.is_safe_mode(WINDOW_S)
    assert not policy.is_safe_mode(WINDOW_S + 0.5) and policy.wait_s(WINDOW_S + 0.5) == 0
