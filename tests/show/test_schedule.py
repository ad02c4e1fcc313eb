"""When the mirror is open."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config.config import load_config
from engine.config.schedule import WEEKDAYS, ScheduleSettings
from engine.core.clock import LocalTime, local_time
from engine.core.errors import ConfigError
from engine.show.schedule import Schedule


def is_open(day: str, time: str, **hours: object) -> bool:
    hour, minute = map(int, time.split(":"))
    schedule = Schedule(ScheduleSettings.model_validate(hours))
    return schedule.is_open(LocalTime(WEEKDAYS.index(day), 3600 * hour + 60 * minute))


def test_without_hours_it_is_always_open() -> None:
    assert all(is_open(day, time) for day in WEEKDAYS for time in ("00:00", "12:00", "23:59"))


@pytest.mark.parametrize(
    ("day", "time", "expected"),
    [
        ("monday", "09:59", False),
        ("monday", "10:00", True),
        ("monday", "12:59", True),
        ("monday", "13:00", False),
        ("monday", "14:00", True),
        ("monday", "18:00", False),
        ("tuesday", "12:00", False),
        ("friday", "01:00", True),
        ("saturday", "19:59", False),
        ("saturday", "23:59", True),
        ("sunday", "01:59", True),
        ("sunday", "02:00", False),
        ("sunday", "23:59", True),
        ("monday", "00:30", True),
        ("monday", "01:00", False),
    ],
)
def test_hours_of_the_week(day: str, time: str, expected: bool) -> None:
    week = {
        "monday": ("10:00-13:00", "14:00-18:00"),
        "tuesday": (),
        "saturday": ("20:00-02:00",),
        "sunday": ("22:00-01:00",),
    }
    assert is_open(day, time, **week) is expected


@pytest.mark.parametrize(
    ("hours", "sentence"),
    [
        ('["10-18"]', 'schedule.monday[0]: must be opening hours such as "10:00-18:00"'),
        ('["10:00-25:00"]', "schedule.monday[0]: must be opening hours"),
        ('["24:00-25:00"]', "schedule.monday[0]: must be opening hours"),
        ('["10:00-24:30"]', "schedule.monday[0]: must be opening hours"),
        ('["10:00-10:00"]', "schedule.monday[0]: opens and closes at the same time"),
        ('"10:00-18:00"', "schedule.monday: must be a list of at most 8 items or null"),
        ("[10:00]", "YAML reads 10:00 as a count of sixties"),
    ],
)
def test_what_are_no_hours_is_told(tmp_path: Path, hours: str, sentence: str) -> None:
    (tmp_path / "config.yaml").write_text(f"schedule: {{monday: {hours}}}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as told:
        load_config(tmp_path / "config.yaml")
    assert sentence in str(told.value)


def test_hours_may_be_written_without_quotes_and_end_with_the_day(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("schedule: {monday: [10:00-24:00]}\n", encoding="utf-8")
    schedule = Schedule(load_config(tmp_path / "config.yaml").schedule)
    assert schedule.is_open(LocalTime(0, 86_399)) and not schedule.is_open(LocalTime(0, 0))


def test_the_local_time_is_a_time_of_the_week() -> None:
    now = local_time()
    assert 0 <= now.weekday <= 6 and 0 <= now.second < 86_400
