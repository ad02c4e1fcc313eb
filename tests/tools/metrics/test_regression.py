"""Errors, slopes, correlations and skill in cases whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from tools.metrics.regression import correlation, gain, landmark_error, rms, skill


def test_gain_is_the_slope_whatever_the_means_and_whatever_noise_does_not_follow() -> None:
    random = np.random.default_rng(0)
    asked = random.standard_normal((5000, 4)).astype(np.float32)
    noise = random.standard_normal((5000, 4)).astype(np.float32)
    for slope in (0.0, 0.5, 1.75):
        assert gain(asked + 3, slope * asked - 7 + 0.3 * noise) == pytest.approx(slope, abs=0.02)
    assert gain(np.ones((9, 2), np.float32), asked[:9, :2]) is None


def test_correlation_has_a_sign_and_needs_variation() -> None:
    rows = np.linspace(-2, 5, 50).astype(np.float32)
    assert correlation(rows, 3 * rows + 1) == pytest.approx(1)
    assert correlation(rows, -rows) == pytest.approx(-1)
    assert correlation(rows, np.full(50, 0.1, np.float32)) is None


def test_skill_is_the_share_of_the_error_that_is_gone() -> None:
    assert (skill(0, 2), skill(2, 2), skill(0.5, 2), skill(3, 2)) == (1, 0, 0.75, -0.5)
    assert skill(1, 0) is None
    assert rms(np.array([3, 4, 0, 0], np.float32)) == 2.5


def test_landmarks_may_stand_elsewhere_and_a_moved_point_counts() -> None:
    asked = np.random.default_rng(1).standard_normal((5, 60, 2)).astype(np.float32)
    angle, scale = 0.4, 1.7
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    assert landmark_error(asked, (asked @ turn + 5).astype(np.float32), (0, 1)) == pytest.approx(0, abs=1e-5)
    assert landmark_error(asked, asked * (-1, 1), (0, 1)).min() > 0.1  # a mirror image is another face

    square = np.tile(np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32), (1, 25, 1))
    pulled = square + np.tile([[0.1, 0], [-0.1, 0], [0.1, 0], [-0.1, 0]], (1, 25, 1))  # no movement, turn or growth
    assert landmark_error(square, pulled, (0, 1))[0] == pytest.approx(0.1 / 2, rel=0.02)
