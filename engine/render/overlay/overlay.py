"""Overlay: the operator's panel, the red dot for visitors, and the title card before the show.

All of it is drawn on the finished, display-encoded picture. Knows nothing of what the lines mean.
"""

from __future__ import annotations

from collections.abc import Sequence

import moderngl
import numpy as np
import pygame
import pygame.font

from engine.core.closing import Closing
from engine.render.gl.quad_program import QuadProgram
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.overlay.text import BRIGHT, DIM, letter_block, letter_spaced, open_font
from engine.types import ByteArray

Rgba = tuple[float, float, float, float]
Point = tuple[float, float]

TITLE = "NARCISSUS"
PANEL: Rgba = (0.045, 0.040, 0.036, 0.66)
NIGHT: Rgba = (0.050, 0.044, 0.040, 1.0)
RED: Rgba = (0.80, 0.12, 0.09, 1.0)
HALO: Rgba = (0.0, 0.0, 0.0, 0.45)
PALE: Rgba = (0.94, 0.92, 0.88, 1.0)
TRACK: Rgba = (0.24, 0.22, 0.20, 1.0)
GILT: Rgba = (0.83, 0.61, 0.25, 1.0)

TYPE_SIZE = 1 / 44  # of the target's height
MIN_TYPE_PX = 14
PANEL_WIDTH = 0.34  # of the target's width: beside the face, which stands in the middle
MAX_FONTS = 8
MIN_PANEL_TYPES = 20  # ... but at least so many type sizes


class Overlay(Closing):
    """Draws text and signs.

    Args:
        ctx: the OpenGL context.
        library: where `overlay.frag` is.
    """

    def __init__(self, ctx: moderngl.Context, library: ShaderLibrary) -> None:
        pygame.font.init()
        self._library = library
        self._fonts: dict[int, pygame.font.Font] = {}
        self.renew(ctx)

    def renew(self, ctx: moderngl.Context) -> None:
        """Make what it draws with, in this context; in another one after `let_go`."""
        self._ctx = ctx
        self._quad_program = QuadProgram(ctx, self._library, "overlay", {"TO_WINDOW": True})
        self._blank = ctx.texture((1, 1), 4, bytes(4))
        self._panel = _Text(ctx)
        self._code = _Text(ctx)
        self._title = _Text(ctx)
        self._caption = _Text(ctx)

    def let_go(self) -> None:
        """Release what lives in a context that is lost; may be called again."""
        self.close()

    def draw(self, target: moderngl.Framebuffer, lines: Sequence[str], middle: Point | None = None) -> None:
        """Draw a panel of text; nothing for no lines.

        Args:
            target: what is presented next.
            lines: a tab parts a name from its value.
            middle: of the panel, fractions of the target, origin top left; None: in the upper left corner.
        """
        if not lines:
            return
        type_px = self._type_px(target)
        width_px = max(round(PANEL_WIDTH * target.width), MIN_PANEL_TYPES * type_px)
        key = (tuple(lines), target.size)
        if self._panel.key != key:
            self._panel.write(key, letter_block(self._font(type_px), lines, width_px, padding_px=round(0.8 * type_px)))
        size_wh = self._panel.size_wh
        corner = (type_px, type_px)
        if middle is not None:
            corner = _corner((middle[0] * target.width, middle[1] * target.height), size_wh)
        with _Blending(self._ctx):
            self._box(target, corner, size_wh, PANEL, corner_px=type_px / 2, text=self._panel)

    def draw_code(self, target: moderngl.Framebuffer, code: ByteArray) -> None:
        """Draw a code that telephones read, in the lower left corner, never enlarged and never smaller than it is.

        Args:
            target: what is presented next.
            code: (H, W, 4) uint8 RGBA, row 0 top.
        """
        key = ((), (code.shape[0], hash(code.tobytes())))
        if self._code.key != key:
            self._code.write(key, code)
        width_px, height_px = self._code.size_wh
        margin_px = self._type_px(target)
        corner = (margin_px, max(0, target.height - margin_px - height_px))
        with _Blending(self._ctx):
            self._box(target, corner, (width_px, height_px), (0.0, 0.0, 0.0, 0.0), text=self._code)

    def draw_handles(self, target: moderngl.Framebuffer, places_px: Sequence[Point], selected: int) -> None:
        """Draw the points that calibration moves; the selected one is larger and gilt."""
        size_px = max(9, round(min(target.size) / 70)) | 1  # odd: its middle is the middle of a pixel
        with _Blending(self._ctx):
            for number, place in enumerate(places_px):
                large = ((2 * size_px + 3, HALO), (size_px + 6, GILT), (size_px - 4, NIGHT), (1, PALE))
                small = ((size_px + 4, HALO), (size_px, PALE), (size_px - 4, NIGHT))
                for side_px, colour in large if number == selected else small:
                    corner = _corner(place, (side_px, side_px))
                    self._box(target, corner, (side_px, side_px), colour, corner_px=side_px / 2)

    def draw_recording_dot(self, target: moderngl.Framebuffer, corner: Point = (1.0, 0.0)) -> None:
        """Draw the steady red dot: something made from a visitor is being recorded or sent.

        Args:
            target: what is presented next.
            corner: the picture's upper right, fractions of the target, origin top left; the dot stays on the target.
        """
        side_px = max(10, round(target.height / 50))
        halo_px = side_px + 2 * max(2, side_px // 5)
        margin_px = self._type_px(target)
        x = min(max(round(corner[0] * target.width), 2 * margin_px), target.width) - margin_px - halo_px
        y = min(max(round(corner[1] * target.height), 0), target.height - 2 * margin_px) + margin_px
        rim_px = (halo_px - side_px) // 2
        with _Blending(self._ctx):
            self._box(target, (x, y), (halo_px, halo_px), HALO, corner_px=halo_px / 2)
            self._box(target, (x + rim_px, y + rim_px), (side_px, side_px), RED, corner_px=side_px / 2)

    def draw_signal(self, target: moderngl.Framebuffer, is_bright: bool, lines: Sequence[str]) -> None:
        """Draw the bright or dark square for the camera, and instructions below it."""
        side_px = target.height // 2
        corner = _corner((0.5 * target.width, 0.42 * target.height), (side_px, side_px))
        with _Blending(self._ctx):
            self._box(target, corner, (side_px, side_px), PALE if is_bright else NIGHT)
        self.draw(target, lines, middle=(0.5, 0.84))

    def draw_splash(self, target: moderngl.Framebuffer, text: str, progress: float | None = None) -> None:
        """Cover the whole target with the title card that is shown while the mirror wakes.

        Args:
            target: what is presented next.
            text: what is being done, a few words.
            progress: 0 to 1; None where nobody knows.
        """
        type_px = self._type_px(target)
        middle_x, middle_y = target.width // 2, round(0.46 * target.height)
        self._set(self._title, TITLE, round(1.9 * type_px), BRIGHT, spacing=0.55)
        self._set(self._caption, text, type_px, DIM, spacing=0.08)
        with _Blending(self._ctx):
            self._box(target, (0, 0), target.size, NIGHT, glow=0.9)
            self._centred(target, self._title, middle_x, middle_y)
            self._centred(target, self._caption, middle_x, middle_y + 4 * type_px)
            if progress is not None:
                self._progress(target, (middle_x, middle_y + round(2.3 * type_px)), min(1.0, max(0.0, progress)))

    def close(self) -> None:
        """Release what it owns; may be called again."""
        for part in (self._panel, self._code, self._title, self._caption):
            part.close()
        self._blank.release()
        self._quad_program.close()

    def _progress(self, target: moderngl.Framebuffer, middle: tuple[int, int], progress: float) -> None:
        length_px, thickness_px = round(0.18 * target.width), max(1, round(target.height / 540))
        start = middle[0] - length_px // 2, middle[1]
        self._box(target, start, (length_px, thickness_px), TRACK)
        if round(progress * length_px):
            self._box(target, start, (round(progress * length_px), thickness_px), GILT)

    def _set(self, text: _Text, line: str, type_px: int, colour: tuple[int, int, int], spacing: float) -> None:
        key = ((line,), (type_px, 0))
        if text.key != key:
            text.write(key, letter_spaced(self._font(type_px), line, colour, spacing))

    def _centred(self, target: moderngl.Framebuffer, text: _Text, x: int, y: int) -> None:
        width_px, height_px = text.size_wh
        self._box(target, (x - width_px // 2, y - height_px // 2), text.size_wh, (0.0, 0.0, 0.0, 0.0), text=text)

    def _box(
        self,
        target: moderngl.Framebuffer,
        corner: tuple[int, int],
        size_wh: tuple[int, int],
        colour: Rgba,
        *,
        corner_px: float = 0.0,
        glow: float = 0.0,
        text: _Text | None = None,
    ) -> None:
        (x, y), (width, height) = corner, size_wh
        rect = (x / target.width, y / target.height, (x + width) / target.width, (y + height) / target.height)
        source = text.texture if text is not None and text.texture is not None else self._blank
        self._quad_program.draw(
            target,
            {
                "u_source": source,
                "u_size_px": (float(width), float(height)),
                "u_corner_px": corner_px,
                "u_colour": colour,
                "u_glow": glow,
            },
            rect=rect,
        )

    def _type_px(self, target: moderngl.Framebuffer) -> int:
        return max(MIN_TYPE_PX, round(TYPE_SIZE * min(target.height, target.width)))

    def _font(self, type_px: int) -> pygame.font.Font:
        if type_px not in self._fonts:
            if len(self._fonts) >= MAX_FONTS:  # a window that is being dragged larger asks for many
                self._fonts.clear()
            self._fonts[type_px] = open_font(type_px)
        return self._fonts[type_px]


def _corner(middle_px: Point, size_wh: tuple[int, int]) -> tuple[int, int]:
    """The upper left corner, px, of a box of this size around a place."""
    return round(middle_px[0] - size_wh[0] / 2), round(middle_px[1] - size_wh[1] / 2)


class _Text:
    """A piece of text on the graphics card, and what it says."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self.key: tuple[tuple[str, ...], tuple[int, ...]] | None = None
        self.texture: moderngl.Texture | None = None

    @property
    def size_wh(self) -> tuple[int, int]:
        return (self.texture.width, self.texture.height) if self.texture is not None else (1, 1)

    def write(self, key: tuple[tuple[str, ...], tuple[int, ...]], pixels: ByteArray) -> None:
        height, width = pixels.shape[:2]
        if self.texture is None or self.size_wh != (width, height):
            self.close()
            self.texture = self._ctx.texture((width, height), 4)
        self.texture.write(np.ascontiguousarray(pixels))
        self.key = key

    def close(self) -> None:
        if self.texture is not None:
            self.texture.release()
            self.texture = None
        self.key = None


class _Blending:
    """Premultiplied blending for a while; afterwards none, as the passes expect."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx

    def __enter__(self) -> None:
        self._ctx.enable(moderngl.BLEND)
        self._ctx.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA

    def __exit__(self, *_: object) -> None:
        self._ctx.blend_func = moderngl.SRC_ALPHA, moderngl.ONE_MINUS_SRC_ALPHA
        self._ctx.disable(moderngl.BLEND)
