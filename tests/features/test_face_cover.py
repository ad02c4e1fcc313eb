"""A hand before the face: told by the colours of its patches, and never for long; the last measurement stands."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.features.colours import ON_THE_FACE, PATCHES
from engine.features.face_cover import LONGEST_S, LOST_S, FaceCover
from engine.features.featurizer import Featurizer
from engine.types import ByteArray, Features, FloatArray, Frame
from tests.features.faces import background, with_faces
from tools.sight.people import Standing

FPS = 15
NAMES = [patch.name for patch in ON_THE_FACE]
LOWER = ("chin", "jaw_left", "jaw_right", "upper_lip", "lips", "mouth")


def colours(*changed: str, level: float = 60.0, by: float = 15.0) -> FloatArray:
    """L*, a*, b* of all patches; those that are named differ."""
    lab = np.tile(np.array([level, 15.0, 15.0], np.float32), (len(PATCHES), 1))
    for name in changed:
        lab[NAMES.index(name), 0] -= by
    return lab.ravel()


class Watched:
    """A face, frame by frame."""

    def __init__(self) -> None:
        self.cover, self.frame = FaceCover(), 0

    def show(self, seen: FloatArray, seconds: float = 1 / FPS, yaw_deg: float = 0.0) -> list[bool]:
        covered = []
        for _ in range(max(1, round(seconds * FPS))):
            covered.append(self.cover(seen, yaw_deg, 0.0, self.frame / FPS))
            self.frame += 1
        return covered


def test_a_covered_face_is_told_at_once_and_uncovered_at_once() -> None:
    face = Watched()
    assert not any(face.show(colours(), 1.0))
    assert all(face.show(colours(*LOWER), 2.0))
    assert face.show(colours()) == [False]


@pytest.mark.parametrize(
    "seen",
    [
        colours("mouth", "lips", "upper_lip"),  # somebody speaks
        colours("iris_left", "iris_right"),  # and blinks
        colours("chin"),
        colours(level=35.0),  # the light changes
    ],
    ids=["speech", "blink", "one patch", "light"],
)
def test_nothing_else_covers(seen: FloatArray) -> None:
    face = Watched()
    face.show(colours(), 1.0)
    assert not any(face.show(seen, 1.0))


def test_a_head_that_turns_shows_other_colours() -> None:
    face = Watched()
    face.show(colours(), 1.0)
    assert not face.show(colours("jaw_left", "cheek_left", "chin"), yaw_deg=30.0)[0]


def test_what_stays_belongs_to_the_face() -> None:
    face = Watched()
    face.show(colours(), 1.0)
    covered = face.show(colours(*LOWER), LONGEST_S + 1.0)
    assert covered[0] and not covered[-1]
    assert not any(face.show(colours(*LOWER), 1.0))


def test_a_slipped_mesh_is_covered_as_long() -> None:
    face = Watched()
    face.show(colours(), 1.0)
    assert not face.cover.slip(face.frame / FPS), "nothing had covered it"
    face.show(colours(*LOWER))
    began_s = face.frame / FPS
    assert face.cover.slip(began_s + 1.0)
    assert not face.cover.slip(began_s + LONGEST_S + 0.1)


def test_after_an_absence_it_begins_anew() -> None:
    face = Watched()
    face.show(colours(), 1.0)
    face.frame += round((LOST_S + 1.0) * FPS)
    assert face.show(colours(*LOWER)) == [False]


def with_hand(picture: ByteArray, rise: float) -> ByteArray:
    """A hand that rises before a face at the middle; 0 is below it, 1 before mouth and nose."""
    seen = picture.copy()
    top = round(720 * (0.85 - 0.42 * rise))
    for finger in range(4):
        cv2.line(seen, (560 + 45 * finger, top + 60), (560 + 45 * finger, top + 200), (110, 70, 50), 42, cv2.LINE_AA)
    cv2.rectangle(seen, (540, top + 120), (715, 719), (110, 70, 50), -1)
    return seen


def test_a_hand_before_the_face_leaves_the_measurement_as_it_was() -> None:
    face = with_faces(background(2), Standing(0.5, 0.45, 0.2))
    people: list[list[Features]] = []
    with Featurizer("live", crops=True) as live:
        for frame in range(32):
            rise = np.clip((frame - 12) / 4, 0, 1) if frame < 24 else 0.0
            picture = with_hand(face, float(rise)) if rise else face
            people.append(live.everyone(Frame(picture, 300 + frame / FPS, frame)))
    (before,), (after,) = people[11], people[-1]
    during = [seen for (seen,) in people[16:24]]
    assert all(seen.crop is None for seen in during), "its last answer stands"
    assert all(seen.captured_s > before.captured_s for seen in during)
    for seen in (*during, after):
        assert seen.identity == before.identity
        assert seen.placement.x == pytest.approx(before.placement.x, abs=0.01)
        assert seen.placement.eye_distance == pytest.approx(before.placement.eye_distance, rel=0.05)
    assert before.crop is not None and after.crop is not None
