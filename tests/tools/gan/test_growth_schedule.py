"""Stages as the command line names them, and how the rates rise and fall."""

from __future__ import annotations

import pytest

from tools.gan.growth_schedule import Stage, averaging_share, rate_factor, read_stages


def test_stages_are_sizes_and_minutes() -> None:
    assert read_stages("32:12, 64:20,64:0.5") == (Stage(32, 12), Stage(64, 20), Stage(64, 0.5))
    assert Stage(64, 1).level == 6


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "'' is no stage: SIZE:MINUTES"),
        ("32", "'32' is no stage"),
        ("32:12;64:20", "is no stage"),
        ("48:12", "48 px is no size"),
        ("4:1", "4 px is no size"),
        ("2048:1", "2048 px is no size"),
        ("32:0", "must last longer than 0 minutes"),
        ("32:nan", "must last longer"),
        ("64:1,32:1", "32 px after 64 px: networks only grow"),
    ],
)
def test_what_is_no_stage_is_told(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_stages(text)


def test_rates_rise_at_the_beginning_and_fall_at_the_end() -> None:
    assert rate_factor(0, 1000, 0) == pytest.approx(1 / 60)
    assert rate_factor(59, 1000, 0) == rate_factor(500, 1, 0) == 1
    assert rate_factor(500, 30, 60) == pytest.approx(0.5)
    assert rate_factor(500, 0, 60) == pytest.approx(0.05)


def test_half_of_the_average_is_younger_than_its_half_life() -> None:
    share = averaging_share(16, 3.0)
    assert (1 - share) ** (3000 / 16) == pytest.approx(0.5)
