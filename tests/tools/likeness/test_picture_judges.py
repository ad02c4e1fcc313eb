"""Judges of pictures: what is the same, what is another's, and what is said where nobody can judge."""

from __future__ import annotations

import numpy as np
import pytest

from engine.features.aligned_crop import square_of
from engine.types import ByteArray, Features, Placement
from tests.features.test_aligned_crop import landmarks
from tests.tiny_encoder import MODELS
from tools.likeness import face_recognizer, picture_judges
from tools.likeness.picture_judges import PictureJudges, identity_figures

SIDE_PX = 128


def clouds(seed: int) -> ByteArray:
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8, 3))
    return np.kron(coarse, np.ones((16, 16, 1))).astype(np.uint8)


def face_filling_the_picture() -> Features:
    """One whose square is the whole picture."""
    unit = square_of(landmarks(0, 0, 1))
    distance = SIDE_PX / unit.side_px
    x, y = SIDE_PX / 2 - unit.centre_px * distance
    nothing = np.zeros(1, np.float32)
    return Features(nothing, Placement(0.5, 0.5, 0.3, 0, 1), landmarks(x, y, distance), 0, 0, 0, 0)


class BlindDrawer:
    """Finds no face in what was drawn."""

    def measure(self, picture: ByteArray) -> None:
        return None


def test_features_tell_a_copy_from_a_stranger_and_a_missing_recogniser_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(face_recognizer, "PACKAGE", "a_package_that_nobody_has")
    pictures = np.stack([clouds(seed) for seed in range(3)])
    judges = PictureJudges(MODELS, BlindDrawer(), pictures, [face_filling_the_picture()] * 3)  # type: ignore[arg-type]
    copies = judges.figures(pictures)
    assert copies["feature_ratio"] < 0.2
    assert judges.figures(np.roll(pictures, 1, axis=0))["feature_ratio"] == pytest.approx(1.0, abs=0.05)
    assert judges.figures(pictures[1:2], np.array([1]))["feature_ratio"] < 0.2
    assert copies["identity_r1"] is None
    assert judges.reason is not None and "requirements-judge.lock" in judges.reason


def test_identities_are_counted_among_all_viewers() -> None:
    people = np.eye(8, dtype=np.float32)
    drawn = people.copy()
    drawn[0] = people[1]  # taken for somebody else, whose own is as near
    drawn[7] = np.nan  # no face
    figures = identity_figures(people, drawn, np.arange(8))
    assert figures["identity_r1"] == pytest.approx(6 / 8)
    assert figures["identity_r5"] == pytest.approx(7 / 8)
    assert figures["identity_own"] == pytest.approx(np.sqrt(2) / 7)
    assert figures["identity_other"] == pytest.approx(np.sqrt(2) * 48 / 49)
    some = identity_figures(people, drawn[2:4], np.array([2, 3]))
    assert some["identity_r1"] is None and some["identity_own"] == 0.0


def test_one_face_for_everybody_is_nobodys() -> None:
    figures = identity_figures(np.eye(20, dtype=np.float32), np.full((20, 20), 0.2, np.float32), np.arange(20))
    assert figures["identity_r1"] == 0.0 and figures["identity_r5"] == 0.0


def test_names_of_figures_are_those_that_others_read() -> None:
    assert picture_judges.IDENTITY == ("identity_r1", "identity_r5", "identity_own", "identity_other")
