"""The kernel distance is 0 on average where it must be, and equals what its definition gives."""

from __future__ import annotations

import numpy as np
import pytest

from engine.types import FloatArray
from tools.metrics.kid import measure_kernel_distance


def gaussian(count: int, seed: int, mean: float = 0.0) -> FloatArray:
    return (mean + np.random.default_rng(seed).standard_normal((count, 10))).astype(np.float32)


def test_it_is_the_unbiased_estimate_of_the_definition() -> None:
    x, y = gaussian(12, 0), gaussian(9, 1, 0.5)

    def kernel(a: FloatArray, b: FloatArray) -> float:
        return float((a @ b / 10 + 1) ** 3)

    within_x = np.mean([kernel(a, b) for i, a in enumerate(x) for j, b in enumerate(x) if i != j])
    within_y = np.mean([kernel(a, b) for i, a in enumerate(y) for j, b in enumerate(y) if i != j])
    between = np.mean([kernel(a, b) for a in x for b in y])
    assert measure_kernel_distance(x, y).value == pytest.approx(within_x + within_y - 2 * between, rel=1e-5)


def test_of_one_distribution_it_is_zero_on_average_however_few_the_points() -> None:
    values = [measure_kernel_distance(gaussian(20, 2 * n), gaussian(20, 2 * n + 1)).value for n in range(200)]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(len(values))
    assert 0.2 < np.mean(np.array(values) < 0) < 0.8


def test_a_shift_of_the_mean_is_far_outside_the_interval_of_none() -> None:
    near = measure_kernel_distance(gaussian(400, 0), gaussian(400, 1))
    far = measure_kernel_distance(gaussian(400, 0), gaussian(400, 1, 0.5))
    assert near.low < 0 < near.high
    assert far.low > 2 * near.high
    assert far.value == pytest.approx(3 * 10 * 0.5**2 / 10, rel=0.5)  # the kernel's linear part alone gives 3 |mean|²/D


def test_the_interval_is_as_wide_as_the_estimates_scatter() -> None:
    found = [measure_kernel_distance(gaussian(100, 2 * n), gaussian(100, 2 * n + 1, 0.5)) for n in range(40)]
    scatter = np.std([distance.value for distance in found])
    widths = [(distance.high - distance.low) / (2 * 1.96) for distance in found]
    assert np.mean(widths) == pytest.approx(scatter, rel=0.35)


def test_three_points_are_too_few() -> None:
    with pytest.raises(ValueError, match="needs 4 points"):
        measure_kernel_distance(gaussian(3, 0), gaussian(9, 1))
