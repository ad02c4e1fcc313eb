"""A scripted camera for the child process of `sources.webcam`: each opening follows the next line of a file.

The device's path is the script. A line is an act and a number: `run 5` gives five moving pictures and then ends, with
a crash; `hang 5` never comes back, `freeze 5` repeats its last picture, `empty 5` gives nothing any more. Other acts
change what the pictures are like. The last line is repeated for ever.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.clock import Clock
from engine.pipeline.sources.webcam_process import ReaderRequest

READER = f"{__name__}:open_scripted"
HEAVY = (
    "cv2",
    "mediapipe",
    "tensorflow",
    "keras",
    "jax",
    "moderngl",
    "pygame",
    "av",
    "pydantic",
    "engine.pipeline.sources.webcam",
)
PERIOD_S = 0.01
FOR_EVER_S = 3600.0


def open_scripted(request: ReaderRequest) -> ScriptedReader:
    """Open the script `request.device` for the next time."""
    script = Path(str(request.device))
    lines = script.read_text().splitlines()
    opened = Path(f"{script}.opened")
    times = int(opened.read_text()) if opened.exists() else 0
    opened.write_text(str(times + 1))
    act, _, detail = lines[min(times, len(lines) - 1)].partition(" ")
    if act == "refuse":
        raise OSError(detail)
    if act == "loaded":
        raise OSError("loaded: " + " ".join(sorted(set(HEAVY) & set(sys.modules))))
    if act == "stuck":
        Clock().sleep_s(FOR_EVER_S)
    return ScriptedReader(act, int(detail or 1 << 30), request, Path(f"{script}.pid"))


class ScriptedReader:
    """Plays one line of a script."""

    def __init__(self, act: str, count: int, request: ReaderRequest, pid_file: Path) -> None:
        self._act, self._count, self._given = act, count, 0
        self._clock = Clock()
        self.size_wh = (request.width, request.height) if act != "other" else (32, 24)
        self.fps = 30.0 if act != "other" else 0.0
        self.reported = (request.before or ((39, 1.0),), tuple(request.controls.wanted()), (), "FAKE")
        Path(f"{request.device}.before").write_text(repr(request.before))
        pid_file.write_text(str(os.getpid()))

    def read(self) -> tuple[NDArray[Any], float] | None:
        if self._given < self._count or self._act == "freeze":
            self._clock.sleep_s(PERIOD_S)
        if self._given >= self._count:
            if self._act == "run":
                os._exit(3)
            if self._act == "hang":
                self._clock.sleep_s(FOR_EVER_S)
            if self._act == "empty":
                return None
            if self._act == "freeze":
                return moving_picture(self._given), self._clock.now_s()
        self._given += 1
        return self._picture(), self._clock.now_s()

    def _picture(self) -> NDArray[Any]:
        picture = moving_picture(self._given)
        kinds = {
            "grey": lambda: picture[:, :, 0],
            "grey1": lambda: picture[:, :, :1],
            "grey16": lambda: picture[:, :, 0].astype(np.uint16) * 256 + 255,
            "rgba": lambda: np.dstack([picture, picture[:, :, :1] * 0]),
            "black": lambda: picture * 0,
            "tiny": lambda: picture[:1, :1],
            "float": lambda: np.full((48, 64, 3), np.nan),
            "grow": lambda: picture if self._given < 5 else np.repeat(np.repeat(picture, 2, 0), 3, 1),
            "shrink": lambda: picture if self._given < 5 else picture[::2, ::2],
            "odd": lambda: picture[:47, :61],
            "bars": lambda: np.pad(picture[:, :64], ((3, 3), (18, 18), (0, 0)))[3:51],
            "huge": lambda: np.repeat(np.repeat(picture, 50, 0), 50, 1),
        }
        return kinds.get(self._act, lambda: picture)()

    def close(self) -> None:
        pass


def moving_picture(number: int) -> NDArray[np.uint8]:
    """(48, 64, 3): red on the left, blue on the right, and a green that changes with every picture."""
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:, :32, 0] = 200
    picture[:, 32:, 2] = 200
    picture[:, :, 1] = number % 251
    return picture
