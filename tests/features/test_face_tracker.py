"""Identities: who is answered while others come, pass and cover them, and what is said of paintings."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from engine.features.face_tracker import (
    COVERED_S,
    FORGET_S,
    PAINTING_S,
    STEAL_S,
    Identities,
    Sighting,
    is_ignored,
    prominence,
    zone_around,
)
from engine.types import FloatArray, Placement

FPS = 30.0
ADA, BEN = (np.random.default_rng(seed).normal(0, 0.1, 60).astype(np.float32) for seed in (1, 2))


def seen(shape: FloatArray, x: float = 0.5, eye_distance: float = 0.1, y: float = 0.5) -> Sighting:
    return Sighting(Placement(x, y, eye_distance, 0.0, 4 / 3), shape)


class Room:
    """Frames that follow each other; `show` gives who was answered in the last of them."""

    def __init__(self) -> None:
        self.people = Identities()
        self.frame = 0

    def show(self, faces: Sequence[Sighting], seconds: float = 1 / FPS) -> tuple[int, int] | None:
        answered, identities = None, []
        for _ in range(max(1, round(seconds * FPS))):
            answered, identities = self.people.choose(faces, self.frame / FPS)
            self.frame += 1
        return None if answered is None else (answered, identities[answered])


def test_somebody_keeps_their_number_while_they_move() -> None:
    room, random = Room(), np.random.default_rng(0)
    answered = set()
    for step in range(90):
        shape = ADA + random.normal(0, 0.02, 60).astype(np.float32)
        answered.add(room.show([seen(shape, 0.2 + step / 150, 0.1 + step / 2000)]))
    assert answered == {(0, 1)}


def test_the_order_in_which_faces_are_found_does_not_matter() -> None:
    room = Room()
    ada, ben = seen(ADA, 0.45), seen(BEN, 0.8)
    assert room.show([ada, ben]) == (0, 1)
    assert room.show([ben, ada]) == (1, 1)


def test_who_walks_through_does_not_take_the_mirror() -> None:
    room = Room()
    room.show([seen(ADA, 0.55)], 1)
    for step in range(30):  # a larger face passes, before and behind hers
        passing = seen(BEN, step / 30, 0.15)
        chosen = room.show([passing, seen(ADA, 0.55)])
        assert chosen is not None and chosen[1] == 1, step


def test_who_stays_nearer_takes_it_after_a_while() -> None:
    room = Room()
    room.show([seen(ADA, 0.3)], 1)
    both = [seen(ADA, 0.3), seen(BEN, 0.5, 0.14)]
    assert room.show(both, STEAL_S - 0.1) == (0, 1)
    assert room.show(both, 0.2) == (1, 2)
    assert room.show(both, 2) == (1, 2), "and keeps it"


def test_two_who_are_as_near_do_not_flicker() -> None:
    room, random = Room(), np.random.default_rng(3)
    answered = set()
    for _ in range(300):
        sizes = random.normal(0.1, 0.005, 2)
        chosen = room.show([seen(ADA, 0.4, sizes[0]), seen(BEN, 0.6, sizes[1])])
        answered.add(None if chosen is None else chosen[1])
    assert len(answered) == 1


@pytest.mark.parametrize("shape", [BEN, ADA + np.float32(0.03)])
def test_who_is_covered_for_a_moment_comes_back_as_themself(shape: FloatArray) -> None:
    """By somebody who is nearer, and so larger, however they are built."""
    room = Room()
    room.show([seen(ADA)], 1)
    assert room.show([seen(shape, 0.55, 0.16)], COVERED_S - 0.3) is None, "nobody else is answered so soon"
    assert room.show([seen(shape, 0.9, 0.16), seen(ADA, 0.52)]) == (1, 1)


def test_who_stands_where_the_visitor_stood_is_answered_as_somebody_else() -> None:
    room = Room()
    room.show([seen(ADA)], 1)
    room.show([], COVERED_S + 0.1)
    assert room.show([seen(BEN, 0.9)]) == (0, 2)


def test_who_comes_back_elsewhere_is_known_by_their_build_for_a_while() -> None:
    room = Room()
    room.show([seen(ADA, 0.2)], 1)
    room.show([], FORGET_S - 0.5)
    assert room.show([seen(ADA + np.float32(0.01), 0.9)]) == (0, 1)
    room.show([], FORGET_S + 0.5)
    assert room.show([seen(ADA, 0.9)]) == (0, 2)


def test_a_painting_is_told_once_with_what_to_write(caplog: pytest.LogCaptureFixture) -> None:
    people = Identities()
    with caplog.at_level(logging.WARNING):
        for second in range(int(PAINTING_S) + 20):
            x = 0.5 + 0.02 * (second % 5)  # a visitor, who does not keep as still
            people.choose([seen(BEN, 0.8, 0.05), seen(ADA, x)], float(second))
    (told,) = [record.getMessage() for record in caplog.records]
    assert "has not moved for 3 minutes" in told and "`ignore: [[0.76, 0.45, 0.84, 0.55]]`" in told


def test_faces_in_a_zone_are_ignored() -> None:
    face = seen(ADA, 0.8, 0.05).placement
    assert is_ignored(face, [(0, 0, 0.2, 0.2), zone_around(face)])
    assert not is_ignored(replace(face, x=0.5), [zone_around(face)]) and not is_ignored(face, ())


def test_size_and_place_make_somebody_prominent() -> None:
    near, larger, at_the_edge = (seen(ADA, x, size).placement for x, size in ((0.5, 0.1), (0.4, 0.12), (0.98, 0.12)))
    assert prominence(larger) > prominence(near) > prominence(at_the_edge)
