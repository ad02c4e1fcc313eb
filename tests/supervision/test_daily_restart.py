"""The daily restart, with hours and clocks of a test, and a machine that was asleep."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

import tools.keep_running
from engine.core.clock import LocalTime, ManualClock
from engine.core.frame_pacing import Pacer
from engine.supervision.daily_restart import CLOSED_S, DailyRestart
from engine.supervision.heartbeat import Heartbeat

HOUR_S = 3600.0


def test_it_comes_once_a_day_well_after_closing() -> None:
    hour_of_day = [0.0]
    daily = DailyRestart(lambda: 10.0 <= hour_of_day[0] < 20.0)
    restarts: list[float] = []
    daily.begin(9 * HOUR_S)
    for minute in range(9 * 60, 4 * 24 * 60):
        now_s = 60.0 * minute
        hour_of_day[0] = now_s / HOUR_S % 24
        if daily.is_due(now_s):
            restarts.append(now_s)
            daily.begin(now_s)
    assert restarts[0] == 29 * HOUR_S, "the first morning after it has run for long enough"
    assert all(later - earlier >= 20 * HOUR_S for earlier, later in pairwise(restarts))
    assert 3 <= len(restarts) <= 4
    assert all(not 10 * HOUR_S <= at % (24 * HOUR_S) < 20 * HOUR_S + CLOSED_S for at in restarts)


def test_the_hours_are_those_of_the_configuration_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "other.yaml"
    config.write_text('schedule: {monday: ["10:00-18:00"]}')
    is_open = tools.keep_running.opening_hours(["--scene", "pool", "--config", str(config)])
    opened = []
    for hour in (9, 12, 19):
        monkeypatch.setattr(tools.keep_running, "local_time", lambda hour=hour: LocalTime(0, hour * 3600))
        opened.append(is_open())
    assert opened == [False, True, False]
    config.write_text("schedule: [")
    assert is_open(), "nobody is interrupted because of a broken file"


def test_a_machine_that_slept_kills_no_show_and_makes_no_jump() -> None:
    heartbeat, status = Heartbeat(0.0), {"frames": 1, "reflections": 1, "rss_mb": 1}
    assert heartbeat.problem(status, 1.0) is None
    heartbeat.forgive(8 * HOUR_S)
    assert heartbeat.problem(status, 8 * HOUR_S + 20.0) is None
    assert heartbeat.problem(status, 8 * HOUR_S + 40.0) == "it draws no more"
    clock = ManualClock()
    pacer = Pacer(clock, limit_hz=50)
    pacer.tick()
    clock.advance(8 * HOUR_S)
    tick = pacer.tick()
    assert (tick.time_s, tick.dt_s) == (0.25, 0.25)
    clock.advance(0.02)
    assert pacer.tick().time_s == pytest.approx(0.27)
