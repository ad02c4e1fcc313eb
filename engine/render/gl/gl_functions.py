"""GlCalls: the few OpenGL functions that must not hold Python's lock, or that ModernGL does not offer.

Every ModernGL call keeps the global interpreter lock, so one that waits for the GPU (or, with software OpenGL, for the
processor to draw) also stops the reflection thread. A function called through ctypes lets the lock go. Measured with
llvmpipe at 1280x720: a second Python thread woke 90 times a second beside `moderngl.Context.finish`, 1700 times beside
`GlCalls.finish`. So whoever is about to wait calls `finish` or a `Fence` of this module first.

Software OpenGL also waits while it is told what to draw: for what it is to read from, and where too much lies before
it. Somebody who waits for each rectangle without the lock (`unlocked_wait`) is ready as soon, and another thread that
wants the lock has to wait longer than 2 ms for it in 4 % of the time instead of 65 %.

Knows nothing of pictures or windows. All calls belong to the thread on which the context is current.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import sys
from collections.abc import Callable
from typing import Any

import moderngl
import numpy as np

from engine.core.errors import DeviceError
from engine.types import ByteArray

GL_COLOR_BUFFER_BIT = 0x4000
GL_LINEAR = 0x2601
GL_NEAREST = 0x2600
GL_BACK = 0x0405
GL_COLOR_ATTACHMENT0 = 0x8CE0
GL_READ_FRAMEBUFFER = 0x8CA8
GL_DRAW_FRAMEBUFFER = 0x8CA9
GL_READ_FRAMEBUFFER_BINDING = 0x8CAA
GL_DRAW_FRAMEBUFFER_BINDING = 0x8CA6
GL_SCISSOR_TEST = 0x0C11
GL_PIXEL_PACK_BUFFER = 0x88EB
GL_PIXEL_UNPACK_BUFFER = 0x88EC
GL_PACK_ALIGNMENT = 0x0D05
GL_RGBA = 0x1908
GL_UNSIGNED_BYTE = 0x1401
GL_STREAM_READ = 0x88E1
GL_MAP_READ_BIT = 0x0001
GL_MAP_WRITE_BIT = 0x0002
GL_MAP_PERSISTENT_BIT = 0x0040
GL_MAP_COHERENT_BIT = 0x0080
GL_CLIENT_STORAGE_BIT = 0x0200
GL_SYNC_GPU_COMMANDS_COMPLETE = 0x9117
GL_SYNC_FLUSH_COMMANDS_BIT = 0x0001
GL_ALREADY_SIGNALED = 0x911A
GL_CONDITION_SATISFIED = 0x911C
GL_NO_ERROR = 0
GL_RESET_NOTIFICATION_STRATEGY = 0x8256
GL_LOSE_CONTEXT_ON_RESET = 0x8252

RESETS = {0x8253: "by something that it was asked to draw", 0x8254: "by something else that drew on it"}

SOFTWARE_RENDERERS = ("llvmpipe", "softpipe", "swiftshader", "gdi generic", "microsoft basic render")

_INT, _UINT, _SIZE, _POINTER = ctypes.c_int, ctypes.c_uint, ctypes.c_ssize_t, ctypes.c_void_p
_UINT64 = ctypes.c_uint64

_SIGNATURES: dict[str, tuple[Any, ...]] = {  # name: result, then arguments
    "glFinish": (None,),
    "glFlush": (None,),
    "glFenceSync": (_POINTER, _UINT, _UINT),
    "glClientWaitSync": (_UINT, _POINTER, _UINT, _UINT64),
    "glDeleteSync": (None, _POINTER),
    "glGetIntegerv": (None, _UINT, _POINTER),
    "glGetError": (_UINT,),
    "glBindFramebuffer": (None, _UINT, _UINT),
    "glReadBuffer": (None, _UINT),
    "glBlitFramebuffer": (None, *[_INT] * 8, _UINT, _UINT),
    "glIsEnabled": (ctypes.c_ubyte, _UINT),
    "glEnable": (None, _UINT),
    "glDisable": (None, _UINT),
    "glReadPixels": (None, _INT, _INT, _INT, _INT, _UINT, _UINT, _POINTER),
    "glPixelStorei": (None, _UINT, _INT),
    "glGenBuffers": (None, _INT, _POINTER),
    "glDeleteBuffers": (None, _INT, _POINTER),
    "glBindBuffer": (None, _UINT, _UINT),
    "glBufferData": (None, _UINT, _SIZE, _POINTER, _UINT),
    "glMapBufferRange": (_POINTER, _UINT, _SIZE, _SIZE, _UINT),
    "glUnmapBuffer": (ctypes.c_ubyte, _UINT),
}
_WGL_REFUSALS = (None, 0, 1, 2, 3, 2**64 - 1)
_OPTIONAL_SIGNATURES: dict[str, tuple[Any, ...]] = {
    "glBufferStorage": (None, _UINT, _SIZE, _POINTER, _UINT),
    "glGetGraphicsResetStatus": (_UINT,),
    "glGetGraphicsResetStatusARB": (_UINT,),
}

Rectangle = tuple[int, int, int, int]  # x0, y0, x1, y1 in px of a framebuffer, y up


if sys.platform == "win32":
    _prototype = ctypes.WINFUNCTYPE
else:
    _prototype = ctypes.CFUNCTYPE


def _address_lookup() -> Callable[[str], int | None]:
    """The loader (EGL, GLX or WGL) to which the current context belongs."""
    if sys.platform == "win32":
        library = ctypes.WinDLL("opengl32")
        lookup = _prototype(_POINTER, ctypes.c_char_p)(("wglGetProcAddress", library))

        def windows(name: str) -> int | None:
            address: int | None = lookup(name.encode())
            if address in _WGL_REFUSALS:  # it does not know the functions of OpenGL 1.1: those the library exports
                address = ctypes.cast(getattr(library, name, None), _POINTER).value
            return address

        return windows
    for library_name, prefix in (("EGL", "egl"), ("GL", "glX")):
        try:
            library = ctypes.CDLL(ctypes.util.find_library(library_name) or f"lib{library_name}.so.1")
        except OSError:
            continue
        current = _prototype(_POINTER)((f"{prefix}GetCurrentContext", library))
        if current():
            lookup = _prototype(_POINTER, ctypes.c_char_p)((f"{prefix}GetProcAddress", library))
            return lambda name: lookup(name.encode())
    raise DeviceError("OpenGL functions cannot be looked up: no OpenGL context is current on this thread")


def is_software(ctx: moderngl.Context) -> bool:
    """Whether the processor draws."""
    return any(name in str(ctx.info["GL_RENDERER"]).lower() for name in SOFTWARE_RENDERERS)


def unlocked_wait(ctx: moderngl.Context) -> Callable[[], None]:
    """What to call after something was drawn: where the processor draws, it waits for that without Python's lock.

    It is looked up once and kept with the context, as `ctx.extra`, which nothing else uses.
    """
    if ctx.extra is None:
        ctx.extra = GlCalls().finish if is_software(ctx) else _go_on
    wait: Callable[[], None] = ctx.extra
    return wait


def _go_on() -> None:
    """A graphics card draws on its own: nobody waits for it here."""


class GlCalls:
    """OpenGL functions of the current context, each of which releases Python's lock while it runs.

    Raises:
        DeviceError: no context is current, or a function of OpenGL 3.3 is missing.
    """

    def __init__(self) -> None:
        lookup = _address_lookup()
        self._gl: dict[str, Any] = {}
        for name, signature in (_SIGNATURES | _OPTIONAL_SIGNATURES).items():
            address = lookup(name)
            if address:
                self._gl[name] = _prototype(*signature)(address)
            elif name in _SIGNATURES:
                raise DeviceError(f"the graphics driver has no {name}: it needs OpenGL 3.3 or newer; update the driver")
        self._reset_status = self._find_reset_status()

    @property
    def has_persistent_mapping(self) -> bool:
        """Whether buffers can stay mapped while the GPU writes them; the context must be 4.4 or newer as well."""
        return "glBufferStorage" in self._gl

    @property
    def tells_resets(self) -> bool:
        """Whether the driver says so when it has lost the context."""
        return self._reset_status is not None

    def reset_reason(self) -> str | None:
        """Why the context is lost, in a few words; None while it is not, or where the driver does not tell."""
        status = self._reset_status() if self._reset_status is not None else 0
        return None if not status else RESETS.get(status, "for a reason that the driver does not know")

    def _find_reset_status(self) -> Callable[[], int] | None:
        """What tells of resets, where the context was made so that it does (`gl_context.py` asks for that)."""
        name = next((name for name in _OPTIONAL_SIGNATURES if "ResetStatus" in name and name in self._gl), None)
        strategy = self._integer(GL_RESET_NOTIFICATION_STRATEGY)
        while self._gl["glGetError"]() != GL_NO_ERROR:  # a driver without that does not know what it was asked
            strategy = 0
        is_told = name is not None and strategy == GL_LOSE_CONTEXT_ON_RESET
        return self._gl[name] if name is not None and is_told else None

    def finish(self) -> None:
        """Wait until everything asked of the GPU is drawn."""
        self._gl["glFinish"]()

    def flush(self) -> None:
        """Send what was asked so far to the GPU; does not wait."""
        self._gl["glFlush"]()

    def fence(self) -> Fence:
        """Mark this point in the stream of commands."""
        return Fence(self._gl)

    def blit(self, source: int, source_box: Rectangle, target: int, target_box: Rectangle) -> None:
        """Copy a rectangle of colour between framebuffers (names, 0 is the window); scales bilinearly if sizes differ.

        The bound framebuffers stay as they were; a scissor does not cut the copy.
        """
        gl = self._gl
        read_binding = self._integer(GL_READ_FRAMEBUFFER_BINDING)
        draw_binding = self._integer(GL_DRAW_FRAMEBUFFER_BINDING)
        scissored = gl["glIsEnabled"](GL_SCISSOR_TEST)
        if scissored:
            gl["glDisable"](GL_SCISSOR_TEST)
        self._bind_for_reading(source)
        gl["glBindFramebuffer"](GL_DRAW_FRAMEBUFFER, target)
        same_size = _extent(source_box) == _extent(target_box)
        gl["glBlitFramebuffer"](*source_box, *target_box, GL_COLOR_BUFFER_BIT, GL_NEAREST if same_size else GL_LINEAR)
        gl["glBindFramebuffer"](GL_READ_FRAMEBUFFER, read_binding)
        gl["glBindFramebuffer"](GL_DRAW_FRAMEBUFFER, draw_binding)
        if scissored:
            gl["glEnable"](GL_SCISSOR_TEST)

    def read_pixels(self, framebuffer: int, size_wh: tuple[int, int], pack_buffer: int) -> None:
        """Start copying RGBA bytes, bottom row first, from a framebuffer into a pack buffer (names)."""
        gl = self._gl
        read_binding = self._integer(GL_READ_FRAMEBUFFER_BINDING)
        self._bind_for_reading(framebuffer)
        gl["glBindBuffer"](GL_PIXEL_PACK_BUFFER, pack_buffer)
        gl["glPixelStorei"](GL_PACK_ALIGNMENT, 4)
        gl["glReadPixels"](0, 0, *size_wh, GL_RGBA, GL_UNSIGNED_BYTE, None)
        gl["glBindBuffer"](GL_PIXEL_PACK_BUFFER, 0)
        gl["glBindFramebuffer"](GL_READ_FRAMEBUFFER, read_binding)

    def create_pack_buffer(self, size_bytes: int, *, persistent: bool) -> int:
        """Make a buffer that the GPU writes and the program reads.

        Returns:
            its name.
        """
        name = _UINT()
        self._gl["glGenBuffers"](1, ctypes.byref(name))
        self._gl["glBindBuffer"](GL_PIXEL_PACK_BUFFER, name.value)
        if persistent:
            flags = GL_MAP_READ_BIT | GL_MAP_PERSISTENT_BIT | GL_MAP_COHERENT_BIT
            self._gl["glBufferStorage"](GL_PIXEL_PACK_BUFFER, size_bytes, None, flags | GL_CLIENT_STORAGE_BIT)
        else:
            self._gl["glBufferData"](GL_PIXEL_PACK_BUFFER, size_bytes, None, GL_STREAM_READ)
        self._gl["glBindBuffer"](GL_PIXEL_PACK_BUFFER, 0)
        return name.value

    def map_pack_buffer(self, name: int, size_bytes: int, *, persistent: bool) -> ByteArray:
        """See the buffer's memory as (size_bytes,) uint8, read-only; valid until it is unmapped or deleted.

        Raises:
            DeviceError: the driver does not give its memory.
        """
        flags = GL_MAP_READ_BIT | (GL_MAP_PERSISTENT_BIT | GL_MAP_COHERENT_BIT if persistent else 0)
        self._gl["glBindBuffer"](GL_PIXEL_PACK_BUFFER, name)
        address = self._gl["glMapBufferRange"](GL_PIXEL_PACK_BUFFER, 0, size_bytes, flags)
        self._gl["glBindBuffer"](GL_PIXEL_PACK_BUFFER, 0)
        if not address:
            raise DeviceError(
                f"the graphics driver cannot map a buffer of {size_bytes} bytes for reading pictures back"
            )
        view = np.ctypeslib.as_array((ctypes.c_uint8 * size_bytes).from_address(address))
        view.flags.writeable = False
        return view

    def unmap_pack_buffer(self, name: int) -> None:
        self._gl["glBindBuffer"](GL_PIXEL_PACK_BUFFER, name)
        self._gl["glUnmapBuffer"](GL_PIXEL_PACK_BUFFER)
        self._gl["glBindBuffer"](GL_PIXEL_PACK_BUFFER, 0)

    def map_unpack_buffer(self, name: int, size_bytes: int) -> ByteArray:
        """Give a buffer memory that stays mapped for writing, in place of what it had; needs `has_persistent_mapping`.

        Returns:
            (size_bytes,) uint8, which the GPU reads from; valid until the buffer is deleted.

        Raises:
            DeviceError: the driver does not give its memory.
        """
        flags = GL_MAP_WRITE_BIT | GL_MAP_PERSISTENT_BIT | GL_MAP_COHERENT_BIT
        self._gl["glBindBuffer"](GL_PIXEL_UNPACK_BUFFER, name)
        self._gl["glBufferStorage"](GL_PIXEL_UNPACK_BUFFER, size_bytes, None, flags)
        address = self._gl["glMapBufferRange"](GL_PIXEL_UNPACK_BUFFER, 0, size_bytes, flags)
        self._gl["glBindBuffer"](GL_PIXEL_UNPACK_BUFFER, 0)
        if not address:
            raise DeviceError(f"the graphics driver cannot map a buffer of {size_bytes} bytes for writing pictures")
        return np.ctypeslib.as_array((ctypes.c_uint8 * size_bytes).from_address(address))

    def delete_buffer(self, name: int) -> None:
        self._gl["glDeleteBuffers"](1, ctypes.byref(_UINT(name)))

    def _bind_for_reading(self, framebuffer: int) -> None:
        self._gl["glBindFramebuffer"](GL_READ_FRAMEBUFFER, framebuffer)
        self._gl["glReadBuffer"](GL_COLOR_ATTACHMENT0 if framebuffer else GL_BACK)

    def _integer(self, name: int) -> int:
        value = _INT()
        self._gl["glGetIntegerv"](name, ctypes.byref(value))
        return value.value


class Fence:
    """A point in the GPU's stream of commands; made by `GlCalls.fence`."""

    def __init__(self, gl: dict[str, Any]) -> None:
        self._gl = gl
        self._sync: int | None = gl["glFenceSync"](GL_SYNC_GPU_COMMANDS_COMPLETE, 0)

    def wait(self, timeout_s: float) -> bool:
        """Wait up to `timeout_s` (0 only asks) until the GPU has passed; True if it has."""
        if self._sync is None:
            return True
        status = self._gl["glClientWaitSync"](self._sync, GL_SYNC_FLUSH_COMMANDS_BIT, int(timeout_s * 1e9))
        if status not in (GL_ALREADY_SIGNALED, GL_CONDITION_SATISFIED):
            return False
        self.close()
        return True

    def close(self) -> None:
        """Forget the point without waiting for it."""
        if self._sync is not None:
            self._gl["glDeleteSync"](self._sync)
            self._sync = None


def _extent(box: Rectangle) -> tuple[int, int]:
    return abs(box[2] - box[0]), abs(box[3] - box[1])
