"""Webcam reader with OpenCV. Imported only by the child process, which may hang in it.

A reader is passed to the child process by name: `module:callable`. The callable takes a `ReaderRequest` and returns an
open `Reader`; it raises OSError with a sentence if the device cannot be opened.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

# Otherwise Media Foundation takes up to half a minute to open a camera.
os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")

import cv2
import numpy as np

from engine.core.clock import Clock
from engine.pipeline.sources.camera_controls import give_back, readings, set_controls

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.pipeline.sources.webcam_process import ReaderRequest

YUV_PIXELS = 640 * 480  # above this, USB 2 reaches full rate only with MJPEG


def open_webcam(request: ReaderRequest) -> WebcamReader:
    """Open the device and read its first picture.

    Raises:
        OSError: it is absent, not permitted, busy or silent; the message says which, as far as known.
    """
    cv2.setNumThreads(1)
    cv2.setLogLevel(0)
    _check_access(request.device)
    for backend in _backends():
        capture = cv2.VideoCapture(request.device, backend)
        if capture.isOpened():
            _ask(capture, request)
            is_read, _ = capture.read()
            if is_read:
                return WebcamReader(capture, request)
        capture.release()
    raise OSError("it cannot be opened; another program may be using it, or it is no camera")


def _check_access(device: int | str) -> None:
    if isinstance(device, str) and not os.access(device, os.R_OK | os.W_OK):
        if os.path.exists(device):
            raise OSError(f"no permission to use {device}; add this user to the group video and log in again")
        raise OSError(f"there is no {device}")


def _backends() -> Sequence[int]:
    known = {"linux": (cv2.CAP_V4L2,), "win32": (cv2.CAP_DSHOW, cv2.CAP_MSMF)}
    return known.get(sys.platform, (cv2.CAP_ANY,))


def _ask(capture: cv2.VideoCapture, request: ReaderRequest) -> None:
    if request.width * request.height > YUV_PIXELS:
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, request.width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, request.height)
    capture.set(cv2.CAP_PROP_FPS, request.fps)


class WebcamReader:
    """Open webcam.

    Attributes:
        size_wh: reported size, px.
        fps: reported frames per second; 0 if unknown.
        reported: further values of `webcam_process.Opened`, in its order.
    """

    def __init__(self, capture: cv2.VideoCapture, request: ReaderRequest) -> None:
        self._capture = capture
        before, refused = set_controls(capture, request.controls)
        self._before = request.before or before
        letters = int(capture.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little", signed=True)
        pixel_format = letters.decode("latin-1") if letters.isalnum() else ""
        self.reported = (self._before, refused, readings(capture), pixel_format)
        self._clock = Clock()
        self.size_wh = (int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)))
        self.fps = float(capture.get(cv2.CAP_PROP_FPS))

    def read(self) -> tuple[NDArray[Any], float] | None:
        """Wait for the next picture: RGB or grey, and its capture time in s; None if the device delivered none."""
        is_read, picture = self._capture.read()
        if not is_read:
            return None
        if picture.ndim == 3 and picture.shape[2] == 3:
            picture = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
        return np.asarray(picture), self._taken_s()

    def _taken_s(self) -> float:
        """The driver's timestamp if it is on this program's clock (V4L2), else now."""
        now_s = self._clock.now_s()
        stamp_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        return stamp_s if 0 <= now_s - stamp_s < 0.5 else now_s

    def close(self) -> None:
        """Restore the settings, and release the device."""
        give_back(self._capture, self._before)
        self._capture.release()
