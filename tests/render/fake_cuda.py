"""A CUDA that runs nowhere but keeps the rules: what NVIDIA's driver and CuPy would say, do and refuse.

Its copies reach OpenGL's textures for real. What breaks a rule without being told so by CUDA (a source that is freed
while it is read, a texture that goes while it is registered) is written down in `broken`.
"""

from __future__ import annotations

import ctypes
import itertools
import threading
import weakref
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import moderngl
import numpy as np

from engine.render.gl.cuda_interop import DeviceCopies
from engine.system.cuda_driver import CudaDriver
from engine.types import DeviceImage

UNKNOWN, NO_CONTEXT = 999, 219
ERROR_NAMES = {
    1: b"CUDA_ERROR_INVALID_VALUE",
    NO_CONTEXT: b"CUDA_ERROR_INVALID_GRAPHICS_CONTEXT",
    304: b"CUDA_ERROR_OPERATING_SYSTEM",
    UNKNOWN: b"CUDA_ERROR_UNKNOWN",
}
DEVICE_TO_DEVICE = 3


class FakeArray:
    """A CuPy array: bytes on the card under an address."""

    def __init__(self, cuda: FakeCuda, pixels: np.ndarray, device: int) -> None:
        address = next(cuda.addresses)
        cuda.memory[address] = np.ascontiguousarray(pixels)
        self._cuda = cuda
        self.shape, self.strides = pixels.shape, np.ascontiguousarray(pixels).strides
        self.data = SimpleNamespace(ptr=address)
        self.device = SimpleNamespace(id=device)
        self.flags = SimpleNamespace(c_contiguous=True)
        weakref.finalize(self, cuda.free, address)

    def get(self) -> np.ndarray:
        self._cuda.meet("get")
        return self._cuda.memory[self.data.ptr].copy()


class FakeCuda:
    """The card, its driver and CuPy.

    Args:
        ctx: the OpenGL context, current on this thread.
        opengl_devices: the cards that draw it.

    Attributes:
        calls: what was called, in order.
        failing: names of calls that fail, and with which status.
        finishes_at_once: False leaves copies under way until `complete`.
        broken: rules that were broken.
        threads: on which each call that shares pictures came.
    """

    def __init__(self, ctx: moderngl.Context | None = None, opengl_devices: tuple[int, ...] = (0,)) -> None:
        self.ctx = ctx
        self.opengl_devices = opengl_devices
        self.calls: list[str] = []
        self.failing: dict[str, int] = {}
        self.finishes_at_once = True
        self.broken: list[str] = []
        self.threads: set[int] = set()
        self.changes = False  # whether copies arrive with one byte changed
        self.memory: dict[int, np.ndarray] = {}
        self.addresses = itertools.count(0x7F00, 16)
        self.registered: dict[int, int] = {}  # resource: texture
        self._mapped: dict[int, int] = {}  # array: resource
        self._copies: list[tuple[int, int, tuple[int, int]]] = []  # array, source, size
        self._reading: list[tuple[FakeEvent | None, int]] = []
        self._thread = threading.get_ident()
        self.library = SimpleNamespace()
        for name, function in self._driver_functions().items():
            setattr(self.library, name, function)

    def copies(self) -> DeviceCopies:
        return DeviceCopies(CudaDriver(self.library), self.cupy())

    def image(self, pixels: np.ndarray, device: int = 0) -> DeviceImage:
        return DeviceImage(FakeArray(self, pixels, device), int(pixels[..., :3].min()), int(pixels[..., :3].max()))

    def complete(self) -> None:
        """Let every copy be done."""
        for event, _ in self._reading:
            if event is not None:
                event.done = True
        self._reading.clear()

    def free(self, address: int) -> None:
        if any(source == address for event, source in self._reading if event is None or not event.done):
            self.broken.append("memory was freed while it was copied from")
        del self.memory[address]

    # -------------------------------------------------- the driver

    def _driver_functions(self) -> dict[str, Callable[..., int]]:
        def plain(name: str, work: Callable[..., None]) -> Callable[..., int]:
            def function(*arguments: Any) -> int:
                self.calls.append(name)
                if name in self.failing:
                    return self.failing[name]
                work(*arguments)
                return 0

            return function

        def sharing(name: str, work: Callable[..., int]) -> Callable[..., int]:
            def function(*arguments: Any) -> int:
                self.calls.append(name)
                self.threads.add(threading.get_ident())
                if threading.get_ident() != self._thread:
                    return NO_CONTEXT
                return self.failing.get(name) or work(*arguments)

            return function

        def error_name(status: int, out: Any) -> int:
            out._obj.value = ERROR_NAMES.get(status)
            return 0

        return {
            "cuInit": plain("cuInit", lambda flags: None),
            "cuDeviceGetCount": plain("cuDeviceGetCount", lambda out: _give(out, 1)),
            "cuDeviceGetAttribute": plain("cuDeviceGetAttribute", lambda out, which, device: _give(out, 9)),
            "cuGetErrorName": error_name,
            "cuGLGetDevices_v2": sharing("cuGLGetDevices_v2", self._devices),
            "cuGraphicsGLRegisterImage": sharing("cuGraphicsGLRegisterImage", self._register),
            "cuGraphicsMapResources": sharing("cuGraphicsMapResources", self._map),
            "cuGraphicsSubResourceGetMappedArray": sharing("cuGraphicsSubResourceGetMappedArray", self._array),
            "cuGraphicsUnmapResources": sharing("cuGraphicsUnmapResources", self._unmap),
            "cuGraphicsUnregisterResource": sharing("cuGraphicsUnregisterResource", self._unregister),
        }

    def _devices(self, count: Any, devices: Any, most: int, which: int) -> int:
        _give(count, len(self.opengl_devices))
        devices[: len(self.opengl_devices)] = self.opengl_devices
        return 0

    def _register(self, out: Any, texture: int, target: int, flags: int) -> int:
        if texture in self.registered.values() or (target, flags) != (0x0DE1, 2):
            return 1
        resource = next(self.addresses)
        self.registered[resource] = texture
        _give(out, resource)
        return 0

    def _map(self, count: int, resources: Any, stream: int) -> int:
        resource = resources._obj.value
        if count != 1 or resource not in self.registered or resource in self._mapped.values() or not stream:
            return UNKNOWN
        self._mapped[next(self.addresses)] = resource
        return 0

    def _array(self, out: Any, resource: int, index: int, level: int) -> int:
        found = [array for array, mapped in self._mapped.items() if mapped == resource]
        if not found:
            return UNKNOWN
        _give(out, found[0])
        return 0

    def _unmap(self, count: int, resources: Any, stream: int) -> int:
        resource = resources._obj.value
        array = next((array for array, mapped in self._mapped.items() if mapped == resource), None)
        if array is None:
            return UNKNOWN
        for target, source, size_wh in self._copies:
            if target == array:
                self._arrive(self.registered[resource], source, size_wh)
        self._copies = [copy for copy in self._copies if copy[0] != array]
        del self._mapped[array]
        return 0

    def _unregister(self, resource: int) -> int:
        if resource in self._mapped.values():
            self.broken.append("a texture was unregistered while it was mapped")
        if self.ctx is not None and not self._is_alive(self.registered[resource]):
            self.broken.append("a texture was released while it was registered")
        del self.registered[resource]
        return 0

    def _arrive(self, texture: int, source: int, size_wh: tuple[int, int]) -> None:
        pixels = self.memory[source].copy()
        if self.changes:
            pixels[0, 0, 0] ^= 1
        assert self.ctx is not None
        self.ctx.external_texture(texture, size_wh, 4, 0, "f1").write(pixels)

    def _is_alive(self, texture: int) -> bool:
        assert self.ctx is not None
        self.ctx.external_texture(texture, (1, 1), 4, 0, "f1").use()
        return self.ctx.error == "GL_NO_ERROR"

    # -------------------------------------------------- CuPy

    def cupy(self) -> Any:
        runtime = SimpleNamespace(
            memcpyDeviceToDevice=DEVICE_TO_DEVICE,
            memcpy2DToArrayAsync=self._copy,
            deviceSynchronize=lambda: self.meet("deviceSynchronize"),
        )
        cuda = SimpleNamespace(
            Device=lambda number: SimpleNamespace(use=lambda: self.meet("use")),
            Stream=lambda non_blocking: FakeStream(self, non_blocking),
            Event=lambda disable_timing: FakeEvent(self),
            runtime=runtime,
        )
        return SimpleNamespace(cuda=cuda, asarray=lambda pixels: FakeArray(self, pixels, self.opengl_devices[0]))

    def meet(self, name: str) -> None:
        self.calls.append(name)
        if name in self.failing:
            raise RuntimeError(f"cudaErrorUnknown: {name} failed\nfor a reason of its own")

    def _copy(
        self, target: int, x: int, y: int, source: int, pitch: int, width: int, height: int, kind: int, stream: int
    ) -> None:
        self.meet("memcpy2DToArrayAsync")
        assert (x, y, kind) == (0, 0, DEVICE_TO_DEVICE) and stream
        assert target in self._mapped, "what is copied to must be mapped"
        assert self.memory[source].strides[0] == pitch and width == self.memory[source].shape[1] * 4
        self._copies.append((target, source, (width // 4, height)))
        if not self.finishes_at_once:
            self._reading.append((None, source))

    def mark(self, event: FakeEvent) -> None:
        """What was begun before is done when `event` is."""
        self._reading = [(mark or event, source) for mark, source in self._reading]
        event.done = not self._reading


class FakeStream:
    def __init__(self, cuda: FakeCuda, non_blocking: bool) -> None:
        cuda.meet("Stream")
        assert non_blocking, "the default stream would wait for everybody else's work"
        self._cuda = cuda
        self.ptr = 0x51

    def synchronize(self) -> None:
        self._cuda.meet("synchronize")
        self._cuda.complete()


class FakeEvent:
    def __init__(self, cuda: FakeCuda) -> None:
        cuda.meet("Event")
        self._cuda = cuda
        self.done = True  # as CUDA says of one that was never recorded

    def record(self, stream: FakeStream) -> None:
        self._cuda.meet("record")
        self._cuda.mark(self)

    def synchronize(self) -> None:
        self._cuda.meet("event synchronize")
        self._cuda.complete()


def _give(out: Any, value: int) -> None:
    assert isinstance(out._obj, ctypes._SimpleCData)
    out._obj.value = value
