"""Everybody in sight, by their numbers: two people, one who turns away, and a poster that is to be ignored."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from engine.features.featurizer import Featurizer
from engine.types import ByteArray, Features, Frame
from tests.features.faces import background, with_faces
from tools.sight.people import Standing

POSTER = (0.6, 0.0, 1.0, 1.0)


@pytest.fixture(scope="module")
def empty() -> ByteArray:
    return background(2)


@pytest.fixture(scope="module")
def live() -> Iterator[Featurizer]:
    with Featurizer("live", ignore=[POSTER]) as featurizer:
        yield featurizer


def see(live: Featurizer, picture: ByteArray, *times_s: float) -> list[Features]:
    people: list[Features] = []
    for time_s in times_s:
        people = live.everyone(Frame(picture, time_s, round(time_s * 30)))
    return people


def test_two_people_keep_their_numbers_and_the_nearest_comes_first(live: Featurizer, empty: ByteArray) -> None:
    near, far = Standing(0.3, 0.5, 0.12), Standing(0.5, 0.4, 0.05)
    people = see(live, with_faces(empty, near, far), 0.0, 0.1, 0.2)
    assert len(people) == 2
    assert people[0].placement.x < people[1].placement.x
    assert people[0].placement.eye_distance > 2 * people[1].placement.eye_distance
    moved = Standing(0.31, 0.5, 0.12), Standing(0.49, 0.4, 0.05)
    again = see(live, with_faces(empty, *moved), 0.3)
    assert [each.identity for each in again] == [each.identity for each in people]
    assert all(np.isfinite(each.vector).all() and each.captured_s == 0.3 for each in again)


def test_somebody_who_turns_away_for_two_seconds_is_the_same_person(live: Featurizer, empty: ByteArray) -> None:
    there = with_faces(empty, Standing(0.3, 0.5, 0.12))
    before = see(live, there, 100.0, 100.1)
    assert see(live, empty, 100.2, 101.2, 102.1) == []
    after = see(live, there, 102.2, 102.3)
    assert len(before) == len(after) == 1 and after[0].identity == before[0].identity


def test_a_poster_of_ten_faces_is_ignored_and_takes_nobodys_place(live: Featurizer, empty: ByteArray) -> None:
    faces = [Standing(0.65 + 0.075 * (number % 5), 0.3 + 0.3 * (number // 5), 0.05) for number in range(10)]
    people = see(live, with_faces(empty, Standing(0.3, 0.5, 0.06), *faces), *(200 + 0.05 * step for step in range(14)))
    assert len(people) == 1 and people[0].placement.x == pytest.approx(0.3, abs=0.03)
