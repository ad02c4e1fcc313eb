"""A shader program drawn as rectangles, with its uniforms, textures and blending."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import moderngl

from engine.core.errors import ConfigError
from engine.render.gl.gl_functions import unlocked_wait
from engine.render.gl.shader_library import Define
from engine.render.glass_area import Rect

WHOLE: Rect = (0.0, 0.0, 1.0, 1.0)
OVER = (moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)
ADDED = (moderngl.ONE, moderngl.ONE)
REPLACED = (moderngl.ONE, moderngl.ZERO)  # as without blending; but software OpenGL then compiles half as much
Blend = tuple[int, int]


AnyTexture = moderngl.Texture | moderngl.Texture3D | moderngl.TextureCube


@dataclass(frozen=True)
class Sampled:
    """A texture that is read in another way than its own."""

    texture: AnyTexture
    sampler: moderngl.Sampler


Value = float | int | bool | tuple[float, ...] | list[Any] | AnyTexture | Sampled


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


class QuadProgram:
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
                if isinstance(value, AnyTexture):
                    value.use(unit)
                    uniform.value = unit
                    unit += 1
                elif isinstance(value, list):  # of which a driver keeps as many as the shader reads
                    uniform.value = value[: uniform.array_length] if uniform.array_length > 1 else value[0]
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
