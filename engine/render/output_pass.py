"""Output pass: the composed picture -> the wall; transfer curve, dither to 8 bit, fit. Knows no scene."""

from __future__ import annotations

import moderngl

from engine.core.closing import Closing
from engine.render.gl.quad_program import WHOLE, QuadProgram
from engine.render.gl.render_target import RenderTarget
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.glass_area import Rect


def fit_rect(picture_wh: tuple[int, int], target_wh: tuple[int, int]) -> Rect:
    """Place of a picture on a target, uncropped and in its shape, with black bars.

    Returns:
        Left, top, right, bottom as fractions of the target.
    """
    picture_aspect = picture_wh[0] / picture_wh[1]
    target_aspect = target_wh[0] / target_wh[1]
    if abs(picture_aspect - target_aspect) * target_wh[1] < 1.0:  # bars of less than a pixel
        return WHOLE
    width = min(1.0, picture_aspect / target_aspect)
    height = min(1.0, target_aspect / picture_aspect)
    return ((1 - width) / 2, (1 - height) / 2, (1 + width) / 2, (1 + height) / 2)


class OutputPass(Closing):
    """Draws a picture on the framebuffer that is presented.

    A picture to be enlarged is encoded at its own size first and enlarged as 8-bit code values: fewer pixels to encode
    and a quarter of the bytes to read, which matters with software OpenGL.

    Args:
        ctx: the context.
        library: the shaders.
    """

    def __init__(self, ctx: moderngl.Context, library: ShaderLibrary) -> None:
        self._ctx = ctx
        self._exact = QuadProgram(ctx, library, "projector", {"TO_WINDOW": True, "ENCODE": True})
        self._encode = QuadProgram(ctx, library, "projector", {"ENCODE": True})
        self._scale = QuadProgram(ctx, library, "projector", {"TO_WINDOW": True})
        self._encoded: RenderTarget | None = None

    def draw(self, texture: moderngl.Texture, target: moderngl.Framebuffer, light: float = 1.0) -> None:
        """Draw `texture` (linear light, row 0 top) upright, as large as it fits, sRGB-encoded.

        The rest becomes black. For OpenGL, row 0 of `target` is the bottom of the picture.

        Args:
            texture: the picture.
            target: the framebuffer that is presented.
            light: factor on the light of the picture, 0 black to 1.
        """
        self._ctx.disable(moderngl.BLEND)
        rect = fit_rect(texture.size, target.size)
        if rect != WHOLE:
            target.clear()
        if texture.size == target.size:
            self._exact.draw(target, {"u_source": texture, "u_light": light})
            return
        encoded = self._render_target(texture.size)
        self._encode.draw(encoded.framebuffer, {"u_source": texture, "u_light": light})
        self._scale.draw(target, {"u_source": encoded.texture}, rect=rect)

    def is_current(self) -> bool:
        """Whether its shader file is unchanged.

        Raises:
            ConfigError: it can no longer be read.
        """
        return all(quad_program.is_current() for quad_program in (self._exact, self._encode, self._scale))

    def _render_target(self, size_wh: tuple[int, int]) -> RenderTarget:
        if self._encoded is None or self._encoded.texture.size != size_wh:
            if self._encoded is not None:
                self._encoded.close()
            self._encoded = RenderTarget(self._ctx, size_wh, "f1")
        return self._encoded

    def close(self) -> None:
        """Release what it owns. May be called twice."""
        for part in (self._exact, self._encode, self._scale, self._encoded):
            if part is not None:
                part.close()
        self._encoded = None
