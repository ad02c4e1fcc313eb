"""PixelRing: pixel buffers for pictures of one size, in turn, so that none is written while the card reads it.

From OpenGL 4.4 on they stay mapped: a picture is copied straight into them, without Python's lock, and a fence says
when the card has read one. Below that they are ordinary buffers, of which the driver gives new memory for each picture.
Knows no textures but the one that it is given.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import moderngl
import numpy as np

from engine.core.errors import DeviceError
from engine.render.gl.gl_functions import Fence, GlCalls
from engine.types import ByteArray

RING_LENGTH = 3
PERSISTENT_MAPPING_VERSION = 440
READ_LIMIT_S = 1.0  # a card that has not read a picture by then is not waited for

log = logging.getLogger(__name__)


@dataclass
class _Place:
    buffer: moderngl.Buffer
    memory: ByteArray | None  # (bytes,); None: ordinary
    fence: Fence | None = None


class PboRing:
    """The buffers.

    Args:
        ctx: the context that they live in.
        n_bytes: of a picture.
        gl: the context's waiting functions; None, or a context below 4.4, takes ordinary buffers.

    Attributes:
        is_mapped: whether its buffers stay mapped.
    """

    def __init__(self, ctx: moderngl.Context, n_bytes: int, gl: GlCalls | None = None) -> None:
        self._gl = gl
        self._next = 0
        self.is_mapped = gl is not None and gl.has_persistent_mapping and ctx.version_code >= PERSISTENT_MAPPING_VERSION
        self._places = [self._make_place(ctx, n_bytes) for _ in range(RING_LENGTH)]

    def _make_place(self, ctx: moderngl.Context, n_bytes: int) -> _Place:
        buffer = ctx.buffer(reserve=n_bytes, dynamic=True)
        if self.is_mapped and self._gl is not None:
            try:
                return _Place(buffer, self._gl.map_unpack_buffer(buffer.glo, n_bytes))
            except DeviceError as error:
                log.warning("%s; ordinary buffers are taken", error)
                self.is_mapped = False
                buffer.release()  # it cannot be given ordinary memory again
                buffer = ctx.buffer(reserve=n_bytes, dynamic=True)
        return _Place(buffer, None)

    def write(self, pixels: ByteArray, texture: moderngl.Texture) -> None:
        """Bring a picture (H, W, C) into a texture of its size and form."""
        place = self._places[self._next]
        self._next = (self._next + 1) % len(self._places)
        if place.memory is None or self._gl is None:
            place.buffer.orphan()
            place.buffer.write(np.ascontiguousarray(pixels))
            texture.write(place.buffer, alignment=1)
            return
        if place.fence is not None and not place.fence.wait(READ_LIMIT_S):
            place.fence.close()
        np.copyto(place.memory.reshape(pixels.shape), pixels)
        texture.write(place.buffer, alignment=1)
        place.fence = self._gl.fence()

    def close(self) -> None:
        """Release the buffers, which unmaps them; may be called again."""
        for place in self._places:
            if place.fence is not None:
                place.fence.close()
            place.buffer.release()
        self._places = []
