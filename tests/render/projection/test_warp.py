"""Where a picture lands: the homography, the bent grid, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.render.projection.warp import (
    UNIT_SQUARE,
    Point,
    Warp,
    corner_problem,
    homography,
    resampled,
    spline_weights,
)

QUAD: tuple[Point, ...] = ((0.1, 0.05), (0.9, 0.1), (1.0, 0.95), (0.02, 0.9))
FLAT = np.zeros((2, 2, 2))
LINES = np.linspace(0.0, 1.0, 13)


def grid(rows: int, columns: int, **moved: Point) -> np.ndarray:
    """grid(3, 3, p11=(0.1, 0)): the point of row 1 and column 1 is moved."""
    offsets = np.zeros((rows, columns, 2))
    for name, offset in moved.items():
        offsets[int(name[1]), int(name[2])] = offset
    return offsets


def test_corners_land_where_they_belong_and_straight_lines_stay_straight() -> None:
    warp = Warp(QUAD, FLAT)
    for point, corner in zip(UNIT_SQUARE, QUAD, strict=True):
        assert warp.place_one(point) == pytest.approx(corner, abs=1e-12)
    placed = warp.place(LINES, LINES)
    along, first = placed[:, -1] - placed[:, 0], placed[:, 0]
    off_line = np.cross(placed - first[:, None], along[:, None])
    assert np.abs(off_line).max() < 1e-12


def test_the_middle_is_where_the_diagonals_cross_not_where_the_corners_average() -> None:
    """What tells a homography from bending two triangles."""
    (a, b, c, d), warp = np.array(QUAD), Warp(QUAD, FLAT)
    t, _ = np.linalg.solve(np.column_stack([c - a, b - d]), b - a)
    assert warp.place_one((0.5, 0.5)) == pytest.approx(tuple(a + t * (c - a)), abs=1e-12)
    assert np.abs(np.mean(QUAD, axis=0) - warp.place_one((0.5, 0.5))).max() > 0.01


@given(st.lists(st.floats(-0.2, 0.2), min_size=8, max_size=8))
def test_the_homography_of_any_quad_inverts(moves: list[float]) -> None:
    corners = [(x + dx, y + dy) for (x, y), dx, dy in zip(UNIT_SQUARE, moves[::2], moves[1::2], strict=True)]
    if corner_problem(corners) is not None:
        return
    back = np.linalg.inv(homography(corners)) @ np.array([(*corner, 1.0) for corner in corners]).T
    assert pytest.approx(np.array(UNIT_SQUARE), abs=1e-8) == (back[:2] / back[2]).T


def test_the_mesh_of_a_plain_pin_is_in_perspective() -> None:
    mesh = Warp(QUAD, FLAT).mesh()
    x, y, w, u, v = mesh.vertices.astype(np.float64).T
    assert len(mesh.triangles) == 18 and w.min() > 0
    expected = homography(QUAD) @ np.stack([u, v, np.ones_like(u)])
    assert np.abs(expected - [x, y, w]).max() < 1e-6


def test_splines_pass_through_their_values_and_keep_lines() -> None:
    assert spline_weights(np.linspace(0, 1, 5), 5) == pytest.approx(np.eye(5))
    line = spline_weights(LINES, 4) @ np.linspace(3.0, 9.0, 4)
    assert line == pytest.approx(3.0 + 6.0 * LINES)
    assert spline_weights(LINES, 2) == pytest.approx(np.column_stack([1 - LINES, LINES]))


def test_a_moved_point_moves_the_picture_there_and_leaves_the_rest() -> None:
    offsets = grid(5, 5, p12=(0.03, -0.02))
    moved = Warp(QUAD, offsets).place(LINES, LINES) - Warp(QUAD, FLAT).place(LINES, LINES)
    assert moved[3, 6] == pytest.approx((0.03, -0.02))  # column 2 of 4 and row 1 of 4 are 6/12 and 3/12
    assert np.abs(moved[::3, ::3]).sum() == pytest.approx(0.05), "the other points of the grid stay"
    assert np.abs(moved[9:]).max() == 0.0, "two cells away nothing moves"


def test_a_bent_mesh_follows_the_surface() -> None:
    warp = Warp(QUAD, grid(3, 4, p11=(0.05, 0.04)))
    mesh = warp.mesh()
    x, y, w, u, v = mesh.vertices.astype(np.float64).T
    middle = np.array([(p[mesh.triangles].mean(axis=1)) for p in (x, y, w, u, v)])
    inside = (middle[3:] > 0).all(axis=0) & (middle[3:] < 1).all(axis=0)
    drawn = (middle[:2] / middle[2])[:, inside].T
    true = np.array([warp.place_one((a, b)) for a, b in middle[3:, inside].T])
    assert np.linalg.norm(drawn - true, axis=1).max() < np.hypot(0.05, 0.04) / 150


@pytest.mark.parametrize("rows", [2, 3, 6, 9])
def test_another_grid_keeps_the_shape_at_its_points(rows: int) -> None:
    offsets = grid(3, 3, p11=(0.05, 0.0), p02=(0.0, 0.03))
    other = resampled(offsets, rows, rows + (rows < 9))
    u, v = np.linspace(0, 1, other.shape[1]), np.linspace(0, 1, rows)
    assert Warp(QUAD, other).place(u, v) == pytest.approx(Warp(QUAD, offsets).place(u, v))
    if rows == 9:
        shift = Warp(QUAD, other).place(LINES, LINES) - Warp(QUAD, offsets).place(LINES, LINES)
        assert np.abs(shift).max() < 0.002


@pytest.mark.parametrize(
    ("corners", "problem"),
    [
        (QUAD, None),
        (UNIT_SQUARE, None),
        (((0, 0), (1, 0), (0.3, 0.3), (0, 1)), "the lower right one must stay outside the line through its neighbours"),
        (((0, 0), (1, 1), (1, 0), (0, 1)), "fold the picture"),
        (((0, 0), (0.5, 0), (1, 0), (0, 1)), "the upper right one must stay outside"),
        (((0.5, 0.5),) * 4, "fold the picture"),
        (((1, 0), (0, 0), (0, 1), (1, 1)), "mirror image: use flip"),
        (((0.49, 0.0), (0.51, 0.0), (2.0, 1.0), (-1.0, 1.0)), "slant the picture more than 16 to 1"),
    ],
)
def test_corners_between_which_no_picture_fits(corners: tuple[Point, ...], problem: str | None) -> None:
    said = corner_problem(corners)
    assert said is None if problem is None else said is not None and problem in said


def test_a_grid_that_folds_the_picture_is_noticed() -> None:
    assert not Warp(QUAD, grid(3, 3, p11=(0.15, 0.1))).is_folded()
    assert Warp(QUAD, grid(3, 3, p11=(0.7, 0.0))).is_folded()


def test_the_smallest_scale_is_that_of_the_most_crowded_pixels() -> None:
    assert Warp(UNIT_SQUARE, FLAT).smallest_scale((640, 360), (1280, 720)) == pytest.approx(2.0)
    half = ((0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.0, 0.5))
    assert Warp(half, FLAT).smallest_scale((640, 360), (640, 360)) == pytest.approx(0.5)
