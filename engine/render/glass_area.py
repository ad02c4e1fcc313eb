"""The area of the glass on the stage: the only layout that passes share.

Stage coordinates: origin in the middle, x right, y down, the stage's height is 1.
"""

from __future__ import annotations

from dataclasses import dataclass

Rect = tuple[float, float, float, float]
"""Left, top, right, bottom as fractions of the stage, origin top left."""


def overlap(a: Rect, b: Rect) -> Rect | None:
    """Intersection of two rectangles; None if it is empty."""
    left, top, right, bottom = max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])
    return (left, top, right, bottom) if left < right and top < bottom else None


@dataclass(frozen=True)
class GlassArea:
    """A rectangle with rounded corners in which the reflection is seen.

    Attributes:
        x, y: its centre, stage coordinates.
        half_width, half_height: stage coordinates.
        corner: radius of its corners, stage coordinates.
        border: width of the frame around it, stage coordinates; 0 without a frame.
    """

    x: float
    y: float
    half_width: float
    half_height: float
    corner: float = 0.0
    border: float = 0.0

    @classmethod
    def whole(cls, aspect: float) -> GlassArea:
        """The whole stage of this width / height."""
        return cls(0.0, 0.0, aspect / 2, 0.5)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Centre and half size, for the uniform `u_opening`."""
        return (self.x, self.y, self.half_width, self.half_height)

    def rect(self, aspect: float, margin: float = 0.0) -> Rect:
        """The part of a stage of this aspect that it covers, plus `margin` (stage coordinates) on each side."""
        half_width, half_height = self.half_width + margin, self.half_height + margin
        return (
            max(0.0, 0.5 + (self.x - half_width) / aspect),
            max(0.0, 0.5 + self.y - half_height),
            min(1.0, 0.5 + (self.x + half_width) / aspect),
            min(1.0, 0.5 + self.y + half_height),
        )


def cover_fit(picture_aspect: float, glass_aspect: float) -> tuple[float, float]:
    """The visible part of a picture's width and height when it covers a glass of another shape."""
    return min(1.0, glass_aspect / picture_aspect), min(1.0, picture_aspect / glass_aspect)
