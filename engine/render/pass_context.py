"""What a pass draws with: canvases (a texture and its framebuffer) and brushes (a program and its rectangle).

A `Stage` owns all that a pass asks of it and releases it together, so that no pass has to. It also keeps what is still
to be drawn before the pass can be shown, in parts so small that a show goes on between them.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, Protocol

import moderngl
import numpy as np

from engine.core.errors import ConfigError
from engine.render.gl.gl_functions import unlocked_wait
from engine.render.gl.shader_library import Define, ShaderLibrary, Stamp, stamp
from engine.render.glass_area import Opening, Rect
from engine.scene.values import read_picture
from engine.types import ByteArray, FloatArray

NOISE_WH = (512, 512)
STRIP_PIXELS, STRIP_ROWS = 65_536, 64
"""How many pixels of a canvas that is drawn once are drawn in one go, about; in rows of so many: those of the tiles of
software OpenGL, which loads and stores each of them whole."""

WHOLE: Rect = (0.0, 0.0, 1.0, 1.0)
Dtype = Literal["f1", "f2", "f4"]
OVER = (moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)
ADDED = (moderngl.ONE, moderngl.ONE)
REPLACED = (moderngl.ONE, moderngl.ZERO)  # as without blending; but software OpenGL then compiles half as much
Blend = tuple[int, int]


@dataclass(frozen=True)
class Sampled:
    """A texture that is read in another way than its own."""

    texture: moderngl.Texture
    sampler: moderngl.Sampler


Value = float | int | bool | tuple[float, ...] | moderngl.Texture | moderngl.Texture3D | Sampled


class Closable(Protocol):
    """What holds something on the graphics card."""

    def close(self) -> None:
        """Release it; may be called again."""
        ...


class Shaders(Protocol):
    """Where a brush gets its program: `ShaderLibrary`, or whatever else makes one."""

    def program(
        self, ctx: moderngl.Context, name: str, *, defines: Mapping[str, Define] | None = None
    ) -> moderngl.Program:
        """Compile a program."""
        ...

    def text(self, name: str, defines: Mapping[str, Define] | None = None) -> str:
        """What a program is made of: while this is the same, so is what it draws."""
        ...

    def declaration(self, name: str, uniform: str) -> str:
        """File and line where it declares a uniform."""
        ...


class Canvas:
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


class Table:
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


class Brush:
    """One program, drawn as rectangles.

    Args:
        ctx: the context that it lives in.
        library: where its shader is found.
        name: of the fragment shader, without `.frag`.
        defines: see `ShaderLibrary.source`.
    """

    def __init__(
        self, ctx: moderngl.Context, library: Shaders, name: str, defines: Mapping[str, Define] | None = None
    ) -> None:
        self._ctx = ctx
        self._library, self._name, self._defines = library, name, defines
        self._text = library.text(name, defines)
        self._program = library.program(ctx, name, defines=defines)
        self._vertices = ctx.vertex_array(self._program, [])
        self._wait = unlocked_wait(ctx)
        self._uniforms = {n: u for n in self._program if isinstance(u := self._program[n], moderngl.Uniform)}

    @property
    def uniforms(self) -> frozenset[str]:
        """Names of the uniforms that the shader really uses."""
        return frozenset(self._uniforms)

    def is_current(self) -> bool:
        """Whether the shader's files still say what it was made of.

        Raises:
            ConfigError: they can no longer be read as a shader.
        """
        return self._library.text(self._name, self._defines) == self._text

    def draw(
        self,
        target: moderngl.Framebuffer,
        values: Mapping[str, Value],
        *,
        rect: Rect = WHOLE,
        instances: int = 1,
        blend: Blend | None = None,
        rows: tuple[int, int] | None = None,
    ) -> None:
        """Draw on `rect` of `target`.

        Args:
            target: what is drawn on.
            values: uniforms by name; what the shader does not use is left out; textures are bound in turn.
            rect: fractions of the target, origin top left.
            instances: how often (a shader that draws many small things places each by `gl_InstanceID`).
            blend: None replaces what is there; `OVER` lays premultiplied colour over it; `ADDED` adds light.
            rows: first row and number of rows outside of which nothing is drawn.

        Raises:
            ConfigError: the shader declares a uniform with a type that is not that of `shaders/UNIFORMS.md`.
        """
        samplers = self._send({**values, "u_rect": rect})
        if rows is not None:
            target.scissor = (0, rows[0], target.width, rows[1])
        target.use()
        if blend is not None:
            self._ctx.enable(moderngl.BLEND)
            self._ctx.blend_func = blend
        self._vertices.render(moderngl.TRIANGLE_STRIP, vertices=4, instances=instances)
        if blend is not None:
            self._ctx.disable(moderngl.BLEND)
        if rows is not None:
            target.scissor = (0, 0, target.width, target.height)
        for unit, sampler in samplers.items():
            sampler.clear(unit)
        self._wait()

    def _send(self, values: Mapping[str, Value]) -> dict[int, moderngl.Sampler]:
        """Returns the samplers in use, by unit."""
        samplers: dict[int, moderngl.Sampler] = {}
        unit = 0
        for name, value in values.items():
            uniform = self._uniforms.get(name)
            if uniform is None:
                continue
            try:
                if isinstance(value, Sampled):
                    value.sampler.use(unit)
                    samplers[unit], value = value.sampler, value.texture
                if isinstance(value, moderngl.Texture | moderngl.Texture3D):
                    value.use(unit)
                    uniform.value = unit
                    unit += 1
                else:
                    uniform.value = value
            except (TypeError, ValueError, struct.error) as error:
                where = self._library.declaration(self._name, name)
                raise ConfigError(f"{where}: {name} has another type in shaders/UNIFORMS.md: {error}") from error
        return samplers

    def close(self) -> None:
        """Release what it owns; may be called again."""
        self._vertices.release()
        self._program.release()


class Stage:
    """The place where one pass works.

    Args:
        ctx: the context.
        library: the shaders.
        size_wh: of the stage, px.
        opening: where the glass is.
        ground: the stage from which it has what all passes of a scene share.
    """

    def __init__(
        self,
        ctx: moderngl.Context,
        library: ShaderLibrary,
        size_wh: tuple[int, int],
        opening: Opening | None = None,
        ground: Stage | None = None,
    ) -> None:
        self.ctx = ctx
        self.library = library
        self.size_wh = size_wh
        self.aspect = size_wh[0] / size_wh[1]
        self.opening = opening or Opening.whole(self.aspect)
        self._ground = ground
        self._owned = ExitStack()
        self._brushes: list[Brush] = []
        self._pictures: dict[Path, tuple[Stamp, moderngl.Texture]] = {}
        self._to_do: deque[Callable[[], object]] = deque()
        self._noise: Canvas | None = None

    @property
    def noise(self) -> moderngl.Texture:
        """A tile of noise for `lib/tile.glsl`, drawn when it is first asked for."""
        if self._ground is not None:
            return self._ground.noise
        if self._noise is None:
            self._noise = self.canvas(NOISE_WH, "f1", mipmaps=True, repeat=True)
            self.bake(self._noise, "noise", None, {})
        return self._noise.texture

    def canvas(
        self,
        size_wh: tuple[int, int],
        dtype: Dtype = "f2",
        *,
        components: int = 4,
        mipmaps: bool = False,
        repeat: bool = False,
    ) -> Canvas:
        """A new canvas, released with the stage."""
        canvas = Canvas(self.ctx, size_wh, dtype, components=components, mipmaps=mipmaps, repeat=repeat)
        self._owned.callback(canvas.close)
        return canvas

    def image(self, image: ByteArray) -> moderngl.Texture:
        """A texture of a picture (H, W, 1, 3 or 4) uint8, row 0 top, that never changes; released with the stage."""
        height, width, components = image.shape
        texture = self.ctx.texture((width, height), components, np.ascontiguousarray(image).tobytes(), alignment=1)
        texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
        texture.repeat_x = texture.repeat_y = False
        self._owned.callback(texture.release)
        return texture

    def cube(self, table: FloatArray) -> moderngl.Texture3D:
        """A texture of a table (N, N, N, 3) float32 that never changes, released with the stage."""
        side = len(table)
        texture = self.ctx.texture3d((side, side, side), 3, np.ascontiguousarray(table).tobytes(), dtype="f4")
        texture.filter = (moderngl.NEAREST, moderngl.NEAREST)
        self._owned.callback(texture.release)
        return texture

    def table(self, rows: int) -> Table:
        """A new table, released with the stage."""
        table = Table(self.ctx, rows)
        self._owned.callback(table.close)
        return table

    def brush(self, name: str, defines: Mapping[str, Define] | None = None, shaders: Shaders | None = None) -> Brush:
        """A new brush with shader `name`, of the library unless told otherwise, released with the stage.

        Raises:
            ConfigError: the shader is missing or does not compile.
        """
        brush = Brush(self.ctx, shaders or self.library, name, defines)
        self._owned.callback(brush.close)
        self._brushes.append(brush)
        return brush

    def picture(self, path: Path) -> moderngl.Texture:
        """A picture file as a texture: sRGB-encoded RGBA, row 0 top; released with the stage.

        Raises:
            ConfigError: it cannot be read.
        """
        if path not in self._pictures:
            before, pixels = stamp(path), read_picture(path)  # in this order: what is saved meanwhile is read again
            texture = self.ctx.texture((pixels.shape[1], pixels.shape[0]), 4, pixels.tobytes())
            self._owned.callback(texture.release)
            texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
            texture.repeat_x = texture.repeat_y = False
            texture.build_mipmaps()
            self._pictures[path] = before, texture
        return self._pictures[path][1]

    def bake(
        self, canvas: Canvas, name: str, defines: Mapping[str, Define] | None, values: Mapping[str, Value]
    ) -> None:
        """Have a canvas drawn once, before the pass is shown, strip by strip; its smaller versions too.

        What is baked may be among the values of what is baked after it.
        """
        brush = self.brush(name, defines)
        width, height = canvas.texture.size
        step = max(1, STRIP_PIXELS // width // STRIP_ROWS) * STRIP_ROWS
        for row in range(0, height, step):
            rows = row, min(step, height - row)
            self.later(partial(brush.draw, canvas.framebuffer, values, blend=REPLACED, rows=rows))
        if canvas.has_mipmaps:
            self.later(canvas.texture.build_mipmaps)

    def later(self, step: Callable[[], object]) -> None:
        """Have something short done before the pass is shown, after all that was asked for until now."""
        self._to_do.append(step)

    def do_step(self) -> bool:
        """Do the next of what is to be done; returns False if there is nothing."""
        if not self._to_do:
            return False
        self._to_do.popleft()()
        return True

    def is_current(self) -> bool:
        """Whether the files of its shaders and pictures still are what it was made of.

        Raises:
            ConfigError: a shader can no longer be read.
        """
        return all(brush.is_current() for brush in self._brushes) and all(
            stamp(path) == before for path, (before, _) in self._pictures.items()
        )

    def own(self, part: Closable) -> None:
        """Release `part` with the stage."""
        self._owned.callback(part.close)

    def close(self) -> None:
        """Release all canvases and brushes; may be called again."""
        self._to_do.clear()
        self._owned.close()
