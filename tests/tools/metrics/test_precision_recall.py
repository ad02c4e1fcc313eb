"""Precision, recall, density and coverage of clouds whose overlap is known."""

from __future__ import annotations

import numpy as np
import pytest

from engine.types import FloatArray
from tools.metrics.precision_recall import measure_overlap


def gaussian(count: int, seed: int, mean: float = 0.0, sd: float = 1.0) -> FloatArray:
    return (mean + sd * np.random.default_rng(seed).standard_normal((count, 8))).astype(np.float32)


def test_a_cloud_lies_wholly_in_itself() -> None:
    cloud = gaussian(300, 0)
    overlap = measure_overlap(cloud, cloud)
    assert overlap.precision == overlap.recall == overlap.coverage == 1
    assert overlap.density == pytest.approx(1.2)  # the 5 neighbours' balls on average, and its own


def test_two_samples_of_one_distribution_have_the_expected_values() -> None:
    overlap = measure_overlap(gaussian(900, 0), gaussian(900, 1))
    assert overlap.coverage == pytest.approx(1 - 2**-5, abs=0.02)  # Naeem et al. 2020, their lemma for equal numbers
    assert overlap.density == pytest.approx(1, abs=0.1)
    assert overlap.precision == pytest.approx(overlap.recall, abs=0.05)


def test_clouds_far_apart_have_nothing_in_common() -> None:
    overlap = measure_overlap(gaussian(100, 0), gaussian(100, 1, mean=50))
    assert (overlap.precision, overlap.recall, overlap.density, overlap.coverage) == (0, 0, 0, 0)


def test_a_timid_generator_is_precise_and_leaves_out_most() -> None:
    overlap = measure_overlap(gaussian(500, 0), gaussian(500, 1, sd=0.3))
    assert overlap.precision > 0.95 and overlap.density > 2
    assert overlap.recall < 0.1 and overlap.coverage < 0.5


def test_outliers_raise_recall_but_not_coverage() -> None:
    real, outliers = gaussian(300, 0), gaussian(300, 1, sd=30)
    overlap = measure_overlap(real, outliers)
    assert overlap.recall > 0.9 and overlap.coverage < 0.1
