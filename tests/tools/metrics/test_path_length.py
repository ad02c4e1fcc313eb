"""Great circles, and features that are known functions of the latent."""

from __future__ import annotations

import numpy as np
import pytest

from engine.networks.pggan.latent_sphere import angle_deg
from tools.metrics.path_length import REACH_DEG, STEP_DEG, great_circles, measure_feature_path


def test_circles_go_in_equal_steps_to_a_right_angle() -> None:
    latents = great_circles(5, 64, paths=3)
    assert latents.shape == (3, 19, 64)
    np.testing.assert_allclose(np.linalg.norm(latents, axis=-1), 8, rtol=1e-5)
    np.testing.assert_allclose(angle_deg(latents[:, 1:], latents[:, :-1]), STEP_DEG, rtol=1e-3)
    np.testing.assert_allclose(angle_deg(latents[:, 0], latents[:, -1]), REACH_DEG, rtol=1e-4)


def test_features_that_are_the_latent_itself_change_by_the_arc() -> None:
    path = measure_feature_path(great_circles(5, 64))
    assert path is not None
    chord = 2 * np.sin(np.radians(STEP_DEG) / 2)  # of a circle of radius 1: the root mean square of a latent
    assert path.per_degree == pytest.approx(chord / STEP_DEG, rel=1e-4)
    np.testing.assert_allclose(path.change, 2 * np.sin(np.radians(path.degrees) / 2), atol=1e-5)


def test_faces_that_are_not_found_are_left_out() -> None:
    features = great_circles(5, 64)
    whole = measure_feature_path(features)
    features[0, 7] = features[3] = np.nan
    path = measure_feature_path(features)
    assert path is not None and whole is not None
    assert path.per_degree == pytest.approx(whole.per_degree, rel=1e-4)
    assert np.isfinite(path.change).all()


def test_without_two_faces_in_a_row_there_is_no_path() -> None:
    features = np.full((2, 5, 3), np.nan, np.float32)
    features[:, ::2] = 0
    assert measure_feature_path(features) is None
