"""Crossfade: mixes the pictures of two scenes. Knows neither, and keeps no time."""

from __future__ import annotations

import moderngl

from engine.render.gl.quad_program import QuadProgram, Value
from engine.render.gl.render_target import RenderTarget
from engine.render.gl.shader_library import ShaderLibrary


class Crossfade:
    """Mixes two pictures.

    Args:
        ctx: the context.
        library: the shaders.
    """

    def __init__(self, ctx: moderngl.Context, library: ShaderLibrary) -> None:
        self._ctx = ctx
        self._mix = QuadProgram(ctx, library, "transition")
        self._render_target: RenderTarget | None = None

    def draw(self, before: moderngl.Texture, after: moderngl.Texture, share: float) -> moderngl.Texture:
        """Mix both pictures, centred, each as large as it would be on the wall.

        Args:
            before, after: pictures in linear light, row 0 top, each as large as the wall allows.
            share: share of `after` in the light, 0 to 1.

        Returns:
            The mixed picture, valid until the next call.
        """
        size_wh = max(before.width, after.width), max(before.height, after.height)
        if self._render_target is None or self._render_target.texture.size != size_wh:
            if self._render_target is not None:
                self._render_target.close()
            self._render_target = RenderTarget(self._ctx, size_wh)
        values: dict[str, Value] = {
            "u_from": before,
            "u_to": after,
            "u_from_extent": (before.width / size_wh[0], before.height / size_wh[1]),
            "u_to_extent": (after.width / size_wh[0], after.height / size_wh[1]),
            "u_share": share,
        }
        self._ctx.disable(moderngl.BLEND)
        self._mix.draw(self._render_target.framebuffer, values)
        return self._render_target.texture

    def is_current(self) -> bool:
        """Whether its shader file is unchanged.

        Raises:
            ConfigError: it can no longer be read.
        """
        return self._mix.is_current()

    def close(self) -> None:
        """Release what it owns. May be called twice."""
        self._mix.close()
        if self._render_target is not None:
            self._render_target.close()
            self._render_target = None
