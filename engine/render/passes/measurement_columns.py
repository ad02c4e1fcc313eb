"""Columns beside the drawn face: angles, probabilities, colours, in old-style figures. NumPy only, no OpenGL."""

from __future__ import annotations

import math

import numpy as np

from engine.render.overlay.glyph_atlas import MINUS, GlyphAtlas, joined
from engine.render.passes.measurement_face import PlacedFace
from engine.render.passes.measurement_sheet import FINE, INK, RED, THIN, Sheet, circle, letters, strokes, swatch
from engine.types import Features, FloatArray

SWATCHES = (  # row of `Features.patches`, label
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
_SQUARE = (((-1, -1), (1, -1)), ((1, -1), (1, 1)), ((1, 1), (-1, 1)), ((-1, 1), (-1, -1)))


class DataColumns:
    """Typesets the measurements of a viewer in two columns.

    Args:
        sheet: layout of the sheet.
        case: glyphs.
    """

    def __init__(self, sheet: Sheet, case: GlyphAtlas) -> None:
        self._sheet, self._case = sheet, case

    def pose(self, features: Features) -> FloatArray:
        """Left column: number of features, head pose, and the probabilities if there are any."""
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
            probability = min(attribute.probability, 0.99)  # two digits must not claim certainty
            marks += [self._pair(f"{attribute.name} {attribute.value}", f"{probability:.2f}", x, at_y, 0.85, RED)]
        return np.concatenate(marks)

    def colours(self, features: Features, face: PlacedFace) -> FloatArray:
        """Right column: colour patches with their L*, a*, b*, and their positions on the face."""
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
            marks += [swatch(x + 0.7 * size, at_y - 0.28 * size, 0.68 * size, 0.52 * size, lab, order)]
            marks += [letters(self._case.set_line(name, x + 1.9 * size, at_y, 0.8 * size, 0.04), INK, order)]
            for column, number in enumerate(lab):
                text = f"{number:.0f}".replace("-", MINUS)
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
            [
                x + inner * radius * math.sin(a),
                y - inner * radius * math.cos(a),
                x + radius * math.sin(a),
                y - radius * math.cos(a),
            ]
            for a, inner in ((math.radians(step), 0.80 if step % 90 else 0.62) for step in range(-90, 91, 30))
        ]
        arc = circle(x, y, radius, 24, -math.pi, 0.0)
        return np.concatenate(
            [
                strokes(arc, THIN, INK, order),
                strokes(np.array(ticks, np.float32), THIN, INK, order),
                strokes(hand, FINE, RED, order),
            ]
        )


def _degrees(value: float) -> str:
    return f"{value:.0f}°".replace("-", MINUS) if round(value) else "0°"
