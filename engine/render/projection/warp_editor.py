"""Warp editor: state of a calibration by hand, with the selected handle and an undo history.

Knows projection settings and pixels of the wall as the audience sees it; no window, no OpenGL, no file. Changes that
would fold or flip the picture are rejected: `note` says why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from pydantic import ValidationError

from engine.config.validation import Settings
from engine.render.projection.settings import MAX_GRID, MIN_GRID, Corners, Grid, ProjectionSettings, ProjectorSettings
from engine.render.projection.warp import CORNER_NAMES, UNIT_SQUARE, FloatArray, Point, resampled
from engine.render.window.calibration_keymap import CalibrationAction

GRAB_PX = 40.0  # how near to a handle a click must be
LARGE_STEP_PX = 10
MAX_UNDO = 1000

Size = tuple[int, int]
Index = int | tuple[int, int]


@dataclass(frozen=True, slots=True)
class Handle:
    """A point that can be moved.

    Attributes:
        name: what the overlay calls it.
        place_px: where it is on the wall.
        index: of a corner (0 to 3), or row and column of a point of the grid.
    """

    name: str
    place_px: Point
    index: Index


class WarpEditor:
    """Edits one projector of a venue at a time.

    Args:
        venue: as it is now.
        wall_wh: the window as the audience sees it, px.

    Attributes:
        note: what became of the last wish; empty if there is nothing to say.
        projector: number of the one that is edited, from 0.
    """

    def __init__(self, venue: ProjectionSettings, wall_wh: Size) -> None:
        self._venue = venue
        self._wall_wh = wall_wh
        self._undo: list[ProjectionSettings] = []
        self._redo: list[ProjectionSettings] = []
        self._before_drag: ProjectionSettings | None = None  # while the mouse holds a handle
        self._grip_px: Point = (0.0, 0.0)  # from the handle to where the mouse took it
        self._selected: Index = 0
        self._shape: FloatArray | None = None  # the grid as it was last moved by hand: sizes passed by do not blur it
        self.projector = 0
        self.note = ""

    @property
    def venue(self) -> ProjectionSettings:
        """With all that was done."""
        return self._venue

    @property
    def handles(self) -> list[Handle]:
        """The four corners, then the points of the grid that are not corners, row by row."""
        warp, columns, rows = self._settings.warp, self._settings.grid.columns, self._settings.grid.rows
        corners = [
            Handle(f"{name} corner", self._to_px(warp.place_one(point)), index)
            for index, (name, point) in enumerate(zip(CORNER_NAMES, UNIT_SQUARE, strict=True))
        ]
        placed = warp.place(np.linspace(0.0, 1.0, columns), np.linspace(0.0, 1.0, rows))
        points = [
            Handle(f"point {column + 1}, {row + 1} of the grid", self._to_px(placed[row, column]), (row, column))
            for row in range(rows)
            for column in range(columns)
            if not (row in (0, rows - 1) and column in (0, columns - 1))
        ]
        return corners + points

    @property
    def selected(self) -> Handle:
        """The handle that the arrow keys move."""
        return next(handle for handle in self.handles if handle.index == self._selected)

    @property
    def is_dragging(self) -> bool:
        return self._before_drag is not None

    def resize(self, wall_wh: Size) -> None:
        """The wall has another size from now on, px."""
        self._wall_wh = wall_wh

    def replace(self, venue: ProjectionSettings) -> None:
        """The venue was changed elsewhere, which can be undone too."""
        if venue != self._venue:
            self._remember(self._venue)
            self._set(venue)

    def apply(self, action: CalibrationAction, is_large: bool = False) -> None:
        """Do what a key asks for; what this editor does not know is ignored."""
        self.note = ""
        direction = action.direction
        if direction is not None:
            step_px = LARGE_STEP_PX if is_large else 1
            self._move(self._selected, (direction[0] * step_px, direction[1] * step_px))
        elif action in (CalibrationAction.NEXT_HANDLE, CalibrationAction.PREVIOUS_HANDLE):
            self._select_next(1 if action is CalibrationAction.NEXT_HANDLE else -1)
        elif action in (CalibrationAction.FINER, CalibrationAction.COARSER):
            self._resize_grid(1 if action is CalibrationAction.FINER else -1)
        elif action is CalibrationAction.NEXT_GRID:
            is_largest = max(self._settings.grid.columns, self._settings.grid.rows) == MAX_GRID
            self._resize_grid(MIN_GRID - MAX_GRID if is_largest else 1)
        elif action is CalibrationAction.NEXT_PROJECTOR:
            self._select_projector((self.projector + 1) % len(self._venue.projectors))
        elif action is CalibrationAction.RESET:
            self._reset()
        elif action is CalibrationAction.UNDO:
            self._step(self._undo, self._redo, "there is nothing to undo")
        elif action is CalibrationAction.REDO:
            self._step(self._redo, self._undo, "there is nothing to redo")

    def press(self, place_px: Point) -> None:
        """The mouse takes the handle next to a place; of corners and points equally near, the corner."""
        distances = [float(np.hypot(*np.subtract(handle.place_px, place_px))) for handle in self.handles]
        nearest = int(np.argmin(distances))
        if distances[nearest] <= GRAB_PX:
            self.note = ""
            handle = self.handles[nearest]
            self._selected, self._before_drag = handle.index, self._venue
            self._grip_px = place_px[0] - handle.place_px[0], place_px[1] - handle.place_px[1]

    def drag(self, place_px: Point) -> None:
        """The mouse has moved the handle that it holds."""
        if self.is_dragging:
            self.note = ""
            now_px, grip_px = self.selected.place_px, self._grip_px
            by_px = place_px[0] - grip_px[0] - now_px[0], place_px[1] - grip_px[1] - now_px[1]
            self._move(self._selected, by_px, remember=False)

    def release(self) -> None:
        """The mouse lets go: all of the way is one step to undo."""
        before, self._before_drag = self._before_drag, None
        if before is not None and before != self._venue:
            self._remember(before)

    # -------------------------------------------------- what is done

    def _move(self, index: Index, by_px: Point, *, remember: bool = True) -> None:
        width, height = self._area_wh
        self._put(index, lambda place: (place[0] + by_px[0] / width, place[1] + by_px[1] / height), remember)

    def _reset(self) -> None:
        """The handle that is selected goes back to where it is in a plain picture."""
        index = self._selected
        home = UNIT_SQUARE[index] if isinstance(index, int) else (0.0, 0.0)
        self._put(index, lambda _: home)

    def _put(self, index: Index, change: Callable[[Point], Point], remember: bool = True) -> None:
        """Change the place of a corner, or the offset of a point of the grid."""

        def parts() -> dict[str, Settings]:
            if isinstance(index, int):
                places: list[Point] = list(self._settings.corners.points)
                places[index] = change(places[index])
                return {"corners": Corners.of(tuple(places))}
            offsets = self._settings.grid.array
            offsets[index] = change((float(offsets[index][0]), float(offsets[index][1])))
            return {"grid": Grid.of(offsets)}

        self._attempt(parts, remember)

    def _resize_grid(self, by: int) -> None:
        grid = self._settings.grid
        rows, columns = (min(MAX_GRID, max(MIN_GRID, count + by)) for count in (grid.rows, grid.columns))
        if (rows, columns) == (grid.rows, grid.columns):
            self.note = f"a grid has {MIN_GRID} to {MAX_GRID} points a side"
        else:
            shape = grid.array if self._shape is None else self._shape
            self._attempt(lambda: {"grid": Grid.of(resampled(shape, rows, columns))})
            self._shape = shape

    def _attempt(self, parts: Callable[[], dict[str, Settings]], remember: bool = True) -> None:
        """Change parts of the projector's settings, unless they refuse."""
        try:
            settings = ProjectorSettings.model_validate(dict(self._settings) | parts())
        except ValidationError as error:
            self.note = _refusal(error)
            return
        if settings != self._settings:
            if remember:
                self._remember(self._venue)
            self._set(self._venue.with_projector(self.projector, settings))

    def _remember(self, before: ProjectionSettings) -> None:
        self._undo = [*self._undo[-MAX_UNDO + 1 :], before]
        self._redo = []

    def _step(self, taken: list[ProjectionSettings], kept: list[ProjectionSettings], nothing: str) -> None:
        if not taken:
            self.note = nothing
            return
        self._before_drag = None
        kept.append(self._venue)
        self._set(taken.pop())

    def _set(self, venue: ProjectionSettings) -> None:
        self._venue, self._shape = venue, None
        self.projector = min(self.projector, len(venue.projectors) - 1)
        if all(handle.index != self._selected for handle in self.handles):
            self._selected = 0

    # -------------------------------------------------- what is selected

    def _select_next(self, step: int) -> None:
        indices = [handle.index for handle in self.handles]
        self._selected = indices[(indices.index(self._selected) + step) % len(indices)]

    def _select_projector(self, number: int) -> None:
        if len(self._venue.projectors) == 1:
            self.note = "the venue file has one projector"
        self.projector, self._selected, self._shape = number, 0, None

    # -------------------------------------------------- where things are

    @property
    def _settings(self) -> ProjectorSettings:
        return self._venue.projectors[self.projector]

    @property
    def _area_wh(self) -> Point:
        left, top, right, bottom = self._settings.area
        return (right - left) * self._wall_wh[0], (bottom - top) * self._wall_wh[1]

    def _to_px(self, place: Point) -> Point:
        left, top = self._settings.area[:2]
        width, height = self._area_wh
        return left * self._wall_wh[0] + float(place[0]) * width, top * self._wall_wh[1] + float(place[1]) * height


def _refusal(error: ValidationError) -> str:
    """One sentence of what pydantic says."""
    detail = error.errors(include_url=False)[0]
    if detail["type"] == "value_error":
        return f"not done: {detail['ctx']['error']}"
    return "not done: that is too far outside"
