"""Test card: what calibration projects: the picture's very edge, squares, circles, greys, bars, and who projects it.

Drawn by the processor, once per size; needs no OpenGL. Lengths are in cells, nine to the picture's smaller side, from
its middle, x right, y down.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pygame.font
from numpy.typing import NDArray

from engine.render.overlay.text import BRIGHT, DIM, Colour, letter_spaced, open_font
from engine.render.projection.warp import FloatArray
from engine.types import ByteArray

CELLS = 9
NIGHT, PANEL, LINE, GILT = (13, 11, 10), (26, 23, 20), (92, 85, 76), (212, 156, 64)
GREYS = 11
BARS = ((1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1))
BAR_LEVEL = 191  # three quarters, as bars are in broadcasting: full light would blind in a dark room
TITLE = "NARCISSUS"
MAX_LABELS = 4

Box = tuple[float, float, float, float]
"""left, top, right, bottom"""


def draw_test_card(size_wh: tuple[int, int], labels: Sequence[str]) -> ByteArray:
    """Draw the card.

    Args:
        size_wh: of the picture, px.
        labels: what it is projected by, a few words a line, four lines at most.

    Returns:
        (H, W, 4) uint8 RGBA, sRGB, row 0 top.
    """
    card = _Card(size_wh)
    card.draw_squares()
    card.draw_corners()
    for radius, colour, thickness_px in ((4.2, GILT, 2.0), (0.5, GILT, 1.2), (0.06, BRIGHT, 1.2)):
        card.draw_circle(radius, colour, thickness_px)
    card.draw_row((-3.0, 0.9, 3.0, 1.6), [(round(255 * n / (GREYS - 1)),) * 3 for n in range(GREYS)])
    card.draw_row((-3.0, 1.9, 3.0, 2.6), [(BAR_LEVEL * r, BAR_LEVEL * g, BAR_LEVEL * b) for r, g, b in BARS])
    card.draw_focus()
    card.draw_row((-3.0, -3.0, 3.0, -0.8), [NIGHT])
    card.write(TITLE, -2.5, 0.42, BRIGHT, spacing=0.55)
    for number, label in enumerate(labels[:MAX_LABELS]):
        card.write(label, -1.75 + 0.36 * number, 0.25, DIM if number else BRIGHT, spacing=0.08)
    card.draw_edge()
    return card.pixels()


class _Card:
    def __init__(self, size_wh: tuple[int, int]) -> None:
        width, height = size_wh
        self._cell_px = min(size_wh) / CELLS
        self._picture = np.empty((height, width, 3), np.float32)
        self._picture[:] = NIGHT
        y, x = np.ogrid[0:height, 0:width]
        self._x, self._y = ((at + 0.5 - side / 2) / self._cell_px for at, side in ((x, width), (y, height)))

    def pixels(self) -> ByteArray:
        height, width = self._picture.shape[:2]
        return np.dstack([self._picture.round().astype(np.uint8), np.full((height, width), 255, np.uint8)])

    def draw_squares(self) -> None:
        """A chequer of two darks with thin lines between, and the cross of the middle."""
        odd = (np.floor(self._x) + np.floor(self._y)) % 2 == 1
        self._picture[odd] = PANEL
        for along in (self._x, self._y):
            self._stroke(np.abs(along - np.round(along)), LINE, 1.0)
        for along in (self._x, self._y):
            self._stroke(np.abs(along), GILT, 2.0)

    def draw_circle(self, radius: float, colour: Colour, thickness_px: float) -> None:
        self._stroke(np.abs(np.hypot(self._x, self._y) - radius), colour, thickness_px)

    def draw_corners(self) -> None:
        """A diagonal from each corner, a square and a half long: what is cut off is seen."""
        height, width = self._picture.shape[:2]
        right, bottom = width / 2 / self._cell_px, height / 2 / self._cell_px
        inside_x, inside_y = right - np.abs(self._x), bottom - np.abs(self._y)
        distance = np.abs(inside_x - inside_y) / np.sqrt(2.0)
        self._stroke(np.where((inside_x < 1.5) & (inside_y < 1.5), distance, np.inf), GILT, 2.0)

    def draw_row(self, box: Box, colours: Sequence[Colour]) -> None:
        """Fields side by side, without gaps."""
        left, top, right, bottom = box
        edges = np.linspace(left, right, len(colours) + 1)
        for colour, start, end in zip(colours, edges[:-1], edges[1:], strict=True):
            self._picture[self._within((start, top, end, bottom))] = colour

    def draw_focus(self) -> None:
        """Lines and a chequer of single pixels: they are crisp where the lens is, and grey where it is not."""
        height, width = self._picture.shape[:2]
        y, x = np.ogrid[0:height, 0:width]
        for box, pattern in (((-2.4, -0.4, -1.6, 0.4), x % 2 + 0 * y), ((1.6, -0.4, 2.4, 0.4), (x + y) % 2)):
            self._picture[self._within(box)] = (BAR_LEVEL * pattern[..., None])[self._within(box)]

    def draw_edge(self) -> None:
        """The outermost pixels."""
        for edge in (self._picture[0], self._picture[-1], self._picture[:, 0], self._picture[:, -1]):
            edge[:] = BRIGHT

    def write(self, text: str, middle: float, size: float, colour: Colour, spacing: float) -> None:
        """A line of type, centred; one that is too long for the circle is set smaller."""
        pygame.font.init()
        height, width = self._picture.shape[:2]
        size_px = max(10, round(size * self._cell_px * 1.6))
        letters = letter_spaced(open_font(size_px), text, colour, spacing)
        limit_px = 7.0 * self._cell_px
        if letters.shape[1] > limit_px:
            size_px = max(8, int(size_px * limit_px / letters.shape[1]))
            letters = letter_spaced(open_font(size_px), text, colour, spacing)
        left = max(0, (width - letters.shape[1]) // 2)
        top = max(0, round(height / 2 + middle * self._cell_px - letters.shape[0] / 2))
        under = self._picture[top : top + letters.shape[0], left : left + letters.shape[1]]
        letters = letters[: under.shape[0], : under.shape[1]]
        alpha = letters[..., 3:] / np.float32(255.0)
        under += (letters[..., :3] - under) * alpha

    def _within(self, box: Box) -> NDArray[np.bool_]:
        left, top, right, bottom = box
        return (self._x >= left) & (self._x < right) & (self._y >= top) & (self._y < bottom)

    def _stroke(self, distance: FloatArray, colour: Colour, thickness_px: float) -> None:
        """Colour what is near, with smooth edges; `distance` is in cells."""
        alpha = np.clip(thickness_px / 2 + 0.5 - distance * self._cell_px, 0.0, 1.0).astype(np.float32)[..., None]
        self._picture += (np.array(colour, np.float32) - self._picture) * alpha
