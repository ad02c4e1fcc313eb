import numpy as np

from engine.telemetry.flicker_pattern import CHIP_S, PERIOD_S, SEQUENCE, level_at


def test_it_resembles_itself_at_no_other_time() -> None:
    signs = np.array(SEQUENCE) * 2 - 1
    assert len(signs) == 127 and signs.sum() == 1
    assert [int(signs @ np.roll(signs, shift)) for shift in range(1, 127)] == [-1] * 126


def test_it_never_flashes_more_than_three_times_a_second_and_begins_again() -> None:
    levels = np.array([level_at(index / 600) for index in range(round(600 * (PERIOD_S + 1)))])
    rises = np.flatnonzero(np.diff(levels) > 0) / 600
    assert all(np.sum((rises >= start) & (rises < start + 1.0)) <= 3 for start in rises)
    assert level_at(PERIOD_S + 0.5 * CHIP_S) == level_at(0.5 * CHIP_S)
