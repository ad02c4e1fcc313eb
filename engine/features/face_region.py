"""Square regions around faces: from a detection or from landmarks, cut out, and mapped back.

Near and far faces are cut alike: the square is rotated upright and scaled to the network's input straight from the full
picture. Knows no network.

Coordinates are continuous: pixel centres are at half-integers, and the picture's corner is at 0, 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.types import ByteArray, FloatArray

MESH_SCALE = 1.5  # side of the mesh's input in sides of the face's box, as in MediaPipe
EYE_CORNERS_OUTER = (33, 263)

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FaceRegion:
    """Square region of a picture, px.

    Attributes:
        x, y: centre.
        side: side length.
        roll_rad: rotation, clockwise on screen.
    """

    x: float
    y: float
    side: float
    roll_rad: float = 0.0

    def scaled(self, factor: float) -> FaceRegion:
        """Scale about the centre."""
        return replace(self, side=self.side * factor)

    def to_square(self, size_px: int) -> Matrix:
        """Matrix (2, 3) from the picture into a square of that size."""
        scale = size_px / self.side
        cos, sin = scale * math.cos(self.roll_rad), scale * math.sin(self.roll_rad)
        half = size_px / 2
        return np.array(
            [[cos, sin, half - cos * self.x - sin * self.y], [-sin, cos, half + sin * self.x - cos * self.y]]
        )

    def from_square(self, size_px: int) -> Matrix:
        """Matrix (2, 3) from a square of that size into the picture."""
        scale = self.side / size_px
        cos, sin = scale * math.cos(self.roll_rad), scale * math.sin(self.roll_rad)
        half = size_px / 2
        return np.array([[cos, -sin, self.x - half * (cos - sin)], [sin, cos, self.y - half * (sin + cos)]])

    def cut(self, picture: ByteArray, size_px: int) -> ByteArray:
        """Cut the square (size_px, size_px, 3) from a picture (H, W, 3); beyond the picture its edge is repeated.

        Large regions are averaged first, so that no pixel is skipped.
        """
        matrix, coarse = self.to_square(size_px), min(int(self.side / size_px), *picture.shape[:2])
        if coarse >= 2:
            picture, corner = _reduced(picture, self, coarse)
            matrix[:, 2] += matrix[:, :2] @ corner
            matrix[:, :2] *= coarse
        matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5  # on integer pixel centres
        cut = cv2.warpAffine(
            picture, matrix, (size_px, size_px), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(cut, np.uint8)

    def to_picture(self, points: FloatArray, size_px: int) -> FloatArray:
        """Map points (N, 2 or 3) of a square of that size into the picture; a third number is a depth in the same
        unit."""
        matrix = self.from_square(size_px)
        placed = points.astype(np.float64)
        placed[:, :2] = placed[:, :2] @ matrix[:, :2].T + matrix[:, 2]
        placed[:, 2:] *= self.side / size_px
        return np.asarray(placed, np.float32)

    def is_same_face(self, other: FaceRegion) -> bool:
        """Whether two regions lie on the same face: their centres are closer than half a side."""
        return math.hypot(self.x - other.x, self.y - other.y) < max(self.side, other.side) / (2 * MESH_SCALE)


def region_of(landmarks_px: FloatArray, scale: float = MESH_SCALE) -> FaceRegion:
    """Region of a face with landmarks (478, 3): their bounding box, rotated with the eyes."""
    points = landmarks_px[:, :2].astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    across = points[EYE_CORNERS_OUTER[1]] - points[EYE_CORNERS_OUTER[0]]
    x, y = (low + high) / 2
    side = float((high - low).max()) * scale
    return FaceRegion(float(x), float(y), max(side, 1.0), math.atan2(across[1], across[0]))


def _reduced(picture: ByteArray, region: FaceRegion, coarse: int) -> tuple[ByteArray, Matrix]:
    """Crop a picture to a region and average blocks of `coarse` pixels; also returns the origin (2,) of the crop."""
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
