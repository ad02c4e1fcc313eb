"""What a pass draws with: canvases (a texture and its framebuffer) and brushes (a program and its rectangle).

A `Stage` owns all that the passes of one scene ask of it and releases it together, so that no pass has to.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Literal

import moderngl

from engine.errors import ConfigError
from engine.render.opening import Opening, Rect
from engine.render.shader import Define, ShaderLibrary

NOISE_WH = (512, 512)
WHOLE: Rect = (0.0, 0.0, 1.0, 1.0)
Dtype = Literal["f1", "f2", "f4"]
OVER = (moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)
ADDED = (moderngl.ONE, moderngl.ONE)
Blend = tuple[int, int]
Value = float | int | bool | tuple[float, ...] | moderngl.Texture


class Canvas:
    """A texture that can be drawn on.

    Args:
        ctx: the context that it lives in.
        size_wh: px.
        dtype: `f1` 8 bit, `f2` half float, `f4` float.
        components: 1 to 4.
        mipmaps: whether smaller versions are kept; call `texture.build_mipmaps()` after drawing.
        repeat: whether it is a tile; otherwise its edge is continued.
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
    ) -> None:
        self._ctx: moderngl.Context | None = ctx
        self.texture = ctx.texture(size_wh, components, dtype=dtype)
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


class Brush:
    """One program, drawn as rectangles.

    Args:
        ctx: the context that it lives in.
        library: where its shader is found.
        name: of the fragment shader, without `.frag`.
        defines: see `ShaderLibrary.source`.
    """

    def __init__(
        self, ctx: moderngl.Context, library: ShaderLibrary, name: str, defines: Mapping[str, Define] | None = None
    ) -> None:
        self._ctx = ctx
        self._library, self._name = library, name
        self._program = library.program(ctx, name, defines=defines)
        self._vertices = ctx.vertex_array(self._program, [])
        self._uniforms = {n: u for n in self._program if isinstance(u := self._program[n], moderngl.Uniform)}

    @property
    def uniforms(self) -> frozenset[str]:
        """Names of the uniforms that the shader really uses."""
        return frozenset(self._uniforms)

    def draw(
        self,
        target: moderngl.Framebuffer,
        values: Mapping[str, Value],
        *,
        rect: Rect = WHOLE,
        instances: int = 1,
        blend: Blend | None = None,
    ) -> None:
        """Draw on `rect` of `target`.

        Args:
            target: what is drawn on.
            values: uniforms by name; what the shader does not use is left out; textures are bound in turn.
            rect: fractions of the target, origin top left.
            instances: how often (a shader that draws many small things places each by `gl_InstanceID`).
            blend: None replaces what is there; `OVER` lays premultiplied colour over it; `ADDED` adds light.

        Raises:
            ConfigError: the shader declares a uniform with a type that is not that of `shaders/UNIFORMS.md`.
        """
        self._send({**values, "u_rect": rect})
        target.use()
        if blend is not None:
            self._ctx.enable(moderngl.BLEND)
            self._ctx.blend_func = blend
        self._vertices.render(moderngl.TRIANGLE_STRIP, vertices=4, instances=instances)
        if blend is not None:
            self._ctx.disable(moderngl.BLEND)

    def _send(self, values: Mapping[str, Value]) -> None:
        unit = 0
        for name, value in values.items():
            uniform = self._uniforms.get(name)
            if uniform is None:
                continue
            try:
                if isinstance(value, moderngl.Texture):
                    value.use(unit)
                    uniform.value = unit
                    unit += 1
                else:
                    uniform.value = value
            except (TypeError, ValueError, struct.error) as error:
                where = self._library.declaration(self._name, name)
                raise ConfigError(f"{where}: {name} has another type in shaders/UNIFORMS.md: {error}") from error

    def close(self) -> None:
        """Release what it owns; may be called again."""
        self._vertices.release()
        self._program.release()


class Stage:
    """The place where the passes of one scene work.

    Args:
        ctx: the context.
        library: the shaders.
        size_wh: of the stage, px.
        opening: where the glass is.
    """

    def __init__(
        self, ctx: moderngl.Context, library: ShaderLibrary, size_wh: tuple[int, int], opening: Opening | None = None
    ) -> None:
        self.ctx = ctx
        self.library = library
        self.size_wh = size_wh
        self.aspect = size_wh[0] / size_wh[1]
        self.opening = opening or Opening.whole(self.aspect)
        self._owned = ExitStack()
        self._noise: Canvas | None = None

    @property
    def noise(self) -> moderngl.Texture:
        """A tile of noise for `lib/tile.glsl`, drawn when it is first asked for."""
        if self._noise is None:
            self._noise = Canvas(self.ctx, NOISE_WH, "f1", mipmaps=True, repeat=True)
            self._owned.callback(self._noise.close)
            self.brush("noise").draw(self._noise.framebuffer, {})
            self._noise.texture.build_mipmaps()
        return self._noise.texture

    def canvas(
        self, size_wh: tuple[int, int], dtype: Dtype = "f2", *, mipmaps: bool = False, repeat: bool = False
    ) -> Canvas:
        """A new canvas, released with the stage."""
        canvas = Canvas(self.ctx, size_wh, dtype, mipmaps=mipmaps, repeat=repeat)
        self._owned.callback(canvas.close)
        return canvas

    def brush(self, name: str, defines: Mapping[str, Define] | None = None) -> Brush:
        """A new brush with shader `name`, released with the stage.

        Raises:
            ConfigError: the shader is missing or does not compile.
        """
        brush = Brush(self.ctx, self.library, name, defines)
        self._owned.callback(brush.close)
        return brush

    def close(self) -> None:
        """Release all canvases and brushes; may be called again."""
        self._owned.close()
