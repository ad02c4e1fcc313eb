"""Search windows: which parts of a picture are searched for faces, and in what order.

The whole picture shows near faces and most far ones; overlapping square tiles show the farthest. Tiles with movement
come first, and every other tile gets its turn in between. Knows no network.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engine.types import ByteArray

TILE_SHARE = 2 / 3  # side of a tile, as a share of the picture's shorter side
OVERLAP_SHARE = 1 / 3  # minimum overlap of neighbours: a face on the border of one tile is inside another
SMALLEST_WH = (320, 64)  # longer and shorter side of a picture; smaller pictures need no tiles
MOST_ACROSS = 8  # maximum number of tiles along the longer side, for very wide pictures
CELL_PX = 24  # of the motion grid
SAMPLE_PX = 8  # sampling step for it
LEAST_CHANGE = 8.0  # change in levels of a cell with movement, beyond the change common to all cells (noise, a lamp)

Window = tuple[int, int, int, int]  # left, top, width, height; px
Cells = NDArray[np.float32]


def tiles(width_px: int, height_px: int) -> list[Window]:
    """Overlapping squares that together cover a picture of that size, row by row; none for a small one."""
    longer, shorter = max(width_px, height_px), min(width_px, height_px)
    if longer <= SMALLEST_WH[0] or shorter <= SMALLEST_WH[1]:
        return []
    side = round(max(TILE_SHARE * shorter, longer / MOST_ACROSS))
    across, down = min(side, width_px), min(side, height_px)
    return [(x, y, across, down) for y in _steps(height_px, down) for x in _steps(width_px, across)]


def _steps(length: int, side: int) -> list[int]:
    count = math.ceil((length - side) / (side * (1 - OVERLAP_SHARE)) - 1e-9) + 1
    return [round(start) for start in np.linspace(0, length - side, count)]


class WindowOrder:
    """Schedule of windows from picture to picture."""

    def __init__(self) -> None:
        self._size_wh = (0, 0)
        self._tiles: list[Window] = []
        self._next = 0
        self._is_whole_next = True
        self._moved: dict[Window, float] = {}
        self._cells: Cells | None = None

    def all(self, picture: ByteArray) -> list[Window]:
        """All windows: the whole picture and its tiles."""
        self._fit(picture)
        return [(0, 0, *self._size_wh), *self._tiles]

    def one(self, picture: ByteArray) -> list[Window]:
        """One window: alternately the whole picture and the next tile."""
        self._fit(picture)
        is_whole, self._is_whole_next = self._is_whole_next or not self._tiles, not self._is_whole_next
        return [(0, 0, *self._size_wh)] if is_whole else self._turn()

    def some(self, picture: ByteArray, most: int) -> list[Window]:
        """Whole picture, next tile, and tiles with recent movement, up to `most` in all."""
        self._fit(picture)
        self._watch(picture)
        turn = self._turn() if most > 1 else []
        moved = sorted(self._moved, key=lambda window: -self._moved[window])
        windows = [(0, 0, *self._size_wh), *turn, *[each for each in moved if each not in turn][: max(0, most - 2)]]
        for window in windows:
            self._moved.pop(window, None)
        return windows

    def _fit(self, picture: ByteArray) -> None:
        height, width = picture.shape[:2]
        if (width, height) != self._size_wh:
            self._size_wh, self._tiles, self._next = (width, height), tiles(width, height), 0
            self._moved, self._cells = {}, None

    def _turn(self) -> list[Window]:
        if not self._tiles:
            return []
        self._next = (self._next + 1) % len(self._tiles)
        return [self._tiles[self._next]]

    def _watch(self, picture: ByteArray) -> None:
        """Accumulate the movement in each tile since it was last searched."""
        cells, last = _cells(picture), self._cells
        self._cells = cells
        if last is None:
            return
        change = np.abs(cells - last)
        change -= np.median(change)
        for window in self._tiles:
            most = float(_of_window(change, window).max())
            if most > LEAST_CHANGE:
                self._moved[window] = max(most, self._moved.get(window, 0.0))


def _cells(picture: ByteArray) -> Cells:
    """Brightness of a picture per cell: the mean green of a few of its pixels."""
    sampled = picture[::SAMPLE_PX, ::SAMPLE_PX, 1]
    each = CELL_PX // SAMPLE_PX
    rows, columns = max(1, sampled.shape[0] // each), max(1, sampled.shape[1] // each)
    if min(sampled.shape) < each:
        return np.full((1, 1), sampled.mean(), np.float32)
    blocks = sampled[: rows * each, : columns * each].reshape(rows, each, columns, each)
    return np.asarray(blocks.mean(axis=(1, 3)), np.float32)


def _of_window(cells: Cells, window: Window) -> Cells:
    left, top, width, height = window
    part = cells[top // CELL_PX : (top + height) // CELL_PX + 1, left // CELL_PX : (left + width) // CELL_PX + 1]
    return part if part.size else cells[-1:, -1:]
