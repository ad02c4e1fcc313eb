"""Removal of black bars, for cameras that letterbox pictures, such as 4:3 inside 16:9.

Bars differ from a dark room in that they are uniform, equal on both sides, and leave a common aspect ratio between them
that contains at least noise. Knows NumPy only.
"""

from __future__ import annotations

import numpy as np

from engine.types import ByteArray

SHAPES = 4 / 3, 16 / 9, 3 / 4, 9 / 16, 1.0  # width / height of letterboxed pictures
SHAPE_TOLERANCE = 0.02
BLACK = 20  # brightest possible bar: video black is 16 if the range was not expanded
EVENNESS = 2  # levels between the darkest and the brightest pixel of a bar, from compression
EDGE_PX = 8  # ringing from compression between a bar and the picture
STRIDE = 8  # step between inspected lines
LOOKS, LOOK_EVERY = 5, 6  # number of consecutive checks that must agree, and pictures per check

Bars = tuple[int, int, int, int]
"""Pixels removed at the left, top, right and bottom."""
NONE: Bars = (0, 0, 0, 0)


class BlackBars:
    """Detects bars in the pictures of one camera.

    Attributes:
        bars: pixels currently removed.
    """

    def __init__(self) -> None:
        self.bars = NONE
        self._shape: tuple[int, ...] = ()
        self._seen, self._looks, self._count = NONE, 0, 0

    def cut(self, picture: ByteArray) -> ByteArray:
        """Part (H, W, 3) of a picture between the bars, once they have been found; a view."""
        if picture.shape != self._shape:
            self._shape, self.bars, self._looks, self._count = picture.shape, NONE, 0, 0
        self._count += 1
        if self._count % LOOK_EVERY == 0:
            self._look(picture)
        left, top, right, bottom = self.bars
        height, width, _ = picture.shape
        return picture[top : height - bottom, left : width - right]

    def _look(self, picture: ByteArray) -> None:
        if self.bars != NONE:
            if not _are_black(picture, self.bars):
                self.bars, self._looks = NONE, 0
            return
        found = find_bars(picture)
        is_same = all(abs(new - old) <= EDGE_PX for new, old in zip(found, self._seen, strict=True))
        self._looks = 0 if found == NONE else self._looks + 1 if is_same else 1
        self._seen = found
        if self._looks >= LOOKS:
            self.bars = found


def find_bars(picture: ByteArray) -> Bars:
    """Detect the bars of one picture (H, W, 3); `NONE` if there are none, or only darkness."""
    height, width, _ = picture.shape
    sides = _even_ends(picture[::STRIDE].transpose(1, 0, 2))
    if sides and _is_usual((width - 2 * sides) / height):
        return (sides, 0, sides, 0)
    ends = _even_ends(picture[:, ::STRIDE])
    if ends and _is_usual(width / (height - 2 * ends)):
        return (0, ends, 0, ends)
    return NONE


def _even_ends(lines: ByteArray) -> int:
    """Number of lines (N, ..., 3) at either end that are a bar; 0 if the ends differ or the middle is uniform too."""
    bright, dark = lines.max(axis=(1, 2)), lines.min(axis=(1, 2))
    is_bar = (bright <= BLACK) & (bright - dark <= EVENNESS)
    if is_bar.all():
        return 0
    first, last = int(np.argmin(is_bar)), int(np.argmin(is_bar[::-1]))
    return max(first, last) if min(first, last) > 0 and abs(first - last) <= EDGE_PX else 0


def _is_usual(shape: float) -> bool:
    return any(abs(shape / usual - 1) <= SHAPE_TOLERANCE for usual in SHAPES)


def _are_black(picture: ByteArray, bars: Bars) -> bool:
    left, top, right, bottom = (max(0, size - EDGE_PX) for size in bars)
    height, width, _ = picture.shape
    parts = picture[:, :left], picture[:, width - right :], picture[:top], picture[height - bottom :]
    return all(not part.size or int(part.max()) <= 2 * BLACK for part in parts)
