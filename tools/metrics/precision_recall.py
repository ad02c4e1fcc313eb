"""Overlap of two clouds of points: precision, recall, density and coverage by nearest neighbours.

Precision and recall after Kynkäänniemi et al. 2019, density and coverage after Naeem et al. 2020. Each real point
stands for a ball that reaches to its k-th nearest real neighbour, each drawn point for one among the drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.types import FloatArray
from tools.metrics.pairwise import blocks, neighbour_radii, squared_distances

NEIGHBOURS = 5


@dataclass(frozen=True)
class Overlap:
    """How two clouds lie in each other.

    Attributes:
        precision: share of drawn points inside the ball of some real one: is what is drawn real?
        recall: share of real points inside the ball of some drawn one: is what is real drawn?
        density: in how many real balls a drawn point lies, divided by k; 1 for equal clouds, and it may be more.
        coverage: share of real balls that hold a drawn point. Unlike recall, it is not raised by drawn outliers, whose
            balls are large. Of two equal clouds with as many points, about 1 - 2^-k.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def measure_overlap(real: FloatArray, drawn: FloatArray, k: int = NEIGHBOURS) -> Overlap:
    """Overlap of points (N, D) and (M, D); give as many of both, as coverage grows with M and recall with N.

    Raises:
        ValueError: a cloud has no more than k points.
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
