"""The composed picture -> the wall: transfer curve, dither to 8 bit, fit. Knows no scene."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import moderngl

from engine.render.opening import Rect
from engine.render.shader import ShaderLibrary
from engine.render.stage import Brush


def fit_rect(picture_wh: tuple[int, int], target_wh: tuple[int, int]) -> Rect:
    """Where a picture lies on a target so that nothing is cut and its shape is kept: black is left beside it.

    Returns:
        Left, top, right, bottom as fractions of the target.
    """
    picture_aspect = picture_wh[0] / picture_wh[1]
    target_aspect = target_wh[0] / target_wh[1]
    if abs(picture_aspect - target_aspect) * target_wh[1] < 1.0:  # less than a pixel would be left
        return (0.0, 0.0, 1.0, 1.0)
    width = min(1.0, picture_aspect / target_aspect)
    height = min(1.0, target_aspect / picture_aspect)
    return ((1 - width) / 2, (1 - height) / 2, (1 + width) / 2, (1 + height) / 2)


class Projector:
    """Puts a picture on the framebuffer that is presented.

    Args:
        ctx: the context.
        library: the shaders.
    """

    def __init__(self, ctx: moderngl.Context, library: ShaderLibrary) -> None:
        self._ctx = ctx
        self._scaled = Brush(ctx, library, "projector", {"TO_WINDOW": True})
        self._exact = Brush(ctx, library, "projector", {"TO_WINDOW": True, "EXACT": True})

    def draw(self, texture: moderngl.Texture, target: moderngl.Framebuffer) -> None:
        """Draw `texture` (linear light, row 0 top) upright, as large as it fits, sRGB-encoded.

        What is beside it becomes black. Seen by OpenGL, row 0 of `target` is the bottom of the picture.
        """
        rect = fit_rect(texture.size, target.size)
        self._ctx.disable(moderngl.BLEND)
        target.use()
        if rect != (0.0, 0.0, 1.0, 1.0):
            target.clear()
        brush = self._exact if texture.size == target.size else self._scaled
        brush.draw(target, {"u_source": texture}, rect=rect)

    def close(self) -> None:
        """Release what it owns; may be called again."""
        self._exact.close()
        self._scaled.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
