"""Reader of `.cube` files (Adobe, "Cube LUT Specification" 1.0, 2013; curves before a table as in DaVinci Resolve).
Knows no OpenGL.

Common deviations from the specification are accepted if their meaning is clear, and reported; anything else is refused
with its line. Sizes are limited before memory is allocated.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.core.errors import ConfigError
from engine.render.gl.shader_library import decode_foreign
from engine.types import FloatArray

MAX_FILE_BYTES = 16 * 1024 * 1024
SIZES, CURVE_SIZES = (2, 65), (2, 65536)
MAX_LINE = 250
LONGEST_CURVE = 4096  # maximum number of entries of a curve
NO_NUMBERS = {"nan", "inf", "infinity"}  # numeric words that are not colours
_COMMA = re.compile(r"[-+]?\d*,\d+(?:[eE][-+]?\d+)?")

Three = tuple[float, float, float]


@dataclass(frozen=True)
class CubeLut:
    """Curves followed by a colour table.

    Attributes:
        curve: (M, 3) float32, output for red, green and blue; (0, 0, 0), (1, 1, 1) without curves.
        curve_low, curve_high: inputs of the first and the last entry of the curves.
        table: (N, N, N, 3) float32, indexed by blue, green and red after the curves.
        low, high: red, green and blue of the first and the last entry of the table.
        notes: accepted deviations from the specification, one sentence each.
    """

    curve: FloatArray
    curve_low: Three
    curve_high: Three
    table: FloatArray
    low: Three
    high: Three
    notes: tuple[str, ...] = ()


def read_cube(path: Path, shown: str) -> CubeLut:
    """Read a file.

    Args:
        path: path of the file.
        shown: name used in messages.

    Raises:
        ConfigError: it is missing, too large or invalid; says what is wrong, and in which line.
    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(f"there is no colour table {shown}") from None
    except OSError as error:
        raise ConfigError(f"{shown} cannot be read: {error.strerror}") from error
    if len(raw) > MAX_FILE_BYTES:
        raise ConfigError(f"{shown} is larger than {MAX_FILE_BYTES >> 20} MiB: it is not a colour table")
    text, notes = decode_foreign(raw, shown)
    return _Reader(shown, notes).read(text.split("\n"))


class _Reader:
    def __init__(self, shown: str, notes: list[str]) -> None:
        self._shown = shown
        self._notes = notes
        self._size = self._curve_size = 0
        self._ranges: dict[str, tuple[Three, Three]] = {}
        self._rows: list[Three] = []

    def read(self, lines: list[str]) -> CubeLut:
        for number, line in enumerate(lines, 1):
            if len(line) > MAX_LINE:
                raise self._wrong(number, f"a line has at most {MAX_LINE} letters, and this one {len(line)}")
            text = line.partition("#")[0].strip()
            if text:
                self._take(number, text)
        if not self._size and not self._curve_size:
            raise ConfigError(f"{self._shown} has no LUT_3D_SIZE")
        return self._made()

    def _made(self) -> CubeLut:
        wanted = self._curve_size + self._size**3
        if len(self._rows) != wanted:
            size = f"{self._size} x {self._size} x {self._size}" if self._size else "one by one"
            curves = f" after {self._curve_size} of its curves" if self._curve_size and self._size else ""
            raise ConfigError(f"{self._shown} has {len(self._rows)} colours and needs {wanted}, {size}{curves}")
        rows = np.array(self._rows, np.float32)
        unit: tuple[Three, Three] = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
        domain = self._ranges.get("DOMAIN", unit)
        if self._size:
            low, high = self._ranges.get("3D", domain)
            table = rows[self._curve_size :].reshape(self._size, self._size, self._size, 3)
        else:
            (low, high), table = unit, _plain_table(rows)
        if not self._curve_size:
            low, high = self._ranges.get("1D", (low, high))  # some programs write it for their only table
        curve_low, curve_high = self._ranges.get("1D", domain) if self._curve_size else (low, high)
        for first, last in ((low, high), (curve_low, curve_high)):
            if any(less >= more for less, more in zip(first, last, strict=True)):
                raise ConfigError(f"{self._shown}: DOMAIN_MIN must be less than DOMAIN_MAX")
        curve = _curve(rows[: self._curve_size]) if self._curve_size else np.array([low, high], np.float32)
        if not self._size:
            low, high = _span(curve)
        return CubeLut(curve, curve_low, curve_high, table, low, high, tuple(self._notes))

    def _take(self, number: int, text: str) -> None:
        first, *values = text.split()
        word = first.upper()
        if word == "TITLE":
            return
        if word in ("LUT_3D_SIZE", "LUT_1D_SIZE"):
            size = self._read_size(number, word, values)
            if word == "LUT_3D_SIZE":
                self._size = size
            else:
                self._curve_size = size
        elif word in ("DOMAIN_MIN", "DOMAIN_MAX"):
            low, high = self._ranges.get("DOMAIN", ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)))
            three = self._three(number, values)
            self._ranges["DOMAIN"] = (three, high) if word == "DOMAIN_MIN" else (low, three)
        elif word in ("LUT_3D_INPUT_RANGE", "LUT_1D_INPUT_RANGE"):  # as in DaVinci Resolve
            least, most = self._numbers(number, values, 2)
            self._ranges[word[4:6]] = (least,) * 3, (most,) * 3
        elif word.startswith("LUT_"):
            self._tell(f"{self._shown}:{number}: {first[:40]} is unknown and ignored")
        elif word[0].isalpha() and word.lower() not in NO_NUMBERS:
            raise self._wrong(
                number, f"{first[:40]} is not known; there are TITLE, LUT_3D_SIZE, DOMAIN_MIN, DOMAIN_MAX"
            )
        else:
            self._add(number, [first, *values])

    def _add(self, number: int, values: list[str]) -> None:
        if not self._size and not self._curve_size:
            raise self._wrong(number, "LUT_3D_SIZE must come before the colours")
        if len(self._rows) == self._curve_size + self._size**3:
            size = f"LUT_3D_SIZE {self._size}" if self._size else f"LUT_1D_SIZE {self._curve_size}"
            raise self._wrong(number, f"there are more colours than {size} has room for")
        self._rows.append(self._three(number, values))

    def _read_size(self, number: int, word: str, values: list[str]) -> int:
        low, high = SIZES if word == "LUT_3D_SIZE" else CURVE_SIZES
        if (
            len(values) != 1
            or not values[0].isascii()
            or not values[0].isdigit()
            or not low <= int(values[0][:9]) <= high
        ):
            raise self._wrong(number, f"{word} must be a whole number from {low} to {high}")
        return int(values[0])

    def _three(self, number: int, values: list[str]) -> Three:
        red, green, blue = self._numbers(number, values, 3)
        return red, green, blue

    def _numbers(self, number: int, values: list[str], count: int) -> list[float]:
        if any(_COMMA.fullmatch(value) for value in values):
            self._tell(f"{self._shown}:{number}: has decimal commas, which are read as points")
            values = [value.replace(",", ".") for value in values]
        try:
            found = [float(value) for value in values]
        except ValueError:
            found = []
        if len(found) != count or not all(math.isfinite(value) for value in found):
            raise self._wrong(number, f"must have {count} numbers, not '{' '.join(values)[:60]}'")
        return found

    def _tell(self, sentence: str) -> None:
        what = sentence.rpartition(": ")[2]
        if not any(note.endswith(what) for note in self._notes):
            self._notes.append(sentence)

    def _wrong(self, number: int, what: str) -> ConfigError:
        return ConfigError(f"{self._shown}:{number}: {what}")


def _curve(rows: FloatArray) -> FloatArray:
    """Limit the number of a curve's entries."""
    if len(rows) <= LONGEST_CURVE:
        return rows
    at, kept = np.linspace(0.0, 1.0, len(rows)), np.linspace(0.0, 1.0, LONGEST_CURVE)
    return np.stack([np.interp(kept, at, rows[:, channel]) for channel in range(3)], axis=1).astype(np.float32)


def _span(curve: FloatArray) -> tuple[Three, Three]:
    """Minimum and maximum of each colour after the curves, at least slightly apart."""
    low, high = curve.min(axis=0), curve.max(axis=0)
    high = np.maximum(high, low + 1e-6)
    return (float(low[0]), float(low[1]), float(low[2])), (float(high[0]), float(high[1]), float(high[2]))


def _plain_table(curve: FloatArray) -> FloatArray:
    """Identity table over the output of curves."""
    (low, high), steps = _span(curve), np.array([0.0, 1.0])
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    unit = np.stack([red, green, blue], axis=-1)
    table: FloatArray = (np.array(low) + unit * (np.array(high) - np.array(low))).astype(np.float32)
    return table
