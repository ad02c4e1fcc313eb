"""What a foreign shader draws on: buffers that it may read while it draws them, and the watch over what it draws."""

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
"""A value beyond this is as good as infinite, by the canvas that is to keep it."""
Area = tuple[int, int, int, int]
"""Left, bottom, width, height, px."""
QUERIES = 3  # a count is asked for so many frames later, when it has long arrived


class Buffer:
    """Two canvases that change places: what was drawn last can be read while the next is drawn. Row 0 at the bottom.

    Args:
        ctx: the context.
        size_wh: px.
        dtype: see `RenderTarget`.
    """

    def __init__(self, ctx: moderngl.Context, size_wh: tuple[int, int], dtype: Dtype) -> None:
        self._ctx, self._dtype = ctx, dtype
        self._front, self._back = self._canvases(size_wh)

    @property
    def texture(self) -> moderngl.Texture:
        """What was drawn last, zeros before that."""
        return self._front.texture

    def resize(self, size_wh: tuple[int, int]) -> None:
        """Have this size from now on; what was drawn is lost if it is another than before."""
        if self._front.texture.size != size_wh:
            self.close()
            self._front, self._back = self._canvases(size_wh)

    def clear(self) -> None:
        """Forget what was drawn."""
        self._front.framebuffer.clear()

    def draw(self, brush: QuadProgram, values: Mapping[str, Value], area: Area | None = None) -> None:
        """Draw the next, all of it or an area; pixels that are left out are zeros."""
        framebuffer: Any = self._back.framebuffer  # ModernGL's types do not know that None ends a scissor
        framebuffer.clear()
        framebuffer.scissor = area
        brush.draw(framebuffer, {**values, "n_limit": LARGEST[self._dtype]})
        framebuffer.scissor = None
        self._front, self._back = self._back, self._front

    def close(self) -> None:
        """Release both canvases; may be called again."""
        self._front.close()
        self._back.close()

    def _canvases(self, size_wh: tuple[int, int]) -> tuple[RenderTarget, RenderTarget]:
        return RenderTarget(self._ctx, size_wh, self._dtype), RenderTarget(self._ctx, size_wh, self._dtype)


class FiniteWatch:
    """Notices pixels that a shader left out because they were no numbers, and says so once, without waiting.

    Args:
        ctx: the context.
        file: whom to blame.
        is_blind: for a shader that leaves pixels out on purpose.

    Attributes:
        problem: what it has noticed; empty while that is nothing.
        missing: how many pixels were left out of the last picture that was looked at.
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
        """Watch what is drawn meanwhile; `expect` says how much that should be."""
        if self._is_over:
            yield
            return
        turn = self._next
        self._next = (turn + 1) % QUERIES
        self._look(turn)
        with self._queries[turn]:
            yield

    def look(self) -> None:
        """Look at all that was drawn until now, and wait for it."""
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
        """So many pixels are drawn, in this frame, unless some are left out."""
        self._expected[self._next - 1] += pixels
