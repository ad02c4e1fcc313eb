"""Where viewer and stranger part: measured relative to each face, and moving gently."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.types import Latent, Reflection, ReflectionComparison
from engine.visitor.face_difference import APART_TIME_S, FaceDifferenceSmoother, compare
from tests.render.pictures import measured_stranger, measured_viewer

VIEWER = measured_viewer(0.0)
CHIN = 152
ALIKE, PARTED = (ReflectionComparison(VIEWER, measured_stranger(VIEWER, moved)) for moved in ({}, {CHIN: (0.0, 0.3)}))


def reflection(echo: ReflectionComparison | None, viewer_x: float = 320.0) -> Reflection:
    viewer = measured_viewer(0.0, middle=(viewer_x, 200.0))
    return Reflection(np.zeros((1, 1, 4), np.uint8), Latent(np.ones(4, np.float32), 1.0, viewer, 0.0), 0.0, 0, (), echo)


def followed(*heard: ReflectionComparison | None, seconds: float, dt_s: float = 0.02) -> FaceDifferenceSmoother:
    """A follower that is told each of these for so long."""
    follower = FaceDifferenceSmoother()
    for echo in heard:
        for _ in range(round(seconds / dt_s)):
            follower.smooth(reflection(echo), dt_s)
    return follower


def test_place_and_size_in_the_picture_are_no_difference() -> None:
    face_difference = compare(ALIKE)
    assert np.abs(face_difference.apart).max() < 1e-4
    assert np.abs(face_difference.tints[:, 2:]).max() == 0.0
    moved = measured_viewer(0.0, middle=(150.0, 330.0))
    assert np.allclose(moved.aligned(moved.landmarks_px), face_difference.outline, atol=1e-4)


def test_a_difference_is_in_eye_distances_from_the_viewer_to_the_stranger() -> None:
    apart = compare(PARTED).apart
    assert apart[CHIN] == pytest.approx((0.0, 0.3), abs=1e-4)
    assert np.abs(np.delete(apart, CHIN, axis=0)).max() < 1e-4


def test_differences_come_gently_whatever_the_rate_of_drawing() -> None:
    found = []
    for dt_s in (0.01, 0.1):
        follower = followed(ALIKE, seconds=3.0)
        for _ in range(round(APART_TIME_S / dt_s)):
            follower.smooth(reflection(PARTED), dt_s)
        assert follower.face_difference is not None
        found.append(float(follower.face_difference.apart[CHIN, 1]))
    assert found == pytest.approx([0.3 * (1 - np.exp(-1))] * 2, rel=0.02)


def test_it_is_heard_slowly_and_fades_to_nothing() -> None:
    heard = [followed(PARTED, seconds=seconds).face_difference for seconds in (0.04, 0.6, 5.0)]
    assert [round(face_difference.heard, 2) for face_difference in heard if face_difference] == [0.04, 0.45, 0.99]
    fading = followed(PARTED, None, seconds=2.0).face_difference
    assert fading is not None and 0.05 < fading.heard < 0.2
    assert followed(PARTED, None, seconds=8.0).face_difference is None


def test_without_an_echo_there_is_nothing() -> None:
    assert followed(None, seconds=1.0).face_difference is None


def test_a_viewer_whose_colours_were_not_kept_has_no_tints() -> None:
    bare = replace(VIEWER, patches=np.empty((0, 5), np.float32))
    assert compare(ReflectionComparison(bare, PARTED.stranger)).tints.shape == (0, 5)
