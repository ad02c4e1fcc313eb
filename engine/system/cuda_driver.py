"""CUDA driver calls through ctypes: sharing pictures with OpenGL, and whether there is a card.

CuPy has streams, events, copies and DLPack, but none of these functions, neither in 13.6 nor in 14. They are called in
the driver's own library, which every driver includes, so that no further package and no specific CUDA runtime version
is needed. Stream and array handles are the same as CuPy's (CUDA Runtime API, "Interactions with the CUDA Driver API").
Calls through ctypes release the GIL.

Knows no pictures, windows or networks.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

from engine.core.errors import CudaError

GL_TEXTURE_2D = 0x0DE1
WRITE_DISCARD = 0x02  # CU_GRAPHICS_REGISTER_FLAGS_WRITE_DISCARD: every copy replaces the whole picture
ALL_DEVICES = 0x01  # CU_GL_DEVICE_LIST_ALL
COMPUTE_CAPABILITY_MAJOR = 75  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR
MOST_DEVICES = 16

_INT, _UINT, _POINTER, _OUT = ctypes.c_int, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p
_SIGNATURES: dict[str, tuple[Any, ...]] = {
    "cuInit": (_UINT,),
    "cuDeviceGetCount": (_OUT,),
    "cuDeviceGetAttribute": (_OUT, _INT, _INT),
    "cuGetErrorName": (_INT, _OUT),
    "cuGLGetDevices_v2": (_OUT, _OUT, _UINT, _INT),
    "cuGraphicsGLRegisterImage": (_OUT, _UINT, _UINT, _UINT),
    "cuGraphicsMapResources": (_UINT, _OUT, _POINTER),
    "cuGraphicsSubResourceGetMappedArray": (_OUT, _POINTER, _UINT, _UINT),
    "cuGraphicsUnmapResources": (_UINT, _OUT, _POINTER),
    "cuGraphicsUnregisterResource": (_POINTER,),
}

_NO_CONTEXT = 219
_CURES = {  # cudaGraphicsRegisterFlags
    304: "OpenGL does not run on the NVIDIA card: connect the display to it; on a laptop with two cards start with "
    "__NV_PRIME_RENDER_OFFLOAD=1 __GLX_VENDOR_LIBRARY_NAME=nvidia",
    999: "the driver shares no pictures with this OpenGL, as in WSL2 and on remote desktops",
}


class CudaDriver:
    """The NVIDIA driver.

    Call the methods that share pictures on the thread on which the OpenGL context is current.

    Args:
        library: the loaded library; found by name if None.

    Raises:
        CudaError: there is no driver, or it does not start.
    """

    def __init__(self, library: Any = None) -> None:
        self._library = _load() if library is None else library
        for name, arguments in _SIGNATURES.items():
            try:
                function = getattr(self._library, name)
            except AttributeError as error:
                raise CudaError(f"NVIDIA's driver has no {name}: update the driver") from error
            function.argtypes, function.restype = arguments, _INT
        self._call("cuInit", 0)

    def device_count(self) -> int:
        """Number of cards that can compute."""
        count = _INT()
        self._call("cuDeviceGetCount", ctypes.byref(count))
        return count.value

    def computes_bfloat16(self, device: int = 0) -> bool:
        """Whether the tensor cores of a card support bfloat16: compute capability 8.0 (Ampere) or later."""
        major = _INT()
        self._call("cuDeviceGetAttribute", ctypes.byref(major), COMPUTE_CAPABILITY_MAJOR, device)
        return major.value >= 8

    def opengl_devices(self) -> tuple[int, ...]:
        """The cards behind the current OpenGL context."""
        count, devices = _UINT(), (_INT * MOST_DEVICES)()
        self._call("cuGLGetDevices_v2", ctypes.byref(count), devices, MOST_DEVICES, ALL_DEVICES)
        return tuple(devices[: count.value])

    def register_texture(self, name: int) -> int:
        """Register a texture with CUDA; a device must be in use on this thread.

        Args:
            name: OpenGL name of a 2-D texture with one, two or four channels and without sRGB.

        Returns:
            The resource; unregister it before the texture is released or resized.
        """
        resource = _POINTER()
        self._call("cuGraphicsGLRegisterImage", ctypes.byref(resource), name, GL_TEXTURE_2D, WRITE_DISCARD)
        return resource.value or 0

    def map(self, resource: int, stream: int) -> None:
        """Map a texture: earlier OpenGL commands finish before later work on `stream` begins."""
        self._call("cuGraphicsMapResources", 1, ctypes.byref(_POINTER(resource)), stream)

    def mapped_array(self, resource: int) -> int:
        """The array of a mapped texture, for copies; a new one after each `map`."""
        array = _POINTER()
        self._call("cuGraphicsSubResourceGetMappedArray", ctypes.byref(array), resource, 0, 0)
        return array.value or 0

    def unmap(self, resource: int, stream: int) -> None:
        """Unmap a texture: earlier work on `stream` finishes before later OpenGL commands begin."""
        self._call("cuGraphicsUnmapResources", 1, ctypes.byref(_POINTER(resource)), stream)

    def unregister(self, resource: int) -> None:
        """Unregister a texture."""
        self._call("cuGraphicsUnregisterResource", resource)

    def _call(self, name: str, *arguments: Any) -> None:
        status = getattr(self._library, name)(*arguments)
        if status:
            cure = _CURES.get(status) if name in ("cuGLGetDevices_v2", "cuGraphicsGLRegisterImage") else None
            cure = "no OpenGL context is current on the thread that asked" if status == _NO_CONTEXT else cure
            raise CudaError(f"{name} answers {self._error_name(status)} ({status})" + (f": {cure}" if cure else ""))

    def _error_name(self, status: int) -> str:
        text = ctypes.c_char_p()
        self._library.cuGetErrorName(status, ctypes.byref(text))
        return text.value.decode() if text.value else "an unknown error"


def _load() -> Any:
    name = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        return ctypes.CDLL(name)  # x86-64 Windows has a single calling convention: CDLL is right there too
    except OSError as error:
        raise CudaError(f"there is no NVIDIA driver ({name} is not found)") from error
