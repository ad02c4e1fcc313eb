"""Measurement sheet: layout, and the marks on it. NumPy only, no OpenGL.

A mark is a row of twelve numbers, as read by `shaders/marks.vert`: geometry; half width, kind, tone (0 ink, 1 red),
drawing order (0..1); position of a glyph in the atlas, or colour of a wash. Lengths are stage coordinates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.types import FloatArray

STROKE, SWATCH, LETTER = 0.0, 1.0, 2.0
INK, RED = 0.0, 1.0
THIN, FINE, FIRM = 0.00085, 0.0012, 0.0017  # half widths of lines

# CIE XYZ relative to D65 white -> linear sRGB.
_RGB_OF_XYZ = np.array([[3.0799, -1.5372, -0.5428], [-0.9210, 1.8758, 0.0452], [0.0529, -0.2040, 1.1512]])


@dataclass(frozen=True)
class Sheet:
    """Layout of the sheet, in stage coordinates.

    Attributes:
        eyes: midpoint of the eyes at rest.
        unit: distance between the eyes.
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
        """Layout for a stage of this width / height; on narrow ones the columns are below the face."""
        if aspect >= 1.35:
            return cls((0.0, -0.075), size, (-0.5 * aspect + 0.13, -0.265), (0.5 * aspect - 0.47, -0.265), 0.030)
        small = min(1.0, aspect)
        bottom = 0.5 - 0.35 * small
        return cls((0.0, -0.20), 0.8 * size * small, (-0.44 * aspect, bottom), (0.04 * aspect, bottom), 0.021 * small)


def strokes(ends: FloatArray, half_width: FloatArray | float, tone: float, order: FloatArray | float) -> FloatArray:
    """Convert lines (N, 4), from and to, to marks (N, 12): geometry, (half width, kind, tone, order), nothing."""
    marks = np.zeros((len(ends), 12), np.float32)
    marks[:, :4] = ends
    marks[:, 4], marks[:, 5], marks[:, 6], marks[:, 7] = half_width, STROKE, tone, order
    return marks


def letters(set_lines: FloatArray, tone: float, order: float) -> FloatArray:
    """Convert the result of `GlyphAtlas.set_line` to marks (N, 12)."""
    marks = np.zeros((len(set_lines), 12), np.float32)
    marks[:, :4], marks[:, 8:] = set_lines[:, :4], set_lines[:, 4:]
    marks[:, 5], marks[:, 6], marks[:, 7] = LETTER, tone, order
    return marks


def circle(x: float, y: float, radius: float, steps: int, begin: float = 0.0, end: float = 2 * math.pi) -> FloatArray:
    """Arc as line segments (steps, 4); angles in rad from the right, clockwise on screen."""
    angles = np.linspace(begin, end, steps + 1)
    ring = np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], axis=1)
    return np.hstack([ring[:-1], ring[1:]]).astype(np.float32)


def swatch(x: float, y: float, half_width: float, half_height: float, lab: FloatArray, order: float) -> FloatArray:
    """Wash of a colour (L*, a*, b*) as a mark (1, 12)."""
    return np.array([[x, y, half_width, half_height, 0.0, SWATCH, INK, order, *linear_rgb(lab), 1.0]], np.float32)


def linear_rgb(lab: FloatArray) -> FloatArray:
    """Convert CIELAB (3,) under D65 to linear sRGB (3,), clipped to 0..1 (CIE 15)."""
    fy = (float(lab[0]) + 16) / 116
    f = np.array([fy + float(lab[1]) / 500, fy, fy - float(lab[2]) / 200])
    xyz = np.where(f > 6 / 29, f**3, (116 * f - 16) * 27 / 24389)
    return np.asarray(np.clip(_RGB_OF_XYZ @ xyz, 0.0, 1.0), np.float32)
