"""Gestures: both eyes closed agree, turning away and a covered face end it, and nothing else does either."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from engine.consent.gestures import GestureReader
from tests.consent.series import Visitor, moments

State = Mapping[str, float] | None
LOOKING: State = {}
CLOSED: State = {"eyes": 0.0}
GONE: State = None
SUNK: State = {"eyes": 0.0, "pitch_deg": -26.0}


class Watched:
    """A reader and its visitor, through one state after another."""

    def __init__(self, visitor: Visitor | None = None) -> None:
        self.reader, self.visitor, self.time_s = GestureReader(2.0, 2.0), visitor or Visitor(), 0.0

    def go(self, state: State, seconds: float) -> Watched:
        for at_s in moments(self.time_s, seconds):
            if state is not None:
                self.reader.see(self.visitor.glance(at_s, **state))
            self.reader.pass_time(at_s)
        self.time_s += seconds
        return self

    @property
    def agreed(self) -> bool:
        return self.reader.has_agreed


@pytest.mark.parametrize("openness", [0.16, 0.22, 0.30, 0.42])
def test_closing_both_eyes_for_two_seconds_agrees_whatever_ones_eyes_are_like(openness: float) -> None:
    watched = Watched(Visitor(openness=openness)).go(LOOKING, 1.5).go(CLOSED, 1.9)
    assert not watched.agreed and 0.85 < watched.reader.progress < 1.0
    assert watched.go(CLOSED, 0.3).agreed and watched.reader.progress == 1.0


@pytest.mark.parametrize(
    ("what", "states"),
    [
        ("a second is too short", [(CLOSED, 1.0), (LOOKING, 1.0)]),
        ("two halves are no whole", [(CLOSED, 1.5), (LOOKING, 0.6), (CLOSED, 1.5), (LOOKING, 0.5)]),
        ("half-closed lids", [({"eyes": 0.6}, 4.0)]),
        ("a head turned aside", [({"eyes": 0.0, "yaw_deg": 40.0}, 4.0)]),
        ("a head that sinks with its lids", [({"eyes": 0.5, "pitch_deg": -18.0}, 1.0), (SUNK, 4.0)]),
        ("a nod while the eyes are closed", [(CLOSED, 1.0), ({"eyes": 0.0, "pitch_deg": -20.0}, 3.0)]),
        ("nobody", [(GONE, 4.0)]),
        ("gone in the midst of it", [(CLOSED, 1.5), (GONE, 1.0), (CLOSED, 1.5)]),
    ],
)  # fmt: skip
def test_what_is_not_the_gesture_does_not_agree(what: str, states: list[tuple[State, float]]) -> None:
    watched = Watched().go(LOOKING, 2.0)
    for state, seconds in states:
        watched.go(state, seconds)
    assert not watched.agreed, what


def test_blinking_never_agrees_nor_ends() -> None:
    blinking, agreed = Watched(), Watched().go(LOOKING, 1.5).go(CLOSED, 2.2)
    for _ in range(40):
        assert not blinking.go(LOOKING, 0.5).go(CLOSED, 0.3).agreed
        assert agreed.go(LOOKING, 0.5).go(CLOSED, 0.3).agreed


def test_eyes_that_were_never_seen_open_agree_to_nothing() -> None:
    assert not Watched().go(CLOSED, 8.0).agreed


def test_one_reading_that_slips_does_not_begin_it_anew() -> None:
    watched = Watched().go(LOOKING, 1.5).go(CLOSED, 1.0).go(LOOKING, 0.07).go(CLOSED, 0.5).go(GONE, 0.2)
    assert watched.go(CLOSED, 0.6).agreed


@pytest.mark.parametrize(
    ("what", "state"),
    [
        ("turned to the right", {"yaw_deg": 50.0}),
        ("turned to the left", {"yaw_deg": -50.0}),
        ("a profile, or a hand, in which no face is found", GONE),
        ("a hand through which the mesh goes on", {"irises": 12.0}),
    ],
)
def test_turning_away_or_a_hand_over_the_face_ends_it_after_two_seconds(what: str, state: State) -> None:
    watched = Watched().go(LOOKING, 1.5).go(CLOSED, 2.2).go(LOOKING, 1.0)
    assert watched.agreed and watched.reader.ended_s is None
    assert watched.go(state, 1.8).agreed, what
    assert not watched.go(state, 0.4).agreed, what
    assert watched.reader.ended_s is not None and watched.reader.progress == 0.0


def test_a_short_loss_or_glance_aside_does_not_end_it() -> None:
    watched = Watched().go(LOOKING, 1.5).go(CLOSED, 2.2)
    for state in (GONE, {"yaw_deg": 60.0}, GONE):
        watched.go(state, 1.2).go(LOOKING, 0.6)
    assert watched.agreed


def test_a_profile_that_looks_straight_for_a_frame_still_ends_it() -> None:
    watched = Watched().go(LOOKING, 1.5).go(CLOSED, 2.2).go(LOOKING, 1.0)
    watched.go(GONE, 1.0).go(LOOKING, 0.07).go(GONE, 1.1)
    assert not watched.agreed


def test_who_has_ended_it_may_agree_again_and_not_by_the_hand_that_ended_it() -> None:
    watched = Watched().go(LOOKING, 1.5).go(CLOSED, 2.2).go(GONE, 2.2)
    assert not watched.go(CLOSED, 3.0).agreed, "these eyes were not seen open since"
    assert watched.go(LOOKING, 1.5).go(CLOSED, 2.2).agreed


def test_few_measurements_a_second_suffice() -> None:
    reader, visitor = GestureReader(2.0, 2.0), Visitor()
    for step in range(30):  # five a second
        reader.see(visitor.glance(step / 5, eyes=0.0 if step >= 12 else 1.0))
        reader.pass_time(step / 5)
    assert reader.has_agreed
