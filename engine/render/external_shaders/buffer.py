"""Buffers of external shaders, which may be read while they are drawn, and the detector of non-finite pixels."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import moderngl

from engine.render.gl.quad_program import QuadProgram, Value
from engine.render.gl.render_target import Dtype, RenderTarget

log = logging.getLogger(__name__)

LARGEST: Mapping[Dtype, float] = {"f1": 65504.0, "f2": 65504.0, "f4": 1e30}
"""Values beyond this count as infinite, by type of the render target."""
Area = tuple[int, int, int, int]
"""Left, bottom, width, height, px."""
QUERIES = 3  # a query is read this many frames later, when its result has long arrived


class Buffer:
    """Ping-pong pair of render targets: the last picture can be read while the next is drawn. Row 0 at the bottom.

    Args:
        ctx: OpenGL context.
        size_wh: px.
        dtype: see `RenderTarget`.
    """

    def __init__(self, ctx: moderngl.Context, size_wh: tuple[int, int], dtype: Dtype) -> None:
        self._ctx, self._dtype = ctx, dtype
        self._front, self._back = self._render_targets(size_wh)

    @property
    def texture(self) -> moderngl.Texture:
        """Last picture drawn, zeros before that."""
        return self._front.texture

    def resize(self, size_wh: tuple[int, int]) -> None:
        """Change the size; if it differs, the contents are lost."""
        if self._front.texture.size != size_wh:
            self.close()
            self._front, self._back = self._render_targets(size_wh)

    def clear(self) -> None:
        """Clear the contents."""
        self._front.framebuffer.clear()

    def draw(self, quad_program: QuadProgram, values: Mapping[str, Value], area: Area | None = None) -> None:
        """Draw the next picture, all of it or an area; skipped pixels are zeros."""
        framebuffer: Any = self._back.framebuffer  # ModernGL's types lack None, which ends a scissor
        framebuffer.clear()
        framebuffer.scissor = area
        quad_program.draw(framebuffer, {**values, "n_limit": LARGEST[self._dtype]})
        framebuffer.scissor = None
        self._front, self._back = self._back, self._front

    def close(self) -> None:
        """Release both render targets; may be called again."""
        self._front.close()
        self._back.close()

    def _render_targets(self, size_wh: tuple[int, int]) -> tuple[RenderTarget, RenderTarget]:
        return RenderTarget(self._ctx, size_wh, self._dtype), RenderTarget(self._ctx, size_wh, self._dtype)


class FiniteWatch:
    """Detects pixels that a shader skipped because they were not finite, and reports them once, without waiting.

    Args:
        ctx: OpenGL context.
        file: file named in the message.
        is_blind: for shaders that discard pixels on purpose.

    Attributes:
        problem: message; empty while there is none.
        missing: number of pixels skipped in the last picture checked.
    """

    def __init__(self, ctx: moderngl.Context, file: str, *, is_blind: bool) -> None:
        self._file = file
        self.problem = ""
        self.missing = 0
        self._is_blind = self._is_over = is_blind
        self._queries = [ctx.query(samples=True) for _ in range(QUERIES)]
        self._expected = [0] * QUERIES
        self._next = 0

    @contextmanager
    def frame(self) -> Iterator[None]:
        """Count the pixels drawn in the context; `expect` states how many there should be."""
        if self._is_over:
            yield
            return
        turn = self._next
        self._next = (turn + 1) % QUERIES
        self._look(turn)
        with self._queries[turn]:
            yield

    def look(self) -> None:
        """Check everything drawn so far, and wait for the result."""
        for turn in range(QUERIES):
            self._look((self._next + turn) % QUERIES)

    def _look(self, turn: int) -> None:
        if self._is_blind or not self._expected[turn]:
            return
        self.missing = max(0, self._expected[turn] - self._queries[turn].samples)
        self._expected[turn] = 0
        if self.missing and not self.problem:
            what = "some of what it draws is no number, or infinite; the picture below is shown there"
            self.problem = f"{self._file}: {what}"
            log.warning("%s", self.problem)
            self._is_over = True

    def expect(self, pixels: int) -> None:
        """Expect this many pixels to be drawn in this frame."""
        self._expected[self._next - 1] += pixels
