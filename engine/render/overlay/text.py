"""Text: lines -> pixels, in pygame's default typeface; needs neither display nor OpenGL."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pygame
import pygame.font

from engine.types import ByteArray

Colour = tuple[int, int, int]

BRIGHT: Colour = (240, 235, 224)
DIM: Colour = (171, 164, 150)
LINE_HEIGHT = 1.5  # of the type size
COLUMN_GAP = 1.2
COLUMN_SEPARATOR = "\t"


def open_font(size_px: int) -> pygame.font.Font:
    """The typeface that comes with pygame; the caller keeps `pygame.font` initialised."""
    return pygame.font.Font(None, size_px)


def letter_block(font: pygame.font.Font, lines: Sequence[str], max_width_px: int, padding_px: int) -> ByteArray:
    """Set lines, with one column of names and one of values where they have a tab; what is too long is wrapped.

    Returns:
        (H, W, 4) uint8 RGBA, straight alpha, row 0 top, `padding_px` empty on every side.
    """
    size_px = font.get_height()
    names_px = max(
        (font.size(line.split(COLUMN_SEPARATOR)[0])[0] for line in lines if COLUMN_SEPARATOR in line), default=0
    )
    indent_px = names_px + round(COLUMN_GAP * size_px) if names_px else 0
    placed: list[tuple[str, Colour, int, int]] = []  # text, colour, x, row
    row = 0
    for line in lines:
        name, separator, value = line.partition(COLUMN_SEPARATOR)
        x = indent_px if separator else 0
        if separator:
            placed.append((name, DIM, 0, row))
        for part in _wrapped(font, value if separator else name, max_width_px - 2 * padding_px - x):
            placed.append((part, BRIGHT, x, row))
            row += 1
    return _painted(font, placed, row, padding_px)


def letter_spaced(font: pygame.font.Font, text: str, colour: Colour, spacing: float) -> ByteArray:
    """One line with its letters apart, by `spacing` of the type size.

    Returns:
        (H, W, 4) uint8 RGBA, straight alpha, row 0 top.
    """
    gap_px = round(spacing * font.get_height())
    letters = [font.render(letter, True, colour) for letter in text]
    width_px = sum(letter.get_width() + gap_px for letter in letters) - gap_px if letters else 1
    surface = pygame.Surface((max(1, width_px), font.get_height()), pygame.SRCALPHA)
    x = 0
    for letter in letters:
        surface.blit(letter, (x, 0))
        x += letter.get_width() + gap_px
    return _pixels(surface)


def _wrapped(font: pygame.font.Font, text: str, width_px: int) -> list[str]:
    """Break at spaces; a word that is too long stays whole and is cut at the edge."""
    parts: list[str] = []
    for word in text.split():
        longer = f"{parts[-1]} {word}" if parts else word
        if parts and font.size(longer)[0] <= width_px:
            parts[-1] = longer
        else:
            parts.append(word)
    return parts or [""]


def _painted(
    font: pygame.font.Font, placed: Sequence[tuple[str, Colour, int, int]], rows: int, padding_px: int
) -> ByteArray:
    line_px = round(LINE_HEIGHT * font.get_height())
    images = [(font.render(text, True, colour), x, row) for text, colour, x, row in placed]
    width_px = max((x + image.get_width() for image, x, _ in images), default=0) + 2 * padding_px
    height_px = max(0, rows - 1) * line_px + font.get_height() + 2 * padding_px
    surface = pygame.Surface((width_px, height_px), pygame.SRCALPHA)
    for image, x, row in images:
        surface.blit(image, (padding_px + x, padding_px + row * line_px))
    return _pixels(surface)


def _pixels(surface: pygame.Surface) -> ByteArray:
    width, height = surface.get_size()
    return np.frombuffer(pygame.image.tobytes(surface, "RGBA"), np.uint8).reshape(height, width, 4)
