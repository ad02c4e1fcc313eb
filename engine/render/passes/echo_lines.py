"""Lines of the echo: the viewer's outline over the stranger's face, in stage coordinates. NumPy only, no OpenGL."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.render.passes.measurement_face import FACE_LINES
from engine.types import FloatArray
from engine.visitor.face_difference import FaceDifference

STEPS = 5  # samples between landmarks
TAPER = 15.0  # samples over which a line fades in and out
LANDMARKS = 478
CURVES = tuple(line for index, (_, line) in enumerate(FACE_LINES) if index not in (7, 8, 13, 14))
"""Without the inner lips and the irises: one line per feature is enough. The first is the face's contour."""
INSIDE = 0.65  # brightness of lines inside the contour, so that the face remains recognisable


@dataclass(frozen=True)
class FaceOnStage:
    """Transform from the stranger's aligned face to the stage.

    Attributes:
        eyes: (2,) midpoint of the stranger's eyes, stage coordinates.
        unit: distance between them.
        turn: (2, 2) rotation: rows are the face's axes on the stage.
    """

    eyes: FloatArray
    unit: float
    turn: FloatArray

    @classmethod
    def of(cls, face_difference: FaceDifference, put: tuple[float, float, float, float]) -> FaceOnStage:
        """Transform for a face placed by `put_face`, given the position of the stranger's eyes in its picture."""
        x, y, per_side, roll = put
        side = 1.0 / per_side
        at = np.array([face_difference.eyes.x - 0.5, face_difference.eyes.y - 0.5], np.float32) * side
        eyes = np.array([x, y], np.float32) + at @ _turned(roll)
        return cls(eyes, face_difference.eyes.eye_distance * side, _turned(roll + face_difference.eyes.roll_rad))

    def place(self, points: FloatArray) -> FloatArray:
        """Convert aligned points to stage coordinates (N, 2)."""
        return self.eyes + self.way(points)

    def way(self, vectors: FloatArray) -> FloatArray:
        """Convert differences between points likewise."""
        return np.asarray(self.unit * (vectors @ self.turn), np.float32)


class EchoLines:
    """Smooth lines through a face's landmarks: every sample is a weighted mean of a few landmarks.

    Attributes:
        count: number of samples in all lines.
        contour_count: number of samples in the face's contour, which comes first.
    """

    def __init__(self) -> None:
        parts = [_spline(curve) for curve in CURVES]
        self._weights = np.concatenate(parts)
        self._tapers = np.concatenate([_taper(len(part)) for part in parts])
        self._tapers[len(parts[0]) :] *= INSIDE
        self._ends = np.cumsum([len(part) for part in parts]) - 1
        self.count, self.contour_count = len(self._weights), len(parts[0])

    def table(self, face_difference: FaceDifference, face: FaceOnStage) -> FloatArray:
        """Two rows per sample (2 * count, 4), in stage coordinates except for the last two numbers.

        x, y, normal of the line; vector to the stranger's own line, its length in eye distances, brightness (0..1,
        fading towards both ends of a line), or -1 where a line does not continue to the next sample.
        """
        places = face.place(self._weights @ face_difference.outline)
        apart = self._weights @ face_difference.apart
        along = np.gradient(places, axis=0)
        along[self._ends[:-1]], along[self._ends[:-1] + 1] = along[self._ends[:-1] - 1], along[self._ends[:-1] + 2]
        along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-9
        rows = np.zeros((self.count, 2, 4), np.float32)
        rows[:, 0, :2], rows[:, 0, 2], rows[:, 0, 3] = places, -along[:, 1], along[:, 0]
        rows[:, 1, :2], rows[:, 1, 2] = face.way(apart), np.linalg.norm(apart, axis=1)
        rows[:, 1, 3] = self._tapers
        rows[self._ends, 1, 3] = -1.0
        return rows.reshape(-1, 4)


def _spline(curve: tuple[int, ...]) -> FloatArray:
    """Weights (N, 478) of the landmarks in each sample of a Catmull-Rom spline through `curve`."""
    points = np.zeros((len(curve), LANDMARKS), np.float32)
    points[np.arange(len(curve)), curve] = 1.0
    if curve[0] == curve[-1]:
        before, after = points[-2], points[1]
    else:
        before, after = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
    a, b, c, d = (np.vstack([before, points, after])[i : i + len(curve) - 1, None] for i in range(4))
    t = (np.arange(STEPS, dtype=np.float32) / STEPS)[None, :, None]
    samples = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    return np.vstack([samples.reshape(-1, LANDMARKS), points[-1:]]).astype(np.float32)


def _taper(count: int) -> FloatArray:
    at = np.arange(count)
    return np.asarray(np.sin(0.5 * math.pi * np.clip(np.minimum(at, at[::-1]) / TAPER, 0.0, 1.0)), np.float32)


def _turned(roll_rad: float) -> FloatArray:
    cos, sin = math.cos(roll_rad), math.sin(roll_rad)
    return np.array([[cos, sin], [-sin, cos]], np.float32)
