"""Warp: where each point of a picture lands on the wall: a homography through four corners, and a bent grid on top.

Numbers only; knows no OpenGL and no file. Points are fractions, origin top left, y down: of the picture (u, v), and of
the projector's area (x, y), outside of which nothing is lit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]
Point = tuple[float, float]

UNIT_SQUARE: tuple[Point, Point, Point, Point] = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
"""The corners of a picture that fills its area, in the order of all corners here: clockwise from the top left."""

CORNER_NAMES = ("upper left", "upper right", "lower right", "lower left")
SEGMENTS = 12  # of a bent mesh, for each of its grid's cells; a bend is off by at most 1/150 of its height
MARGIN = 1 / 64  # of the picture, drawn beyond its edges, so that the edges can be smoothed
MIN_TURN = 1e-4  # area that two sides of a quad must span at least, fractions of the area
MAX_SLANT = 16.0  # how many times nearer than the farthest corner the nearest may seem


def homography(corners: Sequence[Point]) -> FloatArray:
    """The projective map of the unit square onto a quad (Heckbert, "Fundamentals of Texture Mapping", 1989, 2.2.3).

    Args:
        corners: four points in the order of `UNIT_SQUARE`, no three on a line.

    Returns:
        (3, 3) float64: (u, v, 1) to (x·w, y·w, w), with w = 1 in the upper left corner.
    """
    p0, p1, p2, p3 = np.asarray(corners, np.float64)
    rest = p0 - p1 + p2 - p3
    g, h = np.linalg.solve(np.column_stack([p1 - p2, p3 - p2]), rest)
    return np.array(
        [
            [p1[0] - p0[0] + g * p1[0], p3[0] - p0[0] + h * p3[0], p0[0]],
            [p1[1] - p0[1] + g * p1[1], p3[1] - p0[1] + h * p3[1], p0[1]],
            [g, h, 1.0],
        ]
    )


def spline_weights(positions: FloatArray, count: int) -> FloatArray:
    """How much each of `count` evenly spaced values, 0 to 1, takes part in a Catmull-Rom spline through them.

    Beyond its ends the row of values goes on straight, so that two values make a line.

    Args:
        positions: (N,) 0 to 1.
        count: 2 or more.

    Returns:
        (N, count), rows of sum 1.
    """
    scaled = np.clip(positions, 0.0, 1.0) * (count - 1)
    cell = np.minimum(scaled.astype(int), count - 2)
    t = (scaled - cell)[:, None]
    taps = np.hstack(
        [(-t + 2 * t**2 - t**3) / 2, (2 - 5 * t**2 + 3 * t**3) / 2, (t + 4 * t**2 - 3 * t**3) / 2, (t**3 - t**2) / 2]
    )
    padded = np.zeros((len(cell), count + 2))
    np.put_along_axis(padded, cell[:, None] + np.arange(4), taps, axis=1)
    weights = padded[:, 1:-1].copy()
    for beyond, edge, inner in ((0, 0, 1), (-1, -1, -2)):
        weights[:, edge] += 2 * padded[:, beyond]
        weights[:, inner] -= padded[:, beyond]
    return weights


@dataclass(frozen=True)
class Mesh:
    """Triangles that draw a warped picture.

    Attributes:
        vertices: (N, 5) float32: x·w, y·w, w, u, v.
        triangles: (M, 3) uint32 indices.
    """

    vertices: NDArray[np.float32]
    triangles: NDArray[np.uint32]


class Warp:
    """The map of a picture onto its area.

    Args:
        corners: where the picture's corners land, in the order of `UNIT_SQUARE`.
        offsets: (rows, columns, 2): how far each point of an even grid is moved from where the corners alone would
            have it, fractions of the area; 2 to 9 each.
    """

    def __init__(self, corners: Sequence[Point], offsets: FloatArray) -> None:
        self._matrix = homography(corners)
        self._offsets = np.asarray(offsets, np.float64)

    @property
    def is_bent(self) -> bool:
        """Whether the grid does anything."""
        return bool(self._offsets.any())

    def place(self, u: FloatArray, v: FloatArray) -> FloatArray:
        """Where the points of a lattice land.

        Args:
            u: (C,), v: (R,): its columns and rows in the picture.

        Returns:
            (R, C, 2) x, y.
        """
        homogeneous = self._homogeneous(u, v)
        return homogeneous[..., :2] / homogeneous[..., 2:]

    def place_one(self, point: Point) -> Point:
        """Where one point of the picture lands."""
        x, y = self.place(np.array([point[0]]), np.array([point[1]]))[0, 0]
        return float(x), float(y)

    def displacement(self, u: FloatArray, v: FloatArray) -> FloatArray:
        """(R, C, 2): what the grid adds at the points of a lattice."""
        rows, columns = self._offsets.shape[:2]
        added: FloatArray = np.einsum(
            "ri,ijk,cj->rck", spline_weights(v, rows), self._offsets, spline_weights(u, columns)
        )
        return added

    def mesh(self) -> Mesh:
        """What to draw: exact where only the corners are moved, in small pieces where the grid bends it."""
        u, v = (np.concatenate([[-MARGIN], lines, [1.0 + MARGIN]]) for lines in self._lines())
        vertices = np.concatenate([self._homogeneous(u, v), np.stack(np.meshgrid(u, v), axis=-1)], axis=-1)
        return Mesh(vertices.reshape(-1, 5).astype(np.float32), _triangles(len(u), len(v)))

    def smallest_scale(self, picture_wh: tuple[float, float], area_wh: tuple[int, int]) -> float:
        """How many pixels of the area a pixel of the picture gets at least, along either of its axes."""
        lines = np.linspace(0.0, 1.0, 17)
        placed = self.place(lines, lines) * np.asarray(area_wh)
        steps_px = [np.linalg.norm(np.diff(placed, axis=axis), axis=-1).min() for axis in (1, 0)]
        return float(min(step * (len(lines) - 1) / side for step, side in zip(steps_px, picture_wh, strict=True)))

    def is_folded(self) -> bool:
        """Whether some part of the picture lies on another or shows its back."""
        u, v = self._lines()
        placed = self.place(u, v).reshape(-1, 2)
        a, b, c = (placed[corner] for corner in _triangles(len(u), len(v)).T)
        return bool((_cross(b - a, c - a) <= 0.0).any())

    def _lines(self) -> tuple[FloatArray, FloatArray]:
        """The columns and rows along which the picture is cut into pieces."""
        rows, columns = self._offsets.shape[:2]
        segments = (SEGMENTS * (columns - 1), SEGMENTS * (rows - 1)) if self.is_bent else (1, 1)
        return np.linspace(0.0, 1.0, segments[0] + 1), np.linspace(0.0, 1.0, segments[1] + 1)

    def _homogeneous(self, u: FloatArray, v: FloatArray) -> FloatArray:
        grid = np.stack([*np.meshgrid(u, v), np.ones((len(v), len(u)))], axis=-1)
        homogeneous: FloatArray = grid @ self._matrix.T
        if self.is_bent:
            homogeneous[..., :2] += self.displacement(u, v) * homogeneous[..., 2:]
        return homogeneous


def corner_problem(corners: Sequence[Point]) -> str | None:
    """Why no picture can be put between these corners, in words that follow "the corners"; None if one can."""
    points = np.asarray(corners, np.float64)
    sides = np.roll(points, -1, axis=0) - points
    turns = _cross(np.roll(sides, 1, axis=0), sides)
    if (turns <= -MIN_TURN).all():
        return "stand in the order of a mirror image: use flip for that"
    for name, turn in zip(CORNER_NAMES, turns, strict=True):
        if turn < MIN_TURN:
            return f"fold the picture: the {name} one must stay outside the line through its neighbours"
    nearness = homography(corners)[2] @ np.array([(u, v, 1.0) for u, v in UNIT_SQUARE]).T
    if nearness.min() * MAX_SLANT < nearness.max():
        return f"slant the picture more than {MAX_SLANT:g} to 1, too far for its pixels"
    return None


def resampled(offsets: FloatArray, rows: int, columns: int) -> FloatArray:
    """A grid with another number of points that keeps the shape: each new point stands on the old surface.

    Args:
        offsets: (R, C, 2), as `Warp` takes them.

    Returns:
        (rows, columns, 2)
    """
    warp = Warp(UNIT_SQUARE, offsets)
    return warp.displacement(np.linspace(0.0, 1.0, columns), np.linspace(0.0, 1.0, rows))


def _cross(a: FloatArray, b: FloatArray) -> FloatArray:
    area: FloatArray = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return area


def _triangles(columns: int, rows: int) -> NDArray[np.uint32]:
    """((rows - 1) · (columns - 1) · 2, 3) indices into a lattice of points, row by row; clockwise on the wall."""
    index = np.arange(rows * columns, dtype=np.uint32).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    corners: NDArray[np.uint32] = np.stack([a, b, c, a, c, d], axis=-1)
    return corners.reshape(-1, 3)
