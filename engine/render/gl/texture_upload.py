"""Texture upload: how drawn faces get into textures on this machine, found out once at the start, by a trial.

A face drawn on an NVIDIA card stays there if CUDA and OpenGL share memory (`cuda_interop.py`); all others go through
pixel buffers (`pbo_ring.py`). Knows nothing of what the pictures show.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal

import moderngl
import numpy as np

from engine.core.errors import CudaError, DeviceError, in_one_line
from engine.render.gl.cuda_interop import DeviceCopies, SharedTexture
from engine.render.gl.gl_functions import GlCalls
from engine.render.gl.texture import Landing, PixelTexture
from engine.system.cuda_driver import CudaDriver
from engine.system.gpu_memory import leave_room
from engine.types import DeviceImage

Way = Literal["auto", "cuda", "pixel_buffer"]
PROBE_PX = 16

log = logging.getLogger(__name__)


class Transfer:
    """The upload path of all textures of a context.

    Args:
        ctx: the context.
        gl: its waiting functions; None takes ordinary pixel buffers.
        copies: copies pictures on the card; None without CUDA.
        note: the path and its reason, in a few words.

    Attributes:
        note: for the overlay; changes when it falls back.
    """

    def __init__(
        self,
        ctx: moderngl.Context,
        gl: GlCalls | None = None,
        copies: DeviceCopies | None = None,
        note: str = "pixel buffers",
    ) -> None:
        self._ctx = ctx
        self.gl = gl
        self._copies = copies
        self.note = note

    @property
    def is_shared(self) -> bool:
        """Whether pictures should stay on the card."""
        return self._copies is not None

    def renew(self, ctx: moderngl.Context, gl: GlCalls) -> None:
        """Make textures in another context from now on; whether CUDA still serves it shows with the first picture."""
        self._ctx, self.gl = ctx, gl if self.gl is not None else None

    def texture(self) -> Landing:
        """A new texture for drawn faces."""
        pixels = PixelTexture(self._ctx, self.gl)
        return pixels if self._copies is None else SharedTexture(pixels, self._copies)

    def fall_back(self, error: CudaError) -> None:
        """Fall back to pixel buffers, and report why."""
        self._copies = None
        self.note = f"pixel buffers: {error}"
        log.warning("drawn faces go on through pixel buffers: %s", error)


def open_transfer(
    ctx: moderngl.Context,
    gl: GlCalls,
    wanted: Way = "auto",
    open_copies: Callable[[moderngl.Context], DeviceCopies] | None = None,
) -> Transfer:
    """Find the path that works.

    Args:
        ctx, gl: the current context.
        wanted: `auto` takes CUDA where a trial picture arrives unchanged; `cuda` insists on it.
        open_copies: starts CUDA.

    Raises:
        DeviceError: CUDA was insisted on, and does not work.
    """
    if wanted == "pixel_buffer":
        return Transfer(ctx, gl, note="pixel buffers, as config.yaml says")
    try:
        copies = (open_copies or start_cuda)(ctx)
        probe(ctx, gl, copies)
    except CudaError as error:
        if wanted == "cuda":
            raise DeviceError(f"display.transfer is cuda, which does not work here: {error}; auto does") from error
        log.info("drawn faces go through pixel buffers: %s", error)
        return Transfer(ctx, gl, note=f"pixel buffers: {error}")
    log.info("drawn faces stay on the graphics card: CUDA writes OpenGL's textures")
    return Transfer(ctx, gl, copies, "shared by CUDA")


def start_cuda(ctx: moderngl.Context) -> DeviceCopies:
    """Start CUDA for the current context.

    Raises:
        CudaError: what is missing.
    """
    if "nvidia" not in str(ctx.info["GL_VENDOR"]).lower():
        raise CudaError("OpenGL is not NVIDIA's, and CUDA shares with no other")
    driver = CudaDriver()
    leave_room()
    try:
        import cupy
    except ImportError as error:
        raise CudaError(f"CuPy cannot be imported (see docs/gpu.md): {in_one_line(error)}") from error
    return DeviceCopies(driver, cupy)


def probe(ctx: moderngl.Context, gl: GlCalls, copies: DeviceCopies) -> None:
    """Send a small asymmetric picture through CUDA, and compare what OpenGL received.

    Raises:
        CudaError: a call failed, or other bytes arrived.
    """
    rows, columns = np.mgrid[:PROBE_PX, :PROBE_PX]
    pattern = np.stack([rows * 16, columns * 16, rows ^ columns, np.full_like(rows, 255)], -1).astype(np.uint8)
    texture = SharedTexture(PixelTexture(ctx, gl), copies)
    try:
        image: DeviceImage = copies.upload(pattern)
        texture.write(image)
        found = np.frombuffer(texture.texture.read(), np.uint8).reshape(pattern.shape)
        if not np.array_equal(found, pattern):
            wrong = int(np.count_nonzero((found != pattern).any(-1)))
            raise CudaError(f"of a trial picture {wrong} of {PROBE_PX**2} pixels arrived changed")
    finally:
        texture.close()
