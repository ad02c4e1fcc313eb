"""The sign by which visitors agree: a ring for everyone in the glass, and lines of type below them.

It is drawn on the composed picture after films and snapshots are taken, so that it is on the wall, bent like the rest,
and in none of them. Type is that of the measurement. Knows nothing of consent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import moderngl
import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from engine.core.closing import Closing
from engine.render.gl.quad_program import OVER, QuadProgram, Value
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.overlay.typeface import Typeface, open_typeface
from engine.types import ByteArray

RING = 1 / 13  # side of a ring's box, of the picture's smaller side
TYPE, LEAST_TYPE_PX = 1 / 36, 13  # of its smaller side
RINGS_Y, LINES_Y, LINE_STEP = 0.79, 0.925, 1.5  # below the face; of the height, of the height, of the type's size
MOST_WIDTH = 0.92  # of the picture; a longer line is set in smaller type
SPACING = 0.06  # between letters, of the type's size
PALE, SHADE = (240, 235, 224), (10, 9, 8)
SHADE_STRENGTH = 2.4  # of the soft shade behind the letters, which parts them from any picture


@dataclass(frozen=True, slots=True)
class Ring:
    """A visitor's ring.

    Attributes:
        fill: how much of it is filled, 0 to 1.
        agreed: 1 once they have agreed; eased.
    """

    fill: float
    agreed: float


class ConsentSign(Closing):
    """Draws the sign.

    Args:
        ctx: the OpenGL context.
        library: where `consent.frag` is.
    """

    def __init__(self, ctx: moderngl.Context, library: ShaderLibrary) -> None:
        self._library = library
        self._lines: moderngl.Texture | None = None
        self._key: tuple[tuple[str, ...], tuple[int, int]] | None = None
        self.renew(ctx)

    def renew(self, ctx: moderngl.Context) -> None:
        """Make what it draws with, in this context; in another one after `close`."""
        self._ctx = ctx
        self._ring = QuadProgram(ctx, self._library, "consent", {"RING": True, "TO_WINDOW": True})
        self._type = QuadProgram(ctx, self._library, "consent", {"TO_WINDOW": True})

    def draw(
        self,
        target: moderngl.Framebuffer,
        rings: Sequence[Ring],
        lines: Sequence[str],
        light: float,
        lines_light: float = 1.0,
    ) -> None:
        """Draw rings in a row, and lines centred below them.

        Args:
            target: the composed picture.
            rings: of everyone in the glass, from left to right.
            lines: what is said; the first is the largest.
            light: how far it has faded in, 0 to 1; nothing is drawn at 0.
            lines_light: how far the lines alone have.
        """
        if light <= 0.0:
            return
        self._draw_rings(target, rings, light)
        if lines:
            self._draw_lines(target, tuple(lines), light * lines_light)

    def close(self) -> None:
        """Release what it owns; may be called again."""
        self._ring.close()
        self._type.close()
        if self._lines is not None:
            self._lines.release()
            self._lines = None

    def _draw_rings(self, target: moderngl.Framebuffer, rings: Sequence[Ring], light: float) -> None:
        side_px = max(20, round(RING * min(target.size)))
        left_px, top_px = 0.5 * (target.width - len(rings) * side_px), RINGS_Y * target.height - 0.5 * side_px
        for number, ring in enumerate(rings):
            x = left_px + number * side_px
            rect = (
                x / target.width,
                top_px / target.height,
                (x + side_px) / target.width,
                (top_px + side_px) / target.height,
            )
            values: dict[str, Value] = {
                "u_size_px": (float(side_px), float(side_px)),
                "u_fill": ring.fill,
                "u_agreed": ring.agreed,
            }
            values["u_light"] = light
            self._ring.draw(target, values, rect=rect, blend=OVER)

    def _draw_lines(self, target: moderngl.Framebuffer, lines: tuple[str, ...], light: float) -> None:
        key = lines, target.size
        if self._lines is None or key != self._key:
            if self._lines is not None:
                self._lines.release()
            pixels = set_lines(lines, target.size)
            self._lines = self._ctx.texture((pixels.shape[1], pixels.shape[0]), 4, np.ascontiguousarray(pixels))
            self._key = key
        width, height = self._lines.width / target.width, self._lines.height / target.height
        top = min(LINES_Y - 0.5 * LINE_STEP * TYPE, 1.0 - height)
        rect = (0.5 - 0.5 * width, top, 0.5 + 0.5 * width, top + height)
        self._type.draw(target, {"u_source": self._lines, "u_light": light}, rect=rect, blend=OVER)


def set_lines(lines: Sequence[str], size_wh: tuple[int, int]) -> ByteArray:
    """Lines of letter-spaced type, centred, pale with a soft shade behind them.

    Args:
        lines: the first is set larger than the others.
        size_wh: of the picture that they stand on, px.

    Returns:
        (H, W, 4) uint8 RGBA, premultiplied, row 0 top.
    """
    type_px = max(LEAST_TYPE_PX, round(TYPE * min(size_wh)))
    faces = [
        _fitting(line, type_px if row == 0 else round(0.86 * type_px), size_wh[0]) for row, line in enumerate(lines)
    ]
    widths = [_width(line, face) for line, face in zip(lines, faces, strict=True)]
    step_px, margin_px = round(LINE_STEP * type_px), type_px
    size = (round(max(widths)) + 2 * margin_px, step_px * len(lines) + margin_px)
    ink = Image.new("L", size, 0)
    pen = ImageDraw.Draw(ink)
    for row, (line, face, width) in enumerate(zip(lines, faces, widths, strict=True)):
        x, y = 0.5 * (size[0] - width), margin_px + row * step_px + 0.5 * type_px
        for letter in line:
            pen.text((x, y), letter, font=face, fill=255, anchor="ls")
            x += _advance(letter, face)
    shade = np.asarray(ink.filter(ImageFilter.GaussianBlur(0.32 * type_px)), np.float32) / 255
    shade = np.clip(SHADE_STRENGTH * shade, 0.0, 0.62)[..., None]
    letters = np.asarray(ink, np.float32)[..., None] / 255
    colour = letters * np.array(PALE) + (1 - letters) * shade * np.array(SHADE)
    alpha = 255 * (letters + (1 - letters) * shade)
    return np.asarray(np.concatenate([colour, alpha], axis=2), np.uint8)


def _fitting(line: str, type_px: int, width_px: int) -> Typeface:
    """The type in its size, or as small as the line needs."""
    face = open_typeface("cmti10", type_px)
    share = MOST_WIDTH * width_px / max(1.0, _width(line, face))
    return face if share >= 1.0 else open_typeface("cmti10", max(8, int(type_px * share)))


def _width(line: str, face: Typeface) -> float:
    return sum(_advance(letter, face) for letter in line)


def _advance(letter: str, face: Typeface) -> float:
    size_px = getattr(face, "size", LEAST_TYPE_PX)
    return float(face.getlength(letter)) + SPACING * size_px
