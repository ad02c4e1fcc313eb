"""Plausibility of faces: how unusual their shapes are among real ones, and the symmetry of their yaw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.types import FloatArray

KEPT_VARIANCE = 0.99  # of the landmarks; the rest is noise of the mesh


class ShapeScale:
    """Mahalanobis distances of landmarks under the distribution of real faces.

    Args:
        shapes: (N, D) aligned landmarks of real faces; the components with 99 % of their variance are used.
    """

    def __init__(self, shapes: FloatArray) -> None:
        self._mean = shapes.mean(axis=0)
        variance, axes = np.linalg.eigh(np.cov(shapes, rowvar=False))
        variance, axes = variance[::-1], axes[:, ::-1]
        kept = int(np.searchsorted(np.cumsum(variance) / variance.sum(), KEPT_VARIANCE)) + 1
        self._whiten = axes[:, :kept] / np.sqrt(np.maximum(variance[:kept], 1e-12))

    def distances(self, shapes: FloatArray) -> FloatArray:
        """Distance (N,) of each face from the mean, in standard deviations."""
        return np.asarray(np.linalg.norm((shapes - self._mean) @ self._whiten, axis=1), np.float32)


@dataclass(frozen=True)
class Plausibility:
    """Plausibility of drawn shapes.

    Attributes:
        implausible: share of drawn faces farther from the mean face than 99 % of the real ones; 0.01 equals real faces.
        p95, real_p95, real_p99: percentiles of the distance.
    """

    implausible: float
    p95: float
    real_p95: float
    real_p99: float


def measure_plausibility(real: FloatArray, drawn: FloatArray) -> Plausibility:
    """Compare aligned landmarks (N, D) and (M, D)."""
    scale = ShapeScale(real)
    of_real, of_drawn = scale.distances(real), scale.distances(drawn)
    limit = float(np.percentile(of_real, 99))
    return Plausibility(
        implausible=float((of_drawn > limit).mean()),
        p95=float(np.percentile(of_drawn, 95)),
        real_p95=float(np.percentile(of_real, 95)),
        real_p99=limit,
    )


def yaw_asymmetry(yaw_deg: FloatArray) -> float:
    """Wasserstein distance (degrees) between the yaws (N,) of faces and those of their mirror images.

    About 0 for a generator trained on pictures in both orientations.
    """
    return float(np.abs(np.sort(yaw_deg) - np.sort(-yaw_deg)).mean())
