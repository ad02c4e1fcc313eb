"""What is measured of a viewer -> marks on a sheet, as an anatomical engraver would set them. NumPy alone, no OpenGL.

Everything is drawn from `Features`: landmarks, pose, colours, probabilities. No picture is seen here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.render.type_case import TypeCase, joined
from engine.types import Features, FloatArray

STROKE, SWATCH, LETTER = 0.0, 1.0, 2.0
INK, RED = 0.0, 1.0
THIN, FINE, FIRM = 0.00085, 0.0012, 0.0017  # half widths of lines, stage heights
EYE_CORNERS = (33, 133, 362, 263)
FACE_LINES: tuple[tuple[float, tuple[int, ...]], ...] = (  # half width, landmarks in order
    (FIRM, (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149,
            150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109, 10)),
    (FIRM, (33, 246, 161, 160, 159, 158, 157, 173, 133)), (FINE, (133, 155, 154, 153, 145, 144, 163, 7, 33)),
    (FIRM, (263, 466, 388, 387, 386, 385, 384, 398, 362)), (FINE, (362, 382, 381, 380, 374, 373, 390, 249, 263)),
    (FIRM, (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)), (FINE, (291, 375, 321, 405, 314, 17, 84, 181, 91, 146, 61)),
    (FINE, (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)), (FINE, (308, 324, 318, 402, 317, 14, 87, 178, 88, 95, 78)),
    (FIRM, (70, 63, 105, 66, 107)), (FIRM, (336, 296, 334, 293, 300)),
    (FINE, (6, 197, 195, 5, 4)), (FINE, (64, 98, 97, 2, 326, 327, 294)),
    (FINE, (469, 470, 471, 472, 469)), (FINE, (474, 475, 476, 477, 474)),
)  # fmt: skip
SWATCHES = (  # row of `Features.patches`, what it is called
    (0, "forehead"),
    (3, "left cheek"),
    (4, "right cheek"),
    (7, "nose"),
    (9, "lips"),
    (11, "chin"),
    (12, "brow"),
    (14, "iris"),
    (16, "hair"),
    (19, "behind"),
)


def load_map() -> tuple[FloatArray, FloatArray]:
    """Places (478, 2) of the landmarks on the mean face and triangles (N, 3) of them; see `tools/make_face_map.py`."""
    with np.load(Path(__file__).with_name("face_map.npz"), allow_pickle=False) as stored:
        return stored["places"], stored["triangles"].astype(np.float32)


@dataclass(frozen=True)
class Sheet:
    """Where things are on a stage, in stage coordinates.

    Attributes:
        eyes: where the midpoint of the eyes is at rest.
        unit: the distance between the eyes.
        left, right: upper left corners of the two columns.
        type: size of the type.
    """

    eyes: tuple[float, float]
    unit: float
    left: tuple[float, float]
    right: tuple[float, float]
    type: float

    @classmethod
    def of(cls, aspect: float, size: float) -> Sheet:
        """The sheet on a stage of this width / height; on narrow ones the columns stand under the face."""
        if aspect >= 1.35:
            return cls((0.0, -0.075), size, (-0.5 * aspect + 0.13, -0.265), (0.5 * aspect - 0.47, -0.265), 0.030)
        small = min(1.0, aspect)
        bottom = 0.5 - 0.31 * small
        return cls((0.0, -0.20), 0.8 * size * small, (-0.44 * aspect, bottom), (0.04 * aspect, bottom), 0.021 * small)


@dataclass(frozen=True)
class PlacedFace:
    """The landmarks on the sheet.

    Attributes:
        points: (478, 3) x, y in stage coordinates, z in the same unit, smaller is nearer.
        patches: (N, 2) middle of each patch of colour.
    """

    points: FloatArray
    patches: FloatArray

    @classmethod
    def of(cls, features: Features, sheet: Sheet, follow: float) -> PlacedFace:
        """Put a viewer's landmarks on the sheet; they follow the viewer's place and size by the share `follow`."""
        landmarks, placement = features.landmarks_px.astype(np.float64), features.placement
        eyes = landmarks[list(EYE_CORNERS), :2].mean(axis=0)
        height_px = eyes[1] / placement.y if abs(placement.y) > 0.05 else eyes[0] / (placement.x * placement.aspect)
        scale = sheet.unit / max(placement.eye_distance * abs(height_px), 1e-6)
        away = np.array([(placement.x - 0.5) * placement.aspect, placement.y - 0.42]) * 0.5
        middle = np.array(sheet.eyes) + np.tanh(follow * away / 0.12) * 0.12
        points = landmarks * scale
        points[:, :2] += middle - eyes * scale
        patches = features.patches[:, :2] * scale + middle - eyes * scale
        return cls(points.astype(np.float32), patches.astype(np.float32))


def strokes(ends: FloatArray, half_width: FloatArray | float, tone: float, order: FloatArray | float) -> FloatArray:
    """Lines (N, 4) from, to as marks (N, 12): geometry, (half width, kind, tone, order), nothing."""
    marks = np.zeros((len(ends), 12), np.float32)
    marks[:, :4] = ends
    marks[:, 4], marks[:, 5], marks[:, 6], marks[:, 7] = half_width, STROKE, tone, order
    return marks


def letters(set_lines: FloatArray, tone: float, order: float) -> FloatArray:
    """What `TypeCase.set_line` gave as marks (N, 12)."""
    marks = np.zeros((len(set_lines), 12), np.float32)
    marks[:, :4], marks[:, 8:] = set_lines[:, :4], set_lines[:, 4:]
    marks[:, 5], marks[:, 6], marks[:, 7] = LETTER, tone, order
    return marks


class FaceDrawing:
    """Draws faces on a sheet.

    Args:
        sheet: the layout.
        case: the type.
    """

    def __init__(self, sheet: Sheet, case: TypeCase) -> None:
        self._sheet, self._case = sheet, case
        self.places, self.triangles = load_map()
        pairs = [(a, b, half) for half, line in FACE_LINES for a, b in zip(line, line[1:], strict=False)]
        self._from, self._to = (np.array([pair[i] for pair in pairs]) for i in (0, 1))
        self._half_widths = np.array([pair[2] for pair in pairs], np.float32)
        self._line_order = (0.18 + 0.25 * np.linspace(0.0, 1.0, len(pairs))).astype(np.float32)
        self._dots = np.unique([index for _, line in FACE_LINES for index in line] + list(range(0, 468, 3)) + [468, 473])
        self._dot_order = np.random.default_rng(3).uniform(0.0, 0.22, len(self._dots)).astype(np.float32)

    def lines(self, face: PlacedFace) -> FloatArray:
        """Points and outlines, marks (N, 12)."""
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
        """What the hatching needs at each landmark, (478, 4): x, y, how dark it is 0..1, 0."""
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
        return np.stack([points[:, 0], points[:, 1], np.clip(tone, 0.0, 1.0), np.zeros(len(points))], axis=1).astype(np.float32)

    def axes(self, features: Features, face: PlacedFace) -> FloatArray:
        """The axes of the head from the bridge of the nose: across and upright in ink, the line of sight in red."""
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
        ring = _circle(x, y, 0.0095, 20)
        return np.concatenate(
            [
                strokes(np.array(dashed, np.float32), THIN, INK, 0.5),
                strokes(np.array(arrow, np.float32), FIRM, RED, 0.55),
                strokes(ring, FINE, RED, 0.5),
            ]
        )

    def distances(self, face: PlacedFace) -> FloatArray:
        """Lines with their lengths in distances between the eyes, outside of the face."""
        points, unit, size = face.points, self._sheet.unit, self._sheet.type
        outline = points[list(FACE_LINES[0][1]), :2]
        (left, top), (right, bottom) = outline.min(axis=0), outline.max(axis=0)
        gap = 0.36 * unit
        upright = ((10, 152, left - 1.25 * gap), (168, 2, right + gap), (2, 152, right + gap))
        level = ((234, 454, top - gap), (61, 291, bottom + gap), (133, 362, top - 0.45 * gap))
        marks, words = [], []
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
        drawn = strokes(np.array(marks, np.float32), THIN, INK, np.repeat(np.linspace(0.55, 0.8, 6), 5).astype(np.float32))
        return np.concatenate([drawn, letters(joined(words), INK, 0.8)])

    def pose_column(self, features: Features) -> FloatArray:
        """The left column: how many numbers, how the head is turned, and the probabilities if there are any."""
        x, y = self._sheet.left
        size, roll_deg = self._sheet.type, math.degrees(features.placement.roll_rad)
        marks = [self._caption(f"you, in {len(features.vector)} numbers", x, y, 0.62)]
        angles = (("turned", features.yaw_deg), ("raised", features.pitch_deg), ("tilted", roll_deg))
        for row, (name, degrees) in enumerate(angles, 1):
            at_y = y + (1.0 + 2.15 * row) * size
            marks += [self._pair(name, _degrees(degrees), x, at_y, 0.64 + 0.05 * row)]
            marks += [self._protractor(x + 9.3 * size, at_y - 0.25 * size, degrees, 0.64 + 0.05 * row)]
        for row, attribute in enumerate(features.attributes):
            at_y = y + (9.4 + 1.7 * row) * size
            marks += [self._pair(f"{attribute.name} {attribute.value}", f"{attribute.probability:.2f}", x, at_y, 0.85, RED)]
        return np.concatenate(marks)

    def colour_column(self, features: Features, face: PlacedFace) -> FloatArray:
        """The right column: patches of colour with their L*, a*, b*, and where on the face each was taken."""
        if not len(features.patches):
            return np.zeros((0, 12), np.float32)
        x, y = self._sheet.right
        size = self._sheet.type
        marks = [self._caption("colours", x, y, 0.68)]
        for row, (index, name) in enumerate(SWATCHES, 1):
            order, at_y = 0.68 + 0.025 * row, y + (0.45 + 1.48 * row) * size
            lab = features.patches[index, 2:]
            half = 0.26 * size
            place = face.patches[index]
            corners = [[*(place + half * np.array(a)), *(place + half * np.array(b))] for a, b in _SQUARE]
            marks += [strokes(np.array(corners, np.float32), THIN, INK, order)]
            marks += [_swatch(x + 0.7 * size, at_y - 0.28 * size, 0.68 * size, 0.52 * size, lab, order)]
            marks += [letters(self._case.set_line(name, x + 1.9 * size, at_y, 0.8 * size, 0.04), INK, order)]
            for column, number in enumerate(lab):
                text = f"{number:.0f}".replace("-", "−")
                end = x + (8.2 + 1.75 * column) * size - self._case.width(text, 0.9 * size)
                marks += [letters(self._case.set_line(text, end, at_y, 0.9 * size), INK, order)]
        return np.concatenate(marks)

    def _caption(self, text: str, x: float, y: float, order: float) -> FloatArray:
        size = self._sheet.type
        rule = np.array([[x, y + 0.55 * size, x + 11.7 * size, y + 0.55 * size]], np.float32)
        words = self._case.set_line(text, x, y, 0.95 * size, 0.09)
        return np.concatenate([letters(words, INK, order), strokes(rule, THIN, INK, order)])

    def _pair(self, name: str, value: str, x: float, y: float, order: float, tone: float = INK) -> FloatArray:
        size = self._sheet.type
        end = x + (7.4 if tone == INK else 11.7) * size - self._case.width(value, size)
        lines = [self._case.set_line(name, x, y, 0.85 * size, 0.05), self._case.set_line(value, end, y, size)]
        return letters(joined(lines), tone, order)

    def _protractor(self, x: float, y: float, degrees: float, order: float) -> FloatArray:
        radius = 0.95 * self._sheet.type
        needle = math.radians(max(-90.0, min(90.0, degrees)))
        hand = np.array([[x, y, x + radius * math.sin(needle), y - radius * math.cos(needle)]], np.float32)
        ticks = [
            [x + inner * radius * math.sin(a), y - inner * radius * math.cos(a), x + radius * math.sin(a), y - radius * math.cos(a)]
            for a, inner in ((math.radians(step), 0.80 if step % 90 else 0.62) for step in range(-90, 91, 30))
        ]
        arc = _circle(x, y, radius, 24, -math.pi, 0.0)
        return np.concatenate(
            [
                strokes(arc, THIN, INK, order),
                strokes(np.array(ticks, np.float32), THIN, INK, order),
                strokes(hand, FINE, RED, order),
            ]
        )


_SQUARE = (((-1, -1), (1, -1)), ((1, -1), (1, 1)), ((1, 1), (-1, 1)), ((-1, 1), (-1, -1)))
_Point = tuple[float, float]


def _dimension(a: _Point, b: _Point, from_a: _Point, from_b: _Point) -> list[list[float]]:
    """A measure from a to b, its ticks, and the lines that carry it out from the face."""
    tick = 0.006
    (xa, ya), (xb, yb) = a, b
    return [
        [xa, ya, xb, yb],
        [xa - tick, ya + tick, xa + tick, ya - tick],
        [xb - tick, yb + tick, xb + tick, yb - tick],
        [from_a[0], from_a[1], xa, ya],
        [from_b[0], from_b[1], xb, yb],
    ]


def _circle(x: float, y: float, radius: float, steps: int, begin: float = 0.0, end: float = 2 * math.pi) -> FloatArray:
    angles = np.linspace(begin, end, steps + 1)
    ring = np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], axis=1)
    return np.hstack([ring[:-1], ring[1:]]).astype(np.float32)


def _swatch(x: float, y: float, half_width: float, half_height: float, lab: Sequence[float], order: float) -> FloatArray:
    mark = np.array([[x, y, half_width, half_height, 0.0, SWATCH, INK, order, *linear_rgb(lab), 1.0]], np.float32)
    return mark


def linear_rgb(lab: Sequence[float]) -> tuple[float, float, float]:
    """CIELAB under D65 as linear sRGB, held within 0..1 (CIE 15)."""
    fy = (lab[0] + 16) / 116
    f = (fy + lab[1] / 500, fy, fy - lab[2] / 200)
    x, y, z = (w * (t**3 if t > 6 / 29 else (116 * t - 16) * 27 / 24389) for t, w in zip(f, (0.95047, 1.0, 1.08883), strict=True))
    rgb = (3.2406 * x - 1.5372 * y - 0.4986 * z, -0.9689 * x + 1.8758 * y + 0.0415 * z, 0.0557 * x - 0.2040 * y + 1.0570 * z)
    red, green, blue = (min(1.0, max(0.0, float(channel))) for channel in rgb)
    return red, green, blue


def _degrees(value: float) -> str:
    return f"{value:.0f}°".replace("-", "−") if round(value) else "0°"
