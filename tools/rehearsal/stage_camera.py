"""A camera made of drawn pictures, for the webcam's own process; it hangs, freezes and vanishes when it is told to.

The device is a file in the stage's folder: without it the camera is unplugged. What it does wrong next stands in the
file `act` beside it, which the camera takes away as it obeys, so that the next process works again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.clock import Clock
from engine.pipeline.sources.camera_controls import Before
from engine.pipeline.sources.webcam_process import Reader, ReaderRequest
from engine.types import ByteArray
from tools.rehearsal.stage import ACT_FILE, FACES_FILE, Stage, read_plan

READER = f"{__name__}:open_staged"
FOR_EVER_S = 3600.0
ODD_PICTURES = 60


def open_staged(request: ReaderRequest) -> Reader:
    """Open the stage of which `request.device` is the device.

    Raises:
        OSError: it is unplugged.
    """
    cv2.setNumThreads(1)
    device = Path(str(request.device))
    if not device.exists():
        raise OSError(f"there is no {device}")
    return StagedCamera(device, request)


class StagedCamera:
    """An open camera.

    Attributes:
        size_wh, fps, reported: see `webcam_process.Reader`.
    """

    def __init__(self, device: Path, request: ReaderRequest) -> None:
        self._device = device
        self._plan = read_plan(device.parent)
        self.size_wh, self.fps = (request.width, request.height), request.fps
        faces: ByteArray = np.load(device.parent / FACES_FILE, allow_pickle=False)
        self._stage = Stage(faces, self._plan.seed, self.size_wh)
        self._clock = Clock()
        self._due_s = self._clock.now_s()
        self._last = np.zeros((self.size_wh[1], self.size_wh[0], 3), np.uint8)
        self._odd = 0
        self._is_frozen = False

    @property
    def reported(self) -> tuple[Before, tuple[str, ...], tuple[tuple[str, float], ...], str]:
        return (), (), (), "RGB3"

    def read(self) -> tuple[NDArray[Any], float] | None:
        """The next picture; None while the device is unplugged."""
        self._due_s = max(self._due_s + 1 / self.fps, self._clock.now_s() - 1 / self.fps)
        self._clock.sleep_s(self._due_s - self._clock.now_s())
        if not self._device.exists():
            return None
        self._obey()
        now_s = self._clock.now_s()
        if self._odd:
            self._odd -= 1
            return np.full((48, 64, 3), np.nan), now_s
        if not self._is_frozen:
            self._last = self._stage.picture(now_s - self._plan.began_s)
        return self._last, now_s

    def close(self) -> None:
        """Nothing is held."""

    def _obey(self) -> None:
        act = self._device.with_name(ACT_FILE)
        if not act.exists():
            return
        what = act.read_text(encoding="utf-8")
        act.unlink()
        if what == "hang":
            self._clock.sleep_s(FOR_EVER_S)
        elif what == "freeze":
            self._is_frozen = True
        elif what == "odd":
            self._odd = ODD_PICTURES
