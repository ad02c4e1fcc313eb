"""Glyph atlas: letters and old-style figures as one picture, and lines set from them. Knows no OpenGL.

The typeface is Computer Modern, which comes with Matplotlib (its figures in `cmmi10` are old-style and of equal width);
without Matplotlib, Pillow's default.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from engine.types import ByteArray, FloatArray

FIGURES, LETTERS = "0123456789", string.ascii_letters + " ,.:'()"
MINUS = "\N{MINUS SIGN}"
OTHERS = {MINUS: "{", "°": "\xba"}  # where the roman face has them
SHEET_COLUMNS = 16
Typeface = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True)
class Letter:
    """One letter on the sheet: its box in px, and how far the next one is, px."""

    box: tuple[int, int, int, int]
    advance: float


class GlyphAtlas:
    """All letters in one size.

    Args:
        size_px: of the type; the sheet holds it in just this size.

    Attributes:
        sheet: (H, W) uint8, 255 where there is ink.
    """

    def __init__(self, size_px: int) -> None:
        self.size_px = max(6, size_px)
        faces = {name: _typeface(name, self.size_px) for name in ("cmmi10", "cmti10", "cmr10")}
        is_found = _path("cmr10").is_file()
        cell_w, cell_h = round(1.5 * self.size_px), round(1.6 * self.size_px)
        letters = FIGURES + LETTERS + "".join(OTHERS)
        rows = -(-len(letters) // SHEET_COLUMNS)
        sheet = Image.new("L", (cell_w * SHEET_COLUMNS, cell_h * rows), 0)
        pen = ImageDraw.Draw(sheet)
        self._letters: dict[str, Letter] = {}
        for index, letter in enumerate(letters):
            row, column = divmod(index, SHEET_COLUMNS)
            x, y = column * cell_w, row * cell_h
            face = faces["cmmi10" if letter in FIGURES else "cmr10" if letter in OTHERS else "cmti10"]
            drawn = OTHERS.get(letter, letter) if is_found else letter
            pen.text((x + 0.2 * self.size_px, y + 1.15 * self.size_px), drawn, font=face, fill=255, anchor="ls")
            self._letters[letter] = Letter((x, y, x + cell_w, y + cell_h), face.getlength(drawn))
        self.sheet: ByteArray = np.asarray(sheet)

    def set_line(self, text: str, x: float, y: float, height: float, spacing: float = 0.0) -> FloatArray:
        """Set a line from `x` on the baseline `y`, in any unit, `height` being the type's size in it.

        Args:
            spacing: between letters, of the type's size; figures stand as they are.

        Returns:
            (N, 8) float32 per letter: left, top, right, bottom; the same on the sheet, 0 to 1.
        """
        scale = height / self.size_px
        sheet_h, sheet_w = self.sheet.shape
        rows = []
        for character in text:
            letter = self._letters.get(character, self._letters[" "])
            left, top, right, bottom = letter.box
            if character != " ":
                at_x, at_y = x - 0.2 * height, y - 1.15 * height
                size = ((right - left) * scale, (bottom - top) * scale)
                on_sheet = (left / sheet_w, top / sheet_h, right / sheet_w, bottom / sheet_h)
                rows.append([at_x, at_y, at_x + size[0], at_y + size[1], *on_sheet])
            x += letter.advance * scale + (spacing * height if character not in FIGURES else 0.0)
        return np.array(rows, np.float32).reshape(-1, 8)

    def width(self, text: str, height: float, spacing: float = 0.0) -> float:
        """Length of a line."""
        letters = [self._letters.get(character, self._letters[" "]) for character in text]
        spaced = sum(character not in FIGURES for character in text)
        return sum(letter.advance for letter in letters) * height / self.size_px + spaced * spacing * height


def joined(lines: Sequence[FloatArray]) -> FloatArray:
    """Several lines as one (N, 8)."""
    return np.concatenate([*lines, np.empty((0, 8), np.float32)])


def _path(name: str) -> Path:
    found = find_spec("matplotlib")
    return Path((found and found.origin) or "").parent / "mpl-data" / "fonts" / "ttf" / f"{name}.ttf"


def _typeface(name: str, size_px: int) -> Typeface:
    return ImageFont.truetype(_path(name), size_px) if _path(name).is_file() else ImageFont.load_default(size_px)
