"""Readback: a framebuffer's pixels on their way to the processor, through a ring of pack buffers.

A read is only started here; the pixels are handed out once a fence says that they have arrived, so nothing waits for
the GPU. Knows nothing of files. All methods belong to the OpenGL thread, except `Picture.release`.
"""

from __future__ import annotations

from collections import deque

import moderngl

from engine.render.gl.gl_functions import Fence, GlCalls, Rectangle
from engine.types import ByteArray

BYTES_PER_PIXEL = 4
PERSISTENT_MAPPING_VERSION = 440


class Picture:
    """Pixels that have arrived; they stay valid until `release`.

    Attributes:
        rows: (H, W, 4) uint8 RGBA, read-only. Bottom row first, as OpenGL keeps them.
        time_s: what `Readback.start` was given.
    """

    def __init__(self, rows: ByteArray, time_s: float, buffer: _PackBuffer) -> None:
        self.rows = rows
        self.time_s = time_s
        self._buffer = buffer

    def release(self) -> None:
        """Let the buffer be used again; from any thread, once."""
        self._buffer.is_lent = False


class _PackBuffer:
    """One buffer of the ring; mapped for good where the driver can, else between arrival and reuse."""

    def __init__(self, gl: GlCalls, size_wh: tuple[int, int], *, persistent: bool) -> None:
        self._gl = gl
        self._shape = (size_wh[1], size_wh[0], BYTES_PER_PIXEL)
        self._size_bytes = size_wh[0] * size_wh[1] * BYTES_PER_PIXEL
        self._persistent = persistent
        self._name = gl.create_pack_buffer(self._size_bytes, persistent=persistent)
        self._rows = self._map() if persistent else None
        self.is_lent = False
        self.fence: Fence | None = None
        self.time_s = 0.0

    @property
    def is_free(self) -> bool:
        return self.fence is None and not self.is_lent

    def fill(self, framebuffer: int, size_wh: tuple[int, int], time_s: float) -> None:
        self._unmap()
        self._gl.read_pixels(framebuffer, size_wh, self._name)
        self.fence = self._gl.fence()
        self.time_s = time_s

    def lend(self) -> Picture:
        """The pixels that have arrived."""
        self.fence = None
        self.is_lent = True
        if self._rows is None:
            self._rows = self._map()
        return Picture(self._rows, self.time_s, self)

    def close(self) -> None:
        if self.fence is not None:
            self.fence.close()
        self._gl.delete_buffer(self._name)  # unmaps it as well

    def _map(self) -> ByteArray:
        view = self._gl.map_pack_buffer(self._name, self._size_bytes, persistent=self._persistent)
        return view.reshape(self._shape)

    def _unmap(self) -> None:
        if self._rows is not None and not self._persistent:
            self._gl.unmap_pack_buffer(self._name)
            self._rows = None


class Readback:
    """A ring of `count` buffers for pictures of one size.

    A framebuffer of another size (the window was resized) is scaled into the middle, on black.

    Args:
        ctx: the current context.
        gl: its waiting functions.
        size_wh: of the pictures, px.
        count: how many may be under way or lent out at once.
        persistent: keep buffers mapped; None: if the context is 4.4 or newer.
    """

    def __init__(
        self,
        ctx: moderngl.Context,
        gl: GlCalls,
        size_wh: tuple[int, int],
        count: int,
        *,
        persistent: bool | None = None,
    ) -> None:
        if persistent is None:
            persistent = gl.has_persistent_mapping and ctx.version_code >= PERSISTENT_MAPPING_VERSION
        self._ctx = ctx
        self._gl = gl
        self._size_wh = size_wh
        self._fitted: moderngl.Framebuffer | None = None
        self._buffers = [_PackBuffer(gl, size_wh, persistent=persistent) for _ in range(count)]
        self._under_way: deque[_PackBuffer] = deque()

    @property
    def is_busy(self) -> bool:
        """Whether pictures are on their way that `arrived` has not given out."""
        return bool(self._under_way)

    @property
    def is_lent(self) -> bool:
        """Whether a picture has not come back yet."""
        return any(buffer.is_lent for buffer in self._buffers)

    def forget(self) -> int:
        """Give up the pictures that are under way; returns how many there were."""
        count = len(self._under_way)
        self._under_way.clear()
        return count

    def start(self, framebuffer: moderngl.Framebuffer, time_s: float) -> bool:
        """Start reading what `framebuffer` shows now; False, without effect, if every buffer is in use."""
        buffer = next((each for each in self._buffers if each.is_free), None)
        if buffer is None:
            return False
        source = framebuffer if framebuffer.size == self._size_wh else self._fit(framebuffer)
        buffer.fill(source.glo, self._size_wh, time_s)
        self._under_way.append(buffer)
        return True

    def arrived(self, timeout_s: float = 0.0) -> list[Picture]:
        """Pictures that have arrived since the last call, oldest first; `timeout_s` is waited for each that has not."""
        pictures = []
        while self._under_way:
            fence = self._under_way[0].fence
            if fence is not None and not fence.wait(timeout_s):
                break
            pictures.append(self._under_way.popleft().lend())
        return pictures

    def close(self) -> None:
        """Free the buffers; no picture may be lent out any more."""
        for buffer in self._buffers:
            buffer.close()
        self._buffers.clear()
        self._under_way.clear()
        if self._fitted is not None:
            self._fitted.color_attachments[0].release()
            self._fitted.release()
            self._fitted = None

    def _fit(self, framebuffer: moderngl.Framebuffer) -> moderngl.Framebuffer:
        if self._fitted is None:
            self._fitted = self._ctx.framebuffer([self._ctx.texture(self._size_wh, BYTES_PER_PIXEL)])
        self._fitted.clear(0.0, 0.0, 0.0, 1.0)
        box = fitting_box(framebuffer.size, self._size_wh)
        self._gl.blit(framebuffer.glo, (0, 0, *framebuffer.size), self._fitted.glo, box)
        return self._fitted


def fitting_box(inner_wh: tuple[int, int], outer_wh: tuple[int, int]) -> Rectangle:
    """The largest rectangle of the shape of `inner_wh` in the middle of `outer_wh` (px)."""
    scale = min(outer_wh[0] / inner_wh[0], outer_wh[1] / inner_wh[1])
    width, height = (max(1, round(side * scale)) for side in inner_wh)
    left, bottom = (outer_wh[0] - width) // 2, (outer_wh[1] - height) // 2
    return left, bottom, left + width, bottom + height
