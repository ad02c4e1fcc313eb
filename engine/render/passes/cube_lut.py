"""`.cube` files -> three-dimensional tables of colours (Adobe, "Cube LUT Specification" 1.0, 2013). Knows no OpenGL.

A file is refused with its line when it is not what the specification describes; sizes are bounded before memory is
taken.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.core.errors import ConfigError
from engine.types import FloatArray

MAX_FILE_BYTES = 16 * 1024 * 1024
SIZES = (2, 65)
MAX_LINE = 250
NO_NUMBERS = {"nan", "inf", "infinity"}  # what a colour may begin with that is not one


@dataclass(frozen=True)
class CubeLut:
    """A table of colours.

    Attributes:
        table: (N, N, N, 3) float32, by blue, green and red of what comes in.
        low, high: red, green and blue that the first and the last entry stand for.
    """

    table: FloatArray
    low: tuple[float, float, float]
    high: tuple[float, float, float]


def read_cube(path: Path, shown: str) -> CubeLut:
    """Read a file.

    Args:
        path: where it is.
        shown: how messages call it.

    Raises:
        ConfigError: it is missing, too large, or what is wrong in which line.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ConfigError(f"{shown} is larger than {MAX_FILE_BYTES >> 20} MiB: it is no table of colours")
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise ConfigError(f"there is no table of colours {shown}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{shown} is not UTF-8 text ({error.reason})") from error
    except OSError as error:
        raise ConfigError(f"{shown} cannot be read: {error.strerror}") from error
    return _Reader(shown).read(lines)


class _Reader:
    def __init__(self, shown: str) -> None:
        self._shown = shown
        self._size = 0
        self._low, self._high = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
        self._rows: list[tuple[float, float, float]] = []

    def read(self, lines: list[str]) -> CubeLut:
        for number, line in enumerate(lines, 1):
            text = line.strip()
            if len(line) > MAX_LINE:
                raise self._wrong(number, f"a line has at most {MAX_LINE} letters, and this one {len(line)}")
            if text and not text.startswith("#"):
                self._take(number, text)
        if not self._size:
            raise ConfigError(f"{self._shown} says no LUT_3D_SIZE")
        wanted = self._size**3
        if len(self._rows) != wanted:
            size = self._size
            raise ConfigError(
                f"{self._shown} has {len(self._rows)} colours and needs {wanted}, {size} x {size} x {size}"
            )
        if any(low >= high for low, high in zip(self._low, self._high, strict=True)):
            raise ConfigError(f"{self._shown}: DOMAIN_MIN must be less than DOMAIN_MAX")
        table = np.array(self._rows, np.float32).reshape(self._size, self._size, self._size, 3)
        return CubeLut(table, self._low, self._high)

    def _take(self, number: int, text: str) -> None:
        word, *values = text.split()
        if word == "TITLE":
            return
        if word == "LUT_3D_SIZE":
            self._size = self._read_size(number, values)
        elif word == "DOMAIN_MIN":
            self._low = self._three(number, values)
        elif word == "DOMAIN_MAX":
            self._high = self._three(number, values)
        elif word == "LUT_3D_INPUT_RANGE":  # as DaVinci Resolve writes it
            low, high = self._numbers(number, values, 2)
            self._low, self._high = (low,) * 3, (high,) * 3
        elif word.startswith("LUT_1D"):
            raise self._wrong(number, "tables of one dimension are not known; export one of three (LUT_3D_SIZE)")
        elif word[0].isalpha() and word.lower() not in NO_NUMBERS:
            raise self._wrong(number, f"{word[:40]} is not known; there are TITLE, LUT_3D_SIZE, DOMAIN_MIN, DOMAIN_MAX")
        else:
            self._add(number, [word, *values])

    def _add(self, number: int, values: list[str]) -> None:
        if not self._size:
            raise self._wrong(number, "LUT_3D_SIZE must come before the colours")
        if len(self._rows) == self._size**3:
            raise self._wrong(number, f"there are more colours than LUT_3D_SIZE {self._size} has room for")
        self._rows.append(self._three(number, values))

    def _read_size(self, number: int, values: list[str]) -> int:
        low, high = SIZES
        if (
            len(values) != 1
            or not values[0].isascii()
            or not values[0].isdigit()
            or not low <= int(values[0][:9]) <= high
        ):
            raise self._wrong(number, f"LUT_3D_SIZE must be a whole number from {low} to {high}")
        return int(values[0])

    def _three(self, number: int, values: list[str]) -> tuple[float, float, float]:
        red, green, blue = self._numbers(number, values, 3)
        return red, green, blue

    def _numbers(self, number: int, values: list[str], count: int) -> list[float]:
        try:
            found = [float(value) for value in values]
        except ValueError:
            found = []
        if len(found) != count or not all(math.isfinite(value) for value in found):
            raise self._wrong(number, f"must have {count} numbers, not '{' '.join(values)[:60]}'")
        return found

    def _wrong(self, number: int, what: str) -> ConfigError:
        return ConfigError(f"{self._shown}:{number}: {what}")
