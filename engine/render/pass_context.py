"""Pass context: the render targets (texture and framebuffer) and quad programs (shader and rectangle) of a pass.

A `PassContext` owns everything that a pass requests and releases it at once, so that no pass has to. It also queues
what must be drawn before the pass can be shown, in parts so small that the show goes on between them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import moderngl
import numpy as np

from engine.render.gl.quad_program import REPLACED, QuadProgram, Shaders, Value
from engine.render.gl.render_target import Closable, Dtype, LookupTexture, RenderTarget
from engine.render.gl.shader_library import Define, ShaderLibrary, Stamp, stamp
from engine.render.glass_area import GlassArea
from engine.scene.values import read_picture
from engine.types import ByteArray, FloatArray

NOISE_WH = (512, 512)
STRIP_PIXELS, STRIP_ROWS = 65_536, 64
"""Approximate pixels of a strip of a baked render target, and the rows it is a multiple of: those of the tiles of
software OpenGL, which loads and stores whole tiles."""


class PassContext:
    """Resources of one pass.

    Args:
        ctx: the context.
        library: the shaders.
        size_wh: of the stage, px.
        opening: the area of the glass.
        ground: the context that has what all passes of a scene share.
    """

    def __init__(
        self,
        ctx: moderngl.Context,
        library: ShaderLibrary,
        size_wh: tuple[int, int],
        opening: GlassArea | None = None,
        ground: PassContext | None = None,
    ) -> None:
        self.ctx = ctx
        self.library = library
        self.size_wh = size_wh
        self.aspect = size_wh[0] / size_wh[1]
        self.opening = opening or GlassArea.whole(self.aspect)
        self._ground = ground
        self._owned = ExitStack()
        self._quad_programs: list[QuadProgram] = []
        self._pictures: dict[Path, tuple[Stamp, moderngl.Texture]] = {}
        self._to_do: deque[Callable[[], object]] = deque()
        self._noise: RenderTarget | None = None

    @property
    def noise(self) -> moderngl.Texture:
        """A tile of noise for `lib/tile.glsl`, drawn on first use."""
        if self._ground is not None:
            return self._ground.noise
        if self._noise is None:
            self._noise = self.render_target(NOISE_WH, "f1", mipmaps=True, repeat=True)
            self.bake(self._noise, "noise", None, {})
        return self._noise.texture

    def render_target(
        self,
        size_wh: tuple[int, int],
        dtype: Dtype = "f2",
        *,
        components: int = 4,
        mipmaps: bool = False,
        repeat: bool = False,
    ) -> RenderTarget:
        """A new render target, released with the context."""
        render_target = RenderTarget(self.ctx, size_wh, dtype, components=components, mipmaps=mipmaps, repeat=repeat)
        self._owned.callback(render_target.close)
        return render_target

    def image(self, image: ByteArray) -> moderngl.Texture:
        """A constant texture of a picture (H, W, 1, 3 or 4) uint8, row 0 top; released with the context."""
        height, width, components = image.shape
        texture = self.ctx.texture((width, height), components, np.ascontiguousarray(image).tobytes(), alignment=1)
        texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
        texture.repeat_x = texture.repeat_y = False
        self._owned.callback(texture.release)
        return texture

    def cube(self, table: FloatArray) -> moderngl.Texture3D:
        """A constant texture of a table (N, N, N, 3) float32, released with the context."""
        side = len(table)
        texture = self.ctx.texture3d((side, side, side), 3, np.ascontiguousarray(table).tobytes(), dtype="f4")
        texture.filter = (moderngl.NEAREST, moderngl.NEAREST)
        self._owned.callback(texture.release)
        return texture

    def lookup_texture(self, rows: int) -> LookupTexture:
        """A new lookup texture, released with the context."""
        table = LookupTexture(self.ctx, rows)
        self._owned.callback(table.close)
        return table

    def quad_program(
        self, name: str, defines: Mapping[str, Define] | None = None, shaders: Shaders | None = None
    ) -> QuadProgram:
        """A new quad program with shader `name`, by default from the library; released with the context.

        Raises:
            ConfigError: the shader is missing or does not compile.
        """
        quad_program = QuadProgram(self.ctx, shaders or self.library, name, defines)
        self._owned.callback(quad_program.close)
        self._quad_programs.append(quad_program)
        return quad_program

    def picture(self, path: Path) -> moderngl.Texture:
        """A picture file as a texture: sRGB-encoded RGBA, row 0 top; released with the context.

        Raises:
            ConfigError: it cannot be read.
        """
        if path not in self._pictures:
            before, pixels = stamp(path), read_picture(path)  # in this order: a file saved meanwhile is read again
            texture = self.ctx.texture((pixels.shape[1], pixels.shape[0]), 4, pixels.tobytes())
            self._owned.callback(texture.release)
            texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
            texture.repeat_x = texture.repeat_y = False
            texture.build_mipmaps()
            self._pictures[path] = before, texture
        return self._pictures[path][1]

    def bake(
        self, render_target: RenderTarget, name: str, defines: Mapping[str, Define] | None, values: Mapping[str, Value]
    ) -> None:
        """Queue a render target to be drawn once, before the pass is shown, strip by strip, with its mipmaps.

        It may be among the values of targets that are baked after it.
        """
        quad_program = self.quad_program(name, defines)
        width, height = render_target.texture.size
        step = max(1, STRIP_PIXELS // width // STRIP_ROWS) * STRIP_ROWS
        for row in range(0, height, step):
            rows = row, min(step, height - row)
            self.later(partial(quad_program.draw, render_target.framebuffer, values, blend=REPLACED, rows=rows))
        if render_target.has_mipmaps:
            self.later(render_target.texture.build_mipmaps)

    def later(self, step: Callable[[], object]) -> None:
        """Queue a short task to be done before the pass is shown, after everything queued so far."""
        self._to_do.append(step)

    def do_step(self) -> bool:
        """Do the next queued task; returns False if there is none."""
        if not self._to_do:
            return False
        self._to_do.popleft()()
        return True

    def is_current(self) -> bool:
        """Whether the files of its shaders and pictures are unchanged.

        Raises:
            ConfigError: a shader can no longer be read.
        """
        return all(quad_program.is_current() for quad_program in self._quad_programs) and all(
            stamp(path) == before for path, (before, _) in self._pictures.items()
        )

    def own(self, part: Closable) -> None:
        """Release `part` with the context."""
        self._owned.callback(part.close)

    def close(self) -> None:
        """Release all resources. May be called twice."""
        self._to_do.clear()
        self._owned.close()
