"""SharedTexture: pictures that are on an NVIDIA card already reach OpenGL there, with one copy from memory to memory.

OpenGL's textures are registered with CUDA. For each picture one is mapped, written and given back, on the thread that
owns OpenGL; `map` and `unmap` order the work of both sides, so nothing waits. What is copied from is kept until the
card says that the copy is done: whoever drew the picture would otherwise draw the next one over it.
Knows neither which network drew nor why CUDA may be missing; that is `transfer.py`'s.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engine.core.errors import CudaError, in_one_line
from engine.render.gl.texture import PixelTexture
from engine.system.cuda_driver import CudaDriver
from engine.types import ByteArray, DeviceImage

MOST_UNDER_WAY = 3
BYTES_PER_PIXEL = 4
FAILURES = (RuntimeError, MemoryError, ImportError)  # CuPy's errors are among these

log = logging.getLogger(__name__)


class DeviceCopies:
    """The CUDA side of the thread that owns OpenGL: one stream, the copies on it, and what they read from.

    Args:
        driver: what CuPy lacks.
        cupy: the module.

    Raises:
        CudaError: OpenGL does not run on a card that CUDA can use.
    """

    def __init__(self, driver: CudaDriver, cupy: Any) -> None:
        self._driver, self._cupy = driver, cupy
        devices = driver.opengl_devices()
        if not devices:
            raise CudaError("OpenGL does not run on a card that CUDA knows")
        self.device = devices[0]
        with _as_cuda_error("CUDA does not start"):
            cupy.cuda.Device(self.device).use()
            self._stream = cupy.cuda.Stream(non_blocking=True)
        self._under_way: deque[tuple[Any, DeviceImage]] = deque()

    def register(self, texture_name: int) -> int:
        """See `CudaDriver.register_texture`."""
        return self._driver.register_texture(texture_name)

    def unregister(self, resource: int) -> None:
        """Let CUDA forget a texture, once nothing writes it any more."""
        self.finish()
        self._driver.unregister(resource)

    def upload(self, pixels: ByteArray) -> DeviceImage:
        """Bring a picture (H, W, 4) onto the card; for the probe, as what is drawn is there already."""
        with _as_cuda_error("the card takes no picture"):
            array = self._cupy.asarray(pixels)
            self._cupy.cuda.runtime.deviceSynchronize()
        return DeviceImage(array, int(pixels[..., :3].min()), int(pixels[..., :3].max()))

    def copy(self, image: DeviceImage, resource: int) -> None:
        """Begin to copy a picture into a registered texture of its size; what OpenGL is asked next sees it whole.

        Raises:
            CudaError: it cannot be copied. The texture is OpenGL's again.
        """
        self.let_go()
        if image.array.device.id != self.device:
            raise CudaError(
                f"the face is drawn on card {image.array.device.id} and shown by card {self.device}: "
                f"start with CUDA_VISIBLE_DEVICES={self.device}"
            )
        with _as_cuda_error("a picture cannot be copied into its texture"):
            if len(self._under_way) >= MOST_UNDER_WAY:  # the card is far behind: memory is bounded, not its delay
                self._under_way[0][0].synchronize()
            done = self._cupy.cuda.Event(disable_timing=True)
            with self._mapped(resource) as target:
                self._under_way.append((done, image))
                self._start_copy(image, target)
            done.record(self._stream)

    @contextmanager
    def _mapped(self, resource: int) -> Iterator[int]:
        self._driver.map(resource, self._stream.ptr)
        try:
            yield self._driver.mapped_array(resource)
        finally:
            self._driver.unmap(resource, self._stream.ptr)

    def _start_copy(self, image: DeviceImage, target: int) -> None:
        runtime, (height, width, _) = self._cupy.cuda.runtime, image.shape
        source, pitch = image.array.data.ptr, image.array.strides[0]
        kind, stream = runtime.memcpyDeviceToDevice, self._stream.ptr
        runtime.memcpy2DToArrayAsync(target, 0, 0, source, pitch, width * BYTES_PER_PIXEL, height, kind, stream)

    def let_go(self) -> None:
        """Forget the pictures whose copies are done; does not wait."""
        with _as_cuda_error("copies cannot be asked about"):
            while self._under_way and self._under_way[0][0].done:
                self._under_way.popleft()

    def finish(self) -> None:
        """Wait, without Python's lock, until every copy is done."""
        try:
            self._stream.synchronize()
        except FAILURES as error:  # a card that has failed answers nothing any more; what was under way is lost
            log.warning("CUDA did not finish its copies: %s", in_one_line(error))
        self._under_way.clear()


class SharedTexture:
    """A texture for pictures on the card; those in the computer's memory go through pixel buffers.

    Args:
        pixels: the texture as OpenGL sees it.
        copies: of this thread.
    """

    def __init__(self, pixels: PixelTexture, copies: DeviceCopies) -> None:
        self._pixels = pixels
        self._copies = copies
        self._resource: int | None = None

    @property
    def texture(self) -> Any:
        """The `moderngl.Texture` that was written last; None before that. Another one after the size changed."""
        return self._pixels.texture

    def write(self, image: ByteArray | DeviceImage) -> None:
        """Take a picture (H, W, 4) uint8, row 0 top.

        Raises:
            CudaError: it is on the card and does not get into the texture.
        """
        if not self._pixels.fits(image.shape):
            self._unregister()  # before its texture goes
        if not isinstance(image, DeviceImage):
            self._pixels.write(image)
            return
        if not self._pixels.fits(image.shape):
            self._pixels.allocate(image.shape)
        if self._resource is None:
            assert self._pixels.texture is not None
            self._resource = self._copies.register(self._pixels.texture.glo)
        self._copies.copy(image, self._resource)

    def close(self) -> None:
        """Release what it owns; may be called again."""
        self._unregister()
        self._pixels.close()

    def _unregister(self) -> None:
        resource, self._resource = self._resource, None
        if resource is not None:
            try:
                self._copies.unregister(resource)
            except CudaError as error:  # the texture goes all the same
                log.warning("a texture stays registered: %s", error)


@contextmanager
def _as_cuda_error(what: str) -> Iterator[None]:
    """CuPy's failures as one sentence."""
    try:
        yield
    except FAILURES as error:
        raise CudaError(f"{what}: {in_one_line(error)}") from error
