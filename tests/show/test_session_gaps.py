"""Sessions hold gaps where visitors had not agreed."""

from __future__ import annotations

from engine.show.session_gaps import SessionGaps
from tests.consent.room import ANN, BEN, Room


def test_only_answers_to_those_who_agreed_are_kept_and_a_gap_begins_with_an_empty_glass() -> None:
    room = Room().agreed(ANN, BEN)
    gaps, both = SessionGaps(room.gate), [ANN.latent(11), BEN.latent(12)]
    assert gaps.kept(both) == [both[0]]
    room.go(3.0, BEN)
    (left,) = gaps.kept([ANN.latent(11), BEN.latent(12)])
    assert (left.stranger, left.presence, left.features) == (11, 0.0, None)
    assert (left.z == both[0].z).all(), "nothing that was not kept before"
    assert gaps.kept([ANN.latent(11), BEN.latent(12)]) == []
