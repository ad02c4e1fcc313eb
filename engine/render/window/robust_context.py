"""A context off screen, through EGL, that tells when the driver has lost it; ModernGL's own asks for no such thing.

Knows nothing of what is drawn.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any

import moderngl

from engine.core.closing import Closing

EGL_NONE = 0x3038
EGL_OPENGL_API = 0x30A2
EGL_PLATFORM_DEVICE = 0x313F
CONFIG = (0x3033, 0x0001, 0x3040, 0x0008, 0x3024, 8, 0x3023, 8, 0x3022, 8, EGL_NONE)  # pbuffer, OpenGL, 8 bits each
CORE_3_3 = (0x3098, 3, 0x30FB, 3, 0x30FD, 1)  # major, minor, profile
ROBUST = (0x31B2, 1, 0x31BD, 0x31BF)  # robust access; LOSE_CONTEXT_ON_RESET

_POINTER, _INT, _UINT = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint


class RobustContext(Closing):
    """An OpenGL context of at least 3.3 core, without a surface, current on this thread.

    Attributes:
        ctx: ModernGL on it.

    Raises:
        OSError: there is no EGL, or none that makes such a context.
    """

    def __init__(self) -> None:
        if sys.platform != "linux":
            raise OSError("EGL is asked for on Linux alone")
        self._egl = ctypes.CDLL("libEGL.so.1")
        self._egl.eglGetProcAddress.restype = _POINTER
        self._display = self._open_display()
        self._context: int | None = self._make_context()
        if not self._call("eglMakeCurrent", _UINT, self._display, None, None, _POINTER(self._context)):
            raise OSError("EGL does not make its context current without a surface")
        moderngl.init_context()
        self.ctx = moderngl.get_context()

    def close(self) -> None:
        """Destroy the context; may be called again."""
        context, self._context = self._context, None
        if context is None:
            return
        if self._call("eglGetCurrentContext", _POINTER) == context:
            self._call("eglMakeCurrent", _UINT, self._display, None, None, None)
        self._call("eglDestroyContext", _UINT, self._display, _POINTER(context))

    def _open_display(self) -> ctypes.c_void_p:
        """The first graphics device, as ModernGL takes it."""
        device, count, version = _POINTER(), _INT(), (_INT(), _INT())
        found = self._call("eglQueryDevicesEXT", _UINT, 1, ctypes.byref(device), ctypes.byref(count))
        if not found or count.value < 1:
            raise OSError("EGL names no graphics device")
        display = _POINTER(self._call("eglGetPlatformDisplayEXT", _POINTER, EGL_PLATFORM_DEVICE, device, None))
        if not self._call("eglInitialize", _UINT, display, *(ctypes.byref(part) for part in version)):
            raise OSError("EGL does not start")
        return display

    def _make_context(self) -> int:
        config, count = _POINTER(), _INT()
        wanted = (_INT * len(CONFIG))(*CONFIG)
        self._call("eglBindAPI", _UINT, EGL_OPENGL_API)
        chosen = self._call(
            "eglChooseConfig", _UINT, self._display, wanted, ctypes.byref(config), 1, ctypes.byref(count)
        )
        asked = (*CORE_3_3, *ROBUST, EGL_NONE)
        context: int | None = None
        if chosen and count.value:
            attributes = (_INT * len(asked))(*asked)
            context = self._call("eglCreateContext", _POINTER, self._display, config, None, attributes)
        if not context:
            raise OSError("EGL makes no context that tells of its loss")
        return context

    def _call(self, name: str, result: Any, *values: Any) -> Any:
        address = self._egl.eglGetProcAddress(name.encode())
        if not address:
            raise OSError(f"EGL has no {name}")
        kinds = [_INT if isinstance(value, int) else _POINTER for value in values]
        function: Callable[..., Any] = ctypes.CFUNCTYPE(result, *kinds)(address)
        return function(*(ctypes.cast(v, _POINTER) if isinstance(v, ctypes.Array) else v for v in values))
