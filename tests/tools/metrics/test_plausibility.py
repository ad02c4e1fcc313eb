"""Mahalanobis distances and the symmetry of yaw."""

from __future__ import annotations

import numpy as np
import pytest

from engine.types import FloatArray
from tools.metrics.plausibility import ShapeScale, measure_plausibility, yaw_asymmetry

MIX = np.random.default_rng(7).standard_normal((6, 6)).astype(np.float32)


def shapes(count: int, seed: int, sd: float = 1.0) -> FloatArray:
    """Correlated landmarks: 6 independent causes."""
    return (sd * np.random.default_rng(seed).standard_normal((count, 6)) @ MIX + 5).astype(np.float32)


def test_distances_are_those_of_the_inverse_covariance() -> None:
    real = shapes(4000, 0)
    scale = ShapeScale(real)
    expected = np.sqrt(np.einsum("ni,ij,nj->n", real - 5, np.linalg.inv(MIX.T @ MIX), real - 5))
    assert np.corrcoef(scale.distances(real), expected)[0, 1] > 0.9  # all but a hundredth of the variance
    assert (scale.distances(real) <= expected * 1.1).all()


def test_real_shapes_are_plausible_and_distorted_ones_are_not() -> None:
    real = shapes(3000, 0)
    same, wide = measure_plausibility(real, shapes(3000, 1)), measure_plausibility(real, shapes(3000, 2, sd=2))
    assert same.implausible == pytest.approx(0.01, abs=0.006)
    assert same.p95 == pytest.approx(same.real_p95, rel=0.05)
    assert wide.implausible > 0.3 and wide.p95 > wide.real_p99 > wide.real_p95


def test_a_timid_generator_is_more_than_plausible() -> None:
    assert measure_plausibility(shapes(1000, 0), shapes(1000, 1, sd=0.3)).implausible == 0


def test_yaws_and_their_mirror_images() -> None:
    random = np.random.default_rng(0)
    half = np.abs(random.normal(0, 10, 500)).astype(np.float32)
    assert yaw_asymmetry(np.concatenate([half, -half])) == 0
    assert yaw_asymmetry(random.normal(0, 10, 4000).astype(np.float32)) < 1
    assert yaw_asymmetry(random.normal(4, 10, 4000).astype(np.float32)) == pytest.approx(8, abs=1)
