"""The square of a picture that a face is looked at in: from a detection or from landmarks, cut out, and back again.

Near and far faces are cut alike: the square is turned upright and scaled to the pixels a network looks at, straight
from the full picture. It knows no network.

Coordinates are continuous: a pixel's middle is at half a number, and the picture's corner is 0, 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.types import ByteArray, FloatArray

MESH_SCALE = 1.5  # sides of the face's box that the mesh is shown, as MediaPipe has it
EYE_CORNERS_OUTER = (33, 263)

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FaceRegion:
    """A square of a picture, px.

    Attributes:
        x, y: its middle.
        side: its length.
        roll_rad: how far it is turned, clockwise on the screen.
    """

    x: float
    y: float
    side: float
    roll_rad: float = 0.0

    def scaled(self, factor: float) -> FaceRegion:
        """The same, larger or smaller about its middle."""
        return replace(self, side=self.side * factor)

    def to_square(self, size_px: int) -> Matrix:
        """(2, 3) that takes points of the picture into a square of that size."""
        scale = size_px / self.side
        cos, sin = scale * math.cos(self.roll_rad), scale * math.sin(self.roll_rad)
        half = size_px / 2
        return np.array(
            [[cos, sin, half - cos * self.x - sin * self.y], [-sin, cos, half + sin * self.x - cos * self.y]]
        )

    def from_square(self, size_px: int) -> Matrix:
        """(2, 3) that takes points of such a square back into the picture."""
        scale = self.side / size_px
        cos, sin = scale * math.cos(self.roll_rad), scale * math.sin(self.roll_rad)
        half = size_px / 2
        return np.array([[cos, -sin, self.x - half * (cos - sin)], [sin, cos, self.y - half * (sin + cos)]])

    def cut(self, picture: ByteArray, size_px: int) -> ByteArray:
        """The square (size_px, size_px, 3) of a picture (H, W, 3); what lies beyond the picture repeats its edge.

        A region of many pixels is averaged first, so that none of them is left out.
        """
        matrix, coarse = self.to_square(size_px), min(int(self.side / size_px), *picture.shape[:2])
        if coarse >= 2:
            picture, corner = _reduced(picture, self, coarse)
            matrix[:, 2] += matrix[:, :2] @ corner
            matrix[:, :2] *= coarse
        matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5  # to where pixels' middles are whole numbers
        cut = cv2.warpAffine(
            picture, matrix, (size_px, size_px), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(cut, np.uint8)

    def to_picture(self, points: FloatArray, size_px: int) -> FloatArray:
        """Points (N, 2 or 3) of a square of that size in the picture; a third number is a depth in the same unit."""
        matrix = self.from_square(size_px)
        placed = points.astype(np.float64)
        placed[:, :2] = placed[:, :2] @ matrix[:, :2].T + matrix[:, 2]
        placed[:, 2:] *= self.side / size_px
        return np.asarray(placed, np.float32)

    def is_same_face(self, other: FaceRegion) -> bool:
        """Whether two regions of one kind lie about one face: their middles are nearer than half a side."""
        return math.hypot(self.x - other.x, self.y - other.y) < max(self.side, other.side) / (2 * MESH_SCALE)


def region_of(landmarks_px: FloatArray, scale: float = MESH_SCALE) -> FaceRegion:
    """The region of a face of which landmarks (478, 3) are known: their box, turned as its eyes are."""
    points = landmarks_px[:, :2].astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    across = points[EYE_CORNERS_OUTER[1]] - points[EYE_CORNERS_OUTER[0]]
    x, y = (low + high) / 2
    side = float((high - low).max()) * scale
    return FaceRegion(float(x), float(y), max(side, 1.0), math.atan2(across[1], across[0]))


def _reduced(picture: ByteArray, region: FaceRegion, coarse: int) -> tuple[ByteArray, Matrix]:
    """The part of a picture about a region with `coarse` pixels in one each way, and where its corner is (2,)."""
    reach = region.side * (abs(math.cos(region.roll_rad)) + abs(math.sin(region.roll_rad))) / 2 + coarse
    size = np.array(picture.shape[1::-1])
    middle = np.array([region.x, region.y])
    first = np.clip(np.floor(middle - reach), 0, np.maximum(size - coarse, 0)).astype(int)
    last = np.clip(np.ceil(middle + reach), first + coarse, size).astype(int)
    count = (last - first) // coarse
    last = first + count * coarse
    part = picture[first[1] : last[1], first[0] : last[0]]
    reduced = cv2.resize(part, (int(count[0]), int(count[1])), interpolation=cv2.INTER_AREA)
    return np.asarray(reduced, np.uint8), first.astype(np.float64)
