"""Pairwise distances between many points, in blocks with bounded memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.types import FloatArray

BLOCK_ROWS = 512


def squared_distances(a: FloatArray, b: FloatArray) -> FloatArray:
    """Squared Euclidean distances (N, M) float32 between points (N, D) and (M, D)."""
    from sklearn.metrics import pairwise_distances

    return np.asarray(pairwise_distances(a, b, metric="sqeuclidean"), np.float32)


def blocks(count: int) -> Iterator[slice]:
    """Slices of at most `BLOCK_ROWS` that cover `count` rows."""
    for begin in range(0, count, BLOCK_ROWS):
        yield slice(begin, min(begin + BLOCK_ROWS, count))


def neighbour_radii(points: FloatArray, k: int) -> FloatArray:
    """Distance (N,) of each point (N, D) to its k-th nearest neighbour, excluding itself.

    Raises:
        ValueError: there are fewer than k neighbours.
    """
    from sklearn.neighbors import NearestNeighbors

    if len(points) <= k:
        raise ValueError(f"{len(points)} points have no {k} neighbours each")
    neighbours = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(points)
    return np.asarray(neighbours.kneighbors()[0][:, -1], np.float32)
