"""Venue: how the picture is put on the walls of this room, by which projectors. Data only; knows no file, no scene.

Lengths are fractions, origin top left, y down: of the window as
the audience sees it (`area`), of the whole picture (`picture`), or of the projector's own area and part (the rest).
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from engine.config.validation import Settings
from engine.render.projection.warp import UNIT_SQUARE, FloatArray, Point, Warp, corner_problem

MIN_GRID, MAX_GRID = 2, 9
WHOLE = (0.0, 0.0, 1.0, 1.0)

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Place = Annotated[float, Field(ge=-1.0, le=2.0)]
Shift = Annotated[float, Field(ge=-1.0, le=1.0)]
Gain = Annotated[float, Field(ge=0.0, le=2.0)]
Box = tuple[Fraction, Fraction, Fraction, Fraction]


class Corners(Settings):
    """Corner pin: where the corners of its picture land."""

    top_left: tuple[Place, Place] = UNIT_SQUARE[0]
    """x and y, fractions of the area, -1 to 2 each; beyond 0 to 1 they are dark."""

    top_right: tuple[Place, Place] = UNIT_SQUARE[1]
    """The same."""

    bottom_right: tuple[Place, Place] = UNIT_SQUARE[2]
    """The same."""

    bottom_left: tuple[Place, Place] = UNIT_SQUARE[3]
    """The same."""

    @property
    def points(self) -> tuple[Point, Point, Point, Point]:
        """Clockwise from the top left."""
        return self.top_left, self.top_right, self.bottom_right, self.bottom_left

    @classmethod
    def of(cls, points: tuple[Point, ...]) -> Self:
        """Corners from four points, clockwise from the top left."""
        return cls(top_left=points[0], top_right=points[1], bottom_right=points[2], bottom_left=points[3])

    @model_validator(mode="after")
    def _check(self) -> Self:
        problem = corner_problem(self.points)
        if problem is not None:
            raise ValueError(f"the corners {problem}")
        return self


class Grid(Settings):
    """Grid warp: for walls that are not flat."""

    columns: int = Field(default=2, ge=MIN_GRID, le=MAX_GRID)
    """Points from left to right, 2 to 9."""

    rows: int = Field(default=2, ge=MIN_GRID, le=MAX_GRID)
    """Points from top to bottom, 2 to 9."""

    offsets: Annotated[tuple[tuple[Shift, Shift], ...], Field(max_length=MAX_GRID**2)] = ()
    """How far right and down each point is moved, fractions of the area, -1 to 1; row by row; empty moves none."""

    @property
    def array(self) -> FloatArray:
        """(rows, columns, 2)"""
        if not self.offsets:
            return np.zeros((self.rows, self.columns, 2))
        return np.asarray(self.offsets, np.float64).reshape(self.rows, self.columns, 2)

    @classmethod
    def of(cls, offsets: FloatArray) -> Self:
        """A grid from (rows, columns, 2)."""
        rows, columns = offsets.shape[:2]
        moved = tuple((float(x), float(y)) for x, y in offsets.reshape(-1, 2)) if offsets.any() else ()
        return cls(columns=columns, rows=rows, offsets=moved)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(self.offsets) not in (0, self.rows * self.columns):
            raise ValueError(
                f"{self.columns} columns and {self.rows} rows need {self.rows * self.columns} offsets, "
                f"not {len(self.offsets)}"
            )
        return self


class Blend(Settings):
    """Edge blending: where this projector's picture overlaps a neighbour's, their light adds up to one picture's."""

    left: float = Field(default=0.0, ge=0.0, le=0.5)
    """Width of the overlap, fraction of this projector's picture, 0 to 0.5."""

    right: float = Field(default=0.0, ge=0.0, le=0.5)
    """The same."""

    top: float = Field(default=0.0, ge=0.0, le=0.5)
    """Height of the overlap, fraction of this projector's picture, 0 to 0.5."""

    bottom: float = Field(default=0.0, ge=0.0, le=0.5)
    """The same."""

    gamma: float = Field(default=2.2, ge=1.0, le=3.5)
    """Gamma of the projector, 1 to 3.5; 2.2 is sRGB. More where overlaps are too dark, less where too bright."""

    black: float = Field(default=0.0, ge=0.0, le=0.2)
    """Light that is added outside the overlaps, 0 to 0.2 of full light, where two projectors' black shines through."""

    @property
    def widths(self) -> tuple[float, float, float, float]:
        """left, top, right, bottom"""
        return self.left, self.top, self.right, self.bottom


class Colour(Settings):
    """Matches a projector to the room, or to its neighbour."""

    gain: tuple[Gain, Gain, Gain] = (1.0, 1.0, 1.0)
    """Factors on the light of red, green and blue, 0 to 2 each."""

    gamma: float = Field(default=1.0, ge=0.5, le=2.0)
    """Exponent of the light, 0.5 to 2; more than 1 darkens the middle tones, less lightens them."""

    black: float = Field(default=0.0, ge=0.0, le=0.2)
    """The darkest that is shown, 0 to 0.2 of full light."""


class ProjectorSettings(Settings):
    """One projector."""

    area: Box = WHOLE
    """What it fills of the window, as the audience sees it: left, top, right, bottom, 0 to 1 each."""

    picture: Box = WHOLE
    """What it shows of the picture: left, top, right, bottom, 0 to 1 each."""

    corners: Corners = Corners()
    grid: Grid = Grid()

    mask: Annotated[str, Field(min_length=1, max_length=400)] | None = None
    """Grey picture that the light of the whole is multiplied by, a path from this file; black and transparent hide."""

    blend: Blend = Blend()
    colour: Colour = Colour()

    @property
    def warp(self) -> Warp:
        """Corners and grid together."""
        return Warp(self.corners.points, self.grid.array)

    @property
    def is_plain(self) -> bool:
        """Whether it shows the picture as it is."""
        return not self.warp.is_bent and self == ProjectorSettings(grid=self.grid)

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, (left, top, right, bottom) in (("area", self.area), ("picture", self.picture)):
            if not (right - left >= 0.01 and bottom - top >= 0.01):
                raise ValueError(f"{name} must be left, top, right, bottom, at least 0.01 wide and high")
        if self.warp.is_folded():
            raise ValueError("the grid folds the picture: move its offsets nearer to [0, 0]")
        return self


class ProjectionSettings(Settings):
    """This room."""

    format: Literal[1] = 1
    """Version of the format."""

    rotation: Literal[0, 90, 180, 270] = 0
    """How far the picture is turned, degrees, clockwise, for screens that hang on their side."""

    flip: Literal["none", "horizontal", "vertical"] = "none"
    """Mirror image, for projection from behind or by way of a mirror; done before the rotation."""

    projectors: Annotated[tuple[ProjectorSettings, ...], Field(min_length=1, max_length=4)] = (ProjectorSettings(),)
    """What shows it: one projector, or up to four whose displays make one desktop that the window covers."""

    @property
    def is_straight(self) -> bool:
        """Whether, apart from turning, the picture reaches the wall as it is."""
        return len(self.projectors) == 1 and self.projectors[0].is_plain

    @property
    def is_turned(self) -> bool:
        return self.rotation != 0 or self.flip != "none"

    def upright_wh(self, window_wh: tuple[int, int]) -> tuple[int, int]:
        """Size of the window as the audience sees it, px."""
        return window_wh[::-1] if self.rotation in (90, 270) else window_wh

    def with_projector(self, index: int, projector: ProjectorSettings) -> ProjectionSettings:
        """The same room with another setting of one projector."""
        projectors = (*self.projectors[:index], projector, *self.projectors[index + 1 :])
        return self.model_copy(update={"projectors": projectors})
