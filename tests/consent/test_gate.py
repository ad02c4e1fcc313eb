"""The gate: a table of what may be kept and sent, by who is in the glass and who of them has agreed."""

from __future__ import annotations

import pytest

from engine.config.consent import ConsentKind, ConsentSettings
from engine.consent.gate import LINGER_S, ConsentGate
from tests.consent.room import ALONE, ANN, BEN, KINDS, WHOLE, Room
from tests.consent.series import Visitor


def test_where_nobody_is_asked_everything_is_as_it_was_and_attributes_stay_off() -> None:
    gate = ConsentGate()
    gate.observe([ANN.features(0.0)], [ANN.latent(11)], 0.0, shows_camera=True)
    assert all(gate.allows(kind) and gate.allows(kind, 11) for kind in KINDS)
    assert not gate.allows(ConsentKind.ATTRIBUTES, 11)
    assert ConsentGate(ConsentSettings(attributes=True)).allows(ConsentKind.ATTRIBUTES, 11)


@pytest.mark.parametrize("shows_camera", [False, True])
def test_an_empty_glass_may_be_kept_unless_the_camera_shows_the_room(shows_camera: bool) -> None:
    room = Room(shows_camera=shows_camera).go(1.0)
    assert room.allowed(11) & set(ALONE) == set(ALONE)
    assert (room.allowed() == set(KINDS)) is not shows_camera


def test_nothing_of_a_visitor_is_kept_before_they_agree_and_everything_after() -> None:
    room = Room().go(3.0, ANN)
    assert room.allowed() == set() and room.allowed(11) == set()
    room.agreed(ANN)
    assert room.allowed() == set(KINDS) and room.allowed(11) == set(KINDS)
    assert [(one.has_agreed, one.progress) for one in room.gate.state.people] == [(True, 1.0)]


def test_the_whole_picture_needs_everyone_and_numbers_need_their_own_visitor() -> None:
    room = Room().agreed(ANN, BEN)
    assert room.allowed() == set() and room.allowed(11) == set(ALONE) and room.allowed(12) == set()
    assert [one.has_agreed for one in room.gate.state.people] == [True, False], "from left to right"
    room.agreed(BEN, ANN)
    assert room.allowed() == set(KINDS) and room.allowed(12) == set(KINDS)


def test_a_newcomer_closes_the_gate_in_the_frame_in_which_they_are_measured() -> None:
    room = Room().agreed(ANN)
    assert room.allowed() == set(KINDS)
    room.go(1 / 30, ANN, BEN)
    assert room.allowed() == set() and room.allowed(11) == set(ALONE)


def test_consent_ends_with_its_visitor_and_what_lingers_of_them_is_not_kept() -> None:
    room = Room().agreed(ANN).go(1.8)
    assert room.allowed() == set(KINDS), "a short loss ends nothing"
    room.go(0.4)
    assert room.allowed() == set() and room.allowed(11) == set() and room.gate.state.has_just_ended
    room.go(LINGER_S - 3.0)
    assert room.allowed() == set(), "the stranger fades, and the wander begins there"
    room.go(2.0)
    assert room.allowed() == set(KINDS), "the glass is empty"
    room.go(2.0, ANN)
    assert room.allowed() == set(), "whoever comes back is asked again"


def test_only_what_is_covered_waits() -> None:
    room = Room(covers=["session", "archive"]).go(2.0, ANN)
    assert room.allowed() == set(WHOLE) and room.allowed(11) == set(WHOLE)


def test_attributes_need_the_configuration_and_the_visitor() -> None:
    room = Room(attributes=True).go(2.0, ANN)
    assert not room.gate.allows(ConsentKind.ATTRIBUTES, 11)
    room.agreed(ANN)
    assert room.gate.allows(ConsentKind.ATTRIBUTES, 11)
    assert not Room().agreed(ANN).gate.allows(ConsentKind.ATTRIBUTES, 11)


def test_a_face_without_a_number_never_agrees() -> None:
    room = Room().agreed(Visitor(0))
    assert room.allowed() == set() and room.allowed(10) == set()


def test_a_mirror_that_sees_only_itself_asks_nobody() -> None:
    gate = ConsentGate(ConsentSettings(ask=True), is_watched=False)
    gate.observe([ANN.features(0.0)], [ANN.latent(11)], 0.0, shows_camera=True)
    assert all(gate.allows(kind, 11) for kind in KINDS)
