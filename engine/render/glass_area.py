"""Where the glass is on the stage: the one piece of layout that several passes share.

Stage coordinates: origin in the middle, x right, y down, the stage's height is 1.
"""

from __future__ import annotations

from dataclasses import dataclass

Rect = tuple[float, float, float, float]
"""Left, top, right, bottom as fractions of the stage, origin top left."""


def overlap(a: Rect, b: Rect) -> Rect | None:
    """What two rectangles have in common; None where they have nothing."""
    left, top, right, bottom = max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])
    return (left, top, right, bottom) if left < right and top < bottom else None


@dataclass(frozen=True)
class GlassArea:
    """A rectangle with rounded corners in which the reflection is seen.

    Attributes:
        x, y: its centre, stage coordinates.
        half_width, half_height: stage coordinates.
        corner: radius of its corners, stage coordinates.
        border: how wide the frame around it is, stage coordinates; 0 where there is none.
    """

    x: float
    y: float
    half_width: float
    half_height: float
    corner: float = 0.0
    border: float = 0.0

    @classmethod
    def whole(cls, aspect: float) -> GlassArea:
        """The whole of a stage of this width / height."""
        return cls(0.0, 0.0, aspect / 2, 0.5)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Centre and half size, as the uniform `u_opening` carries them."""
        return (self.x, self.y, self.half_width, self.half_height)

    def rect(self, aspect: float, margin: float = 0.0) -> Rect:
        """The part of a stage of this aspect that it covers, `margin` (stage coordinates) wider on each side."""
        half_width, half_height = self.half_width + margin, self.half_height + margin
        return (
            max(0.0, 0.5 + (self.x - half_width) / aspect),
            max(0.0, 0.5 + self.y - half_height),
            min(1.0, 0.5 + (self.x + half_width) / aspect),
            min(1.0, 0.5 + self.y + half_height),
        )


def cover_fit(picture_aspect: float, glass_aspect: float) -> tuple[float, float]:
    """The part of a picture's width and height that is seen when it covers a glass of another shape."""
    return min(1.0, glass_aspect / picture_aspect), min(1.0, picture_aspect / glass_aspect)
