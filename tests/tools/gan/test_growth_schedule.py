"""The schedule: stages follow each other, each fades in, and the moving average warms up."""

from __future__ import annotations

import pytest

from tools.gan.growth_schedule import Stage, averaging_share, stage_at, stage_begin_kimg, stage_length_kimg


def test_small_stages_are_short_and_large_ones_equally_long() -> None:
    assert [stage_length_kimg(level, 400) for level in range(3, 9)] == [50, 100, 200, 400, 400, 400]


@pytest.mark.parametrize(
    ("kimg", "stage"),
    [
        (0, Stage(3, 1.0)),
        (49.9, Stage(3, 1.0)),
        (50, Stage(4, 0.0)),
        (70, Stage(4, 0.5)),
        (90, Stage(4, 1.0)),
        (150, Stage(5, 0.0)),
        (350 + 400 + 80, Stage(7, 0.5)),
        (1e6, Stage(7, 1.0)),
    ],
)
def test_stages_begin_faded_out_and_the_last_one_stays(kimg: float, stage: Stage) -> None:
    found = stage_at(kimg, 7, 400)
    assert (found.level, found.fade) == (stage.level, pytest.approx(stage.fade))


def test_a_stage_begins_where_the_one_below_ends() -> None:
    for level in range(4, 9):
        begin = stage_begin_kimg(level, 30)
        assert stage_at(begin, 8, 30).level == level
        assert stage_at(begin - 1e-6, 8, 30).level == level - 1


@pytest.mark.parametrize("top_level", [2, 3])
def test_the_smallest_networks_have_a_single_stage(top_level: int) -> None:
    assert stage_at(0, top_level, 1) == stage_at(100, top_level, 1) == Stage(top_level, 1.0)


def test_the_average_remembers_ten_thousand_pictures_once_warm() -> None:
    share = averaging_share(1000, 50)
    assert (1 - share) ** 200 == pytest.approx(0.5)  # 200 steps of 50
    assert averaging_share(0, 50) == pytest.approx(1 - 0.5 ** (50 / 500))
    assert averaging_share(0, 50) > averaging_share(100, 50) > share
