"""Lookup tables as pictures: N squares of N x N px in a row or a column, as games and photo editors store them.

Within each square red increases to the right and green downwards; blue increases from square to square. Knows no
OpenGL.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.core.errors import ConfigError
from engine.images.image_file import ImageError, ImageLimits, read_image
from engine.render.passes.cube_lut import SIZES, CubeLut

LIMITS = ImageLimits(max_bytes=16 << 20, max_side_px=SIZES[1] ** 2)
BLACK, WHITE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)


def read_strip(path: Path, shown: str) -> CubeLut:
    """Read a strip.

    Args:
        path: path of the file.
        shown: name used in messages.

    Raises:
        ConfigError: it is missing, not a picture, or has another shape.
    """
    try:
        picture = read_image(path, name=shown, limits=LIMITS)
    except ImageError as error:
        raise ConfigError(str(error)) from error
    height, width, _ = picture.shape
    side = min(width, height)
    if max(width, height) != side * side or not SIZES[0] <= side <= SIZES[1]:
        example = "such as 256x16, 1024x32 or 4096x64 px"
        raise ConfigError(
            f"{shown} is {width}x{height} px: a lookup table consists of N squares of N x N px in a row, {example}"
        )
    squares = picture.reshape(side, side, side, 3)
    by_blue = (
        squares if height > width else squares.transpose(1, 0, 2, 3)
    )  # one row contains a line of each square in turn
    table = np.ascontiguousarray(by_blue, np.float32) / np.float32(255)
    return CubeLut(np.array([BLACK, WHITE], np.float32), BLACK, WHITE, table, BLACK, WHITE)
