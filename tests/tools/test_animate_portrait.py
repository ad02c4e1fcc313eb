"""Moving portraits: where everybody is, who covers whom, and what cannot stand in a room."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.errors import ConfigError
from tests.features.faces import sitter
from tools.simulation import moving_group
from tools.simulation.moving_group import COMES_EVERY_S, STAYS_S, MovingGroup, standing_at

SIZE_WH = (320, 180)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_who_stands_keeps_to_their_place(count: int) -> None:
    for number in range(count):
        places = [standing_at(0.1 * step, number, count, "stand") for step in range(120)]
        assert all(place is not None and 0.1 < place.x < 0.9 for place in places)
        xs = [place.x for place in places if place is not None]
        assert 0.02 < max(xs) - min(xs) < 0.1


def test_two_change_places_and_a_third_does_not() -> None:
    before, after = ([standing_at(time_s, n, 3, "cross") for n in range(3)] for time_s in (2.0, 9.0))
    xs = [[place.x for place in places if place is not None] for places in (before, after)]
    assert xs[0][0] < xs[0][2] < xs[0][1] and xs[1][1] < xs[1][2] < xs[1][0]


def test_they_come_one_after_another_and_leave() -> None:
    there = [
        [n for n in range(2) if standing_at(time_s, n, 2, "come") is not None]
        for time_s in (1.0, COMES_EVERY_S + 1, STAYS_S + 1, STAYS_S + COMES_EVERY_S + 1)
    ]
    assert there == [[0], [0, 1], [1], []]


def test_everybody_stands_before_the_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving_group, "_sitters", lambda portraits: [sitter() for _ in portraits])
    picture = MovingGroup([sitter().picture] * 2, "stand", SIZE_WH).picture(1.0).astype(int)
    room = MovingGroup([sitter().picture], "come", SIZE_WH).picture(-1.0).astype(int)
    assert picture.shape == (180, 320, 3)
    left, right, edge = (np.abs(picture - room)[70:110, x : x + 10] for x in (90, 220, 0))
    assert left.mean() > 20 and right.mean() > 20 and edge.max() == 0


@pytest.mark.parametrize(
    ("pictures", "said"),
    [
        ([np.full((64, 64, 3), 90, np.uint8)], "portrait 1 shows no faces"),
        ([], "0 portraits cannot stand"),
        ([np.zeros((64, 64, 3), np.uint8)] * 5, "5 portraits cannot stand side by side; give 1 to 4"),
    ],
)
def test_what_cannot_be_set_into_a_room_is_one_sentence(pictures: list[np.ndarray], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        MovingGroup(pictures, "stand", SIZE_WH)
