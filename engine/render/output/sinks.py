"""Video sinks: other programs that can show the picture, through a virtual camera, NDI, Spout or Syphon.

One class each, with `send` and `close`, around a package that is imported only on demand. They know neither OpenGL nor
threads; calls block.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Protocol

import numpy as np

from engine.config.video_output import SendSettings
from engine.core.errors import DeviceError
from engine.types import ByteArray

RGBA = 0x1908  # OpenGL's constant, for Spout


class Receiver(Protocol):
    """Interface of a sink."""

    def send(self, image: ByteArray) -> None:
        """Send a picture (H, W, 4) uint8 RGBA, row 0 at the top, C-contiguous, of the configured size."""

    def close(self) -> None:
        """Disconnect."""


class VirtualCamera:
    """A camera that other programs can open, by pyvirtualcam: v4l2loopback on Linux, OBS on Windows and macOS."""

    def __init__(self, settings: SendSettings) -> None:
        package = _package("pyvirtualcam", "pyvirtualcam", "virtual_camera")
        width, height = settings.size
        self._camera = package.Camera(width, height, settings.max_fps, fmt=package.PixelFormat.RGB)

    def send(self, image: ByteArray) -> None:
        self._camera.send(np.ascontiguousarray(image[:, :, :3]))

    def close(self) -> None:
        self._camera.close()


class Ndi:
    """A source in the local network, by ndi-python and NDI's own runtime."""

    def __init__(self, settings: SendSettings) -> None:
        self._ndi = ndi = _package("NDIlib", "ndi-python", "ndi")
        if not ndi.initialize():
            raise DeviceError("NDI's runtime does not start on this processor")
        wanted = ndi.SendCreate()
        wanted.ndi_name = settings.name
        self._sender = ndi.send_create(wanted)
        self._frame = ndi.VideoFrameV2()
        rate = Fraction(settings.max_fps).limit_denominator(1001)
        self._frame.frame_rate_N, self._frame.frame_rate_D = rate.numerator, rate.denominator

    def send(self, image: ByteArray) -> None:
        self._frame.data = image
        self._frame.FourCC = self._ndi.FOURCC_VIDEO_TYPE_RGBX
        self._ndi.send_send_video_v2(self._sender, self._frame)

    def close(self) -> None:
        self._ndi.send_destroy(self._sender)
        self._ndi.destroy()


class Spout:
    """A shared texture on Windows, by SpoutGL."""

    def __init__(self, settings: SendSettings) -> None:
        self._sender = _package("SpoutGL", "SpoutGL", "spout").SpoutSender()
        self._sender.setSenderName(settings.name)
        self._size = settings.size

    def send(self, image: ByteArray) -> None:
        if not self._sender.sendImage(image, *self._size, RGBA, False, 0):
            raise OSError("Spout did not take the picture")

    def close(self) -> None:
        self._sender.releaseSender()


class Syphon:
    """A shared texture on macOS 11 or newer, by syphon-python."""

    def __init__(self, settings: SendSettings) -> None:
        package = _package("syphon", "syphon-python", "syphon")
        self._copy = _package("syphon.utils.numpy", "syphon-python", "syphon").copy_image_to_mtl_texture
        self._server = package.SyphonMetalServer(settings.name)
        create = _package("syphon.utils.raw", "syphon-python", "syphon").create_mtl_texture
        self._texture = create(self._server.device, *settings.size)

    def send(self, image: ByteArray) -> None:
        self._copy(image, self._texture)
        self._server.publish_frame_texture(self._texture)

    def close(self) -> None:
        self._server.stop()


RECEIVERS: Mapping[str, Callable[[SendSettings], Receiver]] = {
    "virtual_camera": VirtualCamera,
    "ndi": Ndi,
    "spout": Spout,
    "syphon": Syphon,
}


class MissingPackageError(DeviceError):
    """A package that is not installed; trying again is useless."""


def _package(module: str, package: str, receiver: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingPackageError(
            f"send.to: {receiver} needs the package {package}, which is not there or does not load here: "
            f"pip install {package}, or take {receiver} out of the list"
        ) from error
