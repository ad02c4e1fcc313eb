"""Distances between many points: matrix products in blocks, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.types import FloatArray

BLOCK_ROWS = 512


def squared_distances(a: FloatArray, b: FloatArray) -> FloatArray:
    """Squared Euclidean distances (N, M) float32 between points (N, D) and (M, D), exact to the float32 of |a|²."""
    products = a @ b.T
    squares = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1)[None]
    return np.asarray(np.maximum(squares - 2 * products, 0), np.float32)


def blocks(count: int) -> Iterator[slice]:
    """`count` rows in slices of at most `BLOCK_ROWS`."""
    for begin in range(0, count, BLOCK_ROWS):
        yield slice(begin, min(begin + BLOCK_ROWS, count))


def neighbour_radii(points: FloatArray, k: int) -> FloatArray:
    """Distance (N,) of each point (N, D) to its k-th nearest neighbour, itself not counted.

    Raises:
        ValueError: there are no k neighbours.
    """
    if len(points) <= k:
        raise ValueError(f"{len(points)} points have no {k} neighbours each")
    radii = np.empty(len(points), np.float32)
    for rows in blocks(len(points)):
        distances = squared_distances(points[rows], points)
        distances[np.arange(len(distances)), np.arange(rows.start, rows.stop)] = 0  # exactly: it must sort first
        radii[rows] = np.sqrt(np.partition(distances, k, axis=1)[:, k])
    return radii
