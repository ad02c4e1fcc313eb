"""Distances in blocks agree with distances by definition."""

from __future__ import annotations

import numpy as np
import pytest

from tools.metrics.pairwise import BLOCK_ROWS, neighbour_radii, squared_distances


def test_squared_distances_are_those_of_the_definition() -> None:
    random = np.random.default_rng(0)
    a, b = random.standard_normal((7, 5)).astype(np.float32), random.standard_normal((9, 5)).astype(np.float32)
    np.testing.assert_allclose(squared_distances(a, b), ((a[:, None] - b[None]) ** 2).sum(-1), atol=1e-5)


def test_radii_reach_to_the_neighbour_across_blocks() -> None:
    line = np.arange(2.0 * BLOCK_ROWS + 3, dtype=np.float32)[:, None]
    radii = neighbour_radii(np.random.default_rng(0).permutation(line), 2)
    assert sorted(set(radii.tolist())) == [1.0, 2.0]  # one step to either side; two steps at the ends
    assert (radii == 2).sum() == 2


def test_a_duplicate_is_a_neighbour_but_a_point_itself_is_not() -> None:
    points = np.array([[100.0], [100.0], [103.0]], np.float32)
    np.testing.assert_allclose(neighbour_radii(points, 1), [0, 0, 3])


def test_too_few_points_have_no_neighbours() -> None:
    with pytest.raises(ValueError, match="3 points have no 3 neighbours"):
        neighbour_radii(np.zeros((3, 2), np.float32), 3)
