"""Overlap of two sets of points: precision, recall, density and coverage by nearest neighbours.

Precision and recall after Kynkäänniemi et al. 2019, density and coverage after Naeem et al. 2020. Each real point
represents a ball up to its k-th nearest real neighbour, each drawn point one among the drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.types import FloatArray
from tools.metrics.pairwise import blocks, neighbour_radii, squared_distances

NEIGHBOURS = 5


@dataclass(frozen=True)
class Overlap:
    """Overlap of two sets.

    Attributes:
        precision: share of drawn points inside the ball of some real one: is what is drawn real?
        recall: share of real points inside the ball of some drawn one: is what is real drawn?
        density: number of real balls containing a drawn point, divided by k; 1 for equal distributions, possibly more.
        coverage: share of real balls that contain a drawn point. Unlike recall, it is not inflated by drawn outliers
                with large balls. About 1 - 2^-k for equal distributions and sizes.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def measure_overlap(real: FloatArray, drawn: FloatArray, k: int = NEIGHBOURS) -> Overlap:
    """Overlap of points (N, D) and (M, D); use equal numbers, since coverage grows with M and recall with N.

    Raises:
        ValueError: a set has no more than k points.
    """
    real_radii, drawn_radii = neighbour_radii(real, k), neighbour_radii(drawn, k)
    inside_of = np.zeros(len(drawn), np.int64)  # real balls
    is_recalled, is_covered = np.zeros(len(real), bool), np.zeros(len(real), bool)
    for rows in blocks(len(real)):
        distances = np.sqrt(squared_distances(real[rows], drawn))
        is_within = distances <= real_radii[rows, None]
        inside_of += is_within.sum(axis=0)
        is_covered[rows] = is_within.any(axis=1)
        is_recalled[rows] = (distances <= drawn_radii[None]).any(axis=1)
    return Overlap(
        precision=float((inside_of > 0).mean()),
        recall=float(is_recalled.mean()),
        density=float(inside_of.mean() / k),
        coverage=float(is_covered.mean()),
    )
