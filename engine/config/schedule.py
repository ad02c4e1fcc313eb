"""The `schedule` section of config.yaml: opening hours."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from engine.config.validation import IN_WORDS, Settings

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOURS = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_AN_OPENING = 'opening hours such as "10:00-18:00" (up to "24:00"; beyond midnight as "20:00-02:00")'


def _minutes(hours: str) -> tuple[int, int]:
    """Opening and closing, minutes of the day; closing is above 1440 if it is on the next day."""
    match = _HOURS.fullmatch(hours)
    assert match is not None
    begin, end = (60 * int(match[index]) + int(match[index + 1]) for index in (1, 3))
    return begin, end if end > begin else end + 1440


def _check_hours(hours: str) -> str:
    match = _HOURS.fullmatch(hours)
    if match is None or any(match[index] == "24" and match[index + 1] != "00" for index in (1, 3)) or match[1] == "24":
        raise ValueError(f'must be {_AN_OPENING}, not "{hours}"')
    if match[1] == match[3] and match[2] == match[4]:
        raise ValueError(f'opens and closes at the same time, "{hours}"; write "00:00-24:00" for the whole day')
    return hours


Hours = Annotated[str, AfterValidator(_check_hours), Field(json_schema_extra={IN_WORDS: _AN_OPENING})]
Day = Annotated[tuple[Hours, ...], Field(max_length=8)] | None


class ScheduleSettings(Settings):
    """Opening hours in the local time of this machine; outside them the wall is black."""

    monday: Day = None
    """Hours on Mondays; null is open all day, an empty list is closed."""

    tuesday: Day = None
    """Hours on Tuesdays."""

    wednesday: Day = None
    """Hours on Wednesdays."""

    thursday: Day = None
    """Hours on Thursdays."""

    friday: Day = None
    """Hours on Fridays."""

    saturday: Day = None
    """Hours on Saturdays."""

    sunday: Day = None
    """Hours on Sundays."""

    fade_s: float = Field(default=20.0, ge=0.0, le=600.0)
    """Time to fade to black at closing time, and back, s."""
