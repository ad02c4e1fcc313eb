"""Kernel distance between two sets of points: the squared maximum mean discrepancy used by KID (Bińkowski et al. 2018).

Polynomial kernel (x·y / D + 1)³. The estimate is unbiased: for two samples of one distribution its mean is 0, so it is
often negative, however few the points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.types import FloatArray

HALVES = 200  # resamples for the interval


@dataclass(frozen=True)
class KernelDistance:
    """Unbiased estimate, and its 95 % interval."""

    value: float
    low: float
    high: float


def measure_kernel_distance(real: FloatArray, drawn: FloatArray, seed: int = 0) -> KernelDistance:
    """Kernel distance between points (N, D) and (M, D), standardised by the caller.

    The interval comes from random halves of both sets, drawn without replacement: their estimates scatter around the
        whole
    as the whole does around the truth. The usual bootstrap repeats points, and a point next to its own copy looks like
    closeness.

    Raises:
        ValueError: a set has fewer than 4 points.
    """
    if min(len(real), len(drawn)) < 4:
        raise ValueError("a kernel distance needs 4 points of each kind")
    within_real, within_drawn, between = _kernel(real, real), _kernel(drawn, drawn), _kernel(real, drawn)
    np.fill_diagonal(within_real, 0)
    np.fill_diagonal(within_drawn, 0)
    random = np.random.default_rng(seed)
    real_halves, drawn_halves = _halves(random, len(real)), _halves(random, len(drawn))

    def estimate(of_real: FloatArray, of_drawn: FloatArray) -> NDArray[np.float64]:
        """Estimate for subsets, rows of 0 and 1 (R, N) and (R, M)."""
        n, m = (rows.sum(axis=1, dtype=np.float64) for rows in (of_real, of_drawn))
        return np.asarray(
            _sums(of_real, within_real, of_real) / (n * (n - 1))
            + _sums(of_drawn, within_drawn, of_drawn) / (m * (m - 1))
            - 2 * _sums(of_real, between, of_drawn) / (n * m)
        )

    value = float(estimate(np.ones((1, len(real)), np.float32), np.ones((1, len(drawn)), np.float32))[0])
    reach = 1.96 * float(np.sqrt(np.mean((estimate(real_halves, drawn_halves) - value) ** 2)))
    return KernelDistance(value, value - reach, value + reach)


def _kernel(a: FloatArray, b: FloatArray) -> NDArray[np.float64]:
    return np.asarray((a @ b.T / a.shape[1] + 1), np.float64) ** 3


def _halves(random: np.random.Generator, count: int) -> FloatArray:
    chosen = np.zeros((HALVES, count), np.float32)
    chosen[:, : count // 2] = 1
    return np.asarray(random.permuted(chosen, axis=1))


def _sums(left: FloatArray, kernel: NDArray[np.float64], right: FloatArray) -> NDArray[np.float64]:
    """Sum (R,) of the kernel over the pairs selected by each row of `left` and `right`."""
    return np.asarray(((left @ kernel) * right).sum(axis=1))
