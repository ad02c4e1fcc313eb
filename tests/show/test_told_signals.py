"""What is told of visitors from outside the wall."""

from __future__ import annotations

from engine.show.control_desk import told_of
from engine.visitor.signals import OF_A_FACE, SIGNALS


def test_what_is_measured_of_a_face_waits_for_its_visitor_and_that_somebody_is_there_does_not() -> None:
    signals = {**dict.fromkeys(SIGNALS, 0.5), "yaw[1]": 0.5}
    assert told_of(signals, is_withheld=False) == dict.fromkeys(SIGNALS, 0.5)
    withheld = told_of(signals, is_withheld=True)
    assert {name for name, value in withheld.items() if value == 0.0} == OF_A_FACE
    assert set(SIGNALS) > OF_A_FACE and withheld["presence"] == 0.5
