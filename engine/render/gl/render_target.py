"""Render targets and lookup textures: what a pass draws on, and the numbers that its shader reads by index."""

from __future__ import annotations

from typing import Literal, Protocol

import moderngl
import numpy as np

from engine.types import FloatArray

Dtype = Literal["f1", "f2", "f4"]


class Closable(Protocol):
    """What holds something on the graphics card."""

    def close(self) -> None:
        """Release it; may be called again."""
        ...


class RenderTarget:
    """A texture that can be drawn on.

    Args:
        ctx: the context that it lives in.
        size_wh: px.
        dtype: `f1` 8 bit, `f2` half float, `f4` float.
        components: 1 to 4.
        mipmaps: whether smaller versions are kept; call `texture.build_mipmaps()` after drawing.
        repeat: whether it is a tile; otherwise its edge is continued.
        internal_format: OpenGL's name of the storage, where `dtype` does not say it.
    """

    def __init__(
        self,
        ctx: moderngl.Context,
        size_wh: tuple[int, int],
        dtype: Dtype = "f2",
        *,
        components: int = 4,
        mipmaps: bool = False,
        repeat: bool = False,
        internal_format: int | None = None,
    ) -> None:
        self._ctx: moderngl.Context | None = ctx
        self.has_mipmaps = mipmaps
        self.texture = ctx.texture(size_wh, components, dtype=dtype, internal_format=internal_format)
        self.texture.repeat_x = self.texture.repeat_y = repeat
        minify = moderngl.LINEAR_MIPMAP_LINEAR if mipmaps else moderngl.LINEAR
        self.texture.filter = (minify, moderngl.LINEAR)
        self.framebuffer = ctx.framebuffer([self.texture])
        self.framebuffer.clear()
        if mipmaps:
            self.texture.build_mipmaps()

    def close(self) -> None:
        """Release both; may be called again."""
        if self._ctx is None:
            return
        # ModernGL binds what was bound before again whenever it makes a framebuffer, even if that has been released.
        self._ctx.detect_framebuffer(0).use()
        self.framebuffer.release()
        self.texture.release()
        self._ctx = None


class LookupTexture:
    """Numbers that a shader looks up by index: `texelFetch(u_table, ivec2(i, 0), 0)`.

    Args:
        ctx: the context that it lives in.
        rows: how many it has, of four numbers each.
    """

    def __init__(self, ctx: moderngl.Context, rows: int) -> None:
        self.texture = ctx.texture((rows, 1), 4, dtype="f4")
        self.texture.filter = (moderngl.NEAREST, moderngl.NEAREST)

    def write(self, numbers: FloatArray) -> None:
        """Set the first rows, (n, 4) float32 with n at most `rows`."""
        self.texture.write(np.ascontiguousarray(numbers, np.float32), viewport=(0, 0, len(numbers), 1))

    def close(self) -> None:
        """Release it."""
        self.texture.release()
