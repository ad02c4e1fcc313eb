"""Drawing of a viewer's face on the measurement sheet: points, outlines, hatching, axes, distances. NumPy only, no
OpenGL.

Everything is drawn from `Features`: landmarks, pose, colours. No picture is used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from engine.render.overlay.glyph_atlas import GlyphAtlas, joined
from engine.render.passes.measurement_sheet import FINE, FIRM, INK, RED, THIN, Sheet, circle, letters, strokes
from engine.types import Features, FloatArray

FACE_LINES: tuple[tuple[float, tuple[int, ...]], ...] = (  # half width, landmarks in order
    (FIRM, (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149,
            150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109, 10)),
    (FIRM, (33, 246, 161, 160, 159, 158, 157, 173, 133)), (FINE, (133, 155, 154, 153, 145, 144, 163, 7, 33)),
    (FIRM, (263, 466, 388, 387, 386, 385, 384, 398, 362)), (FINE, (362, 382, 381, 380, 374, 373, 390, 249, 263)),
    (FIRM, (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)),
    (FINE, (291, 375, 321, 405, 314, 17, 84, 181, 91, 146, 61)),
    (FINE, (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)),
    (FINE, (308, 324, 318, 402, 317, 14, 87, 178, 88, 95, 78)),
    (FIRM, (70, 63, 105, 66, 107)), (FIRM, (336, 296, 334, 293, 300)),
    (FINE, (6, 197, 195, 5, 4)), (FINE, (64, 98, 97, 2, 326, 327, 294)),
    (FINE, (469, 470, 471, 472, 469)), (FINE, (474, 475, 476, 477, 474)),
)  # fmt: skip


def load_map() -> tuple[FloatArray, FloatArray]:
    """Positions (478, 2) of the landmarks on the mean face, and triangles (N, 3); see `tools/dev/make_face_map.py`."""
    with np.load(Path(__file__).with_name("face_map.npz"), allow_pickle=False) as stored:
        return stored["places"], stored["triangles"].astype(np.float32)


@dataclass(frozen=True)
class PlacedFace:
    """Landmarks on the sheet.

    Attributes:
        points: (478, 3) x, y in stage coordinates, z in the same unit, smaller is nearer.
        patches: (N, 2) centres of the colour patches.
    """

    points: FloatArray
    patches: FloatArray

    @classmethod
    def of(cls, features: Features, sheet: Sheet, follow: float) -> PlacedFace:
        """Place a viewer's landmarks on the sheet; they follow the viewer's position and size, weighted by `follow`."""
        landmarks, placement = features.landmarks_px.astype(np.float64), features.placement
        eyes = features.eyes_px.astype(np.float64)
        scale = sheet.unit / features.eye_distance_px
        away = np.array([(placement.x - 0.5) * placement.aspect, placement.y - 0.42]) * 0.5
        middle = np.array(sheet.eyes) + np.tanh(follow * away / 0.12) * 0.12
        points = landmarks * scale
        points[:, :2] += middle - eyes * scale
        patches = features.patches[:, :2] * scale + middle - eyes * scale
        return cls(points.astype(np.float32), patches.astype(np.float32))


class FaceDrawing:
    """Draws faces on a sheet.

    Args:
        sheet: layout of the sheet.
        case: glyphs.
    """

    def __init__(self, sheet: Sheet, case: GlyphAtlas) -> None:
        self._sheet, self._case = sheet, case
        self.places, self.triangles = load_map()
        pairs = [(a, b, half) for half, line in FACE_LINES for a, b in pairwise(line)]
        self._from, self._to = (np.array([pair[i] for pair in pairs]) for i in (0, 1))
        self._half_widths = np.array([pair[2] for pair in pairs], np.float32)
        self._line_order = (0.18 + 0.25 * np.linspace(0.0, 1.0, len(pairs))).astype(np.float32)
        self._dots = np.unique(
            [index for _, line in FACE_LINES for index in line] + list(range(0, 468, 3)) + [468, 473]
        )
        self._dot_order = np.random.default_rng(3).uniform(0.0, 0.22, len(self._dots)).astype(np.float32)

    def lines(self, face: PlacedFace) -> FloatArray:
        """Points and outlines as marks (N, 12)."""
        flat = face.points[:, :2]
        dots = np.hstack([flat[self._dots]] * 2)
        outline = np.hstack([flat[self._from], flat[self._to]])
        return np.concatenate(
            [
                strokes(dots, 0.0016, INK, self._dot_order),
                strokes(outline, self._half_widths, INK, self._line_order),
            ]
        )

    def surface(self, face: PlacedFace, features: Features) -> FloatArray:
        """Hatching parameters at each landmark, (478, 4): x, y, darkness 0..1, 0."""
        points, corners = face.points, self.triangles.astype(np.intp)
        a, b, c = (points[corners[:, i]] for i in range(3))
        normals = np.zeros((len(points), 3))
        for i in range(3):
            np.add.at(normals, corners[:, i], np.cross(b - a, c - a))
        normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9
        normals *= np.where(normals[:, 2:] > 0, -1.0, 1.0)  # towards the viewer
        lit = 0.5 + 0.5 * normals @ np.array([-0.64, -0.52, -0.56])
        tone = 1.0 - 0.78 * lit**1.6 - 0.34 * np.abs(normals[:, 2]) ** 2
        if len(features.patches):
            skin = np.median(features.patches[:8, 2])
            apart = np.linalg.norm(points[:, None, :2] - face.patches[None], axis=2) / self._sheet.unit
            weight = np.exp(-((apart / 0.34) ** 2)) + 1e-5
            level = (weight @ (features.patches[:, 2] - skin)) / (weight.sum(axis=1) + 0.25)
            tone = tone - 0.012 * np.clip(level, -30.0, 10.0)
        hatched = np.zeros((len(points), 4), np.float32)
        hatched[:, :2], hatched[:, 2] = points[:, :2], np.clip(tone, 0.0, 1.0)
        return hatched

    def axes(self, features: Features, face: PlacedFace) -> FloatArray:
        """Axes of the head from the bridge of the nose: horizontal and vertical in ink, the line of sight in red."""
        yaw, pitch = math.radians(features.yaw_deg), math.radians(features.pitch_deg)
        roll, reach = features.placement.roll_rad, 1.45 * self._sheet.unit
        x, y = face.points[168, :2]
        sight = np.array([math.sin(yaw) * math.cos(pitch), -math.sin(pitch)])
        upright = np.array([math.sin(yaw) * math.sin(pitch), -math.cos(pitch)])
        across = np.array([math.cos(yaw), 0.0])
        turn = np.array([[math.cos(roll), -math.sin(roll)], [math.sin(roll), math.cos(roll)]])
        across, upright, sight = (turn @ axis for axis in (across, upright, sight))
        middle = np.array([x, y])
        dashed = [
            [*(middle + axis * reach * begin), *(middle + axis * reach * (begin + 0.05))]
            for axis, low, high in ((across, -1.15, 1.15), (upright, -1.75, 1.25))
            for begin in np.arange(low, high, 0.085)
        ]
        tip = middle + 1.5 * reach * sight
        back = (middle - tip) / (np.linalg.norm(middle - tip) + 1e-6)
        aside = np.array([-back[1], back[0]])
        barb = 0.018 * min(1.0, float(np.linalg.norm(middle - tip)) / 0.03)
        arrow = [[*middle, *tip], *([*tip, *(tip + barb * (back + side * aside))] for side in (0.4, -0.4))]
        ring = circle(x, y, 0.0095, 20)
        return np.concatenate(
            [
                strokes(np.array(dashed, np.float32), THIN, INK, 0.5),
                strokes(np.array(arrow, np.float32), FIRM, RED, 0.55),
                strokes(ring, FINE, RED, 0.5),
            ]
        )

    def distances(self, face: PlacedFace) -> FloatArray:
        """Dimension lines outside the face, labelled in eye distances."""
        points, unit, size = face.points, self._sheet.unit, self._sheet.type
        outline = points[list(FACE_LINES[0][1]), :2]
        (left, top), (right, bottom) = outline.min(axis=0), outline.max(axis=0)
        gap = 0.36 * unit
        upright = ((10, 152, left - 1.25 * gap), (168, 2, right + gap), (2, 152, right + gap))
        level = ((234, 454, top - gap), (61, 291, bottom + gap), (133, 362, top - 0.45 * gap))
        marks: list[list[float]] = []
        words: list[FloatArray] = []
        for a, b, x in upright:
            length = float(np.linalg.norm(points[a] - points[b])) / unit
            ya, yb = float(points[a, 1]), float(points[b, 1])
            marks += _dimension((x, ya), (x, yb), (float(points[a, 0]), ya), (float(points[b, 0]), yb))
            at = x - 2.6 * size if x < left else x + 0.5 * size
            words.append(self._case.set_line(f"{length:.2f}", at, 0.5 * (ya + yb) + 0.3 * size, size))
        for a, b, y in level:
            length = float(np.linalg.norm(points[a] - points[b])) / unit
            xa, xb = float(points[a, 0]), float(points[b, 0])
            marks += _dimension((xa, y), (xb, y), (xa, float(points[a, 1])), (xb, float(points[b, 1])))
            text = f"{length:.2f}"
            below = 1.05 if y > bottom else -0.35
            at = 0.5 * (xa + xb) - 0.5 * self._case.width(text, size)
            words.append(self._case.set_line(text, at, y + below * size, size))
        drawn = strokes(
            np.array(marks, np.float32), THIN, INK, np.repeat(np.linspace(0.55, 0.8, 6), 5).astype(np.float32)
        )
        return np.concatenate([drawn, letters(joined(words), INK, 0.8)])


_Point = tuple[float, float]


def _dimension(a: _Point, b: _Point, from_a: _Point, from_b: _Point) -> list[list[float]]:
    """Dimension line from a to b with its ticks and extension lines."""
    tick = 0.006
    (xa, ya), (xb, yb) = a, b
    return [
        [xa, ya, xb, yb],
        [xa - tick, ya + tick, xa + tick, ya - tick],
        [xb - tick, yb + tick, xb + tick, yb - tick],
        [from_a[0], from_a[1], xa, ya],
        [from_b[0], from_b[1], xb, yb],
    ]
