"""Loopback measurement: shows the pattern, finds it in the camera's pictures, and reports how late the mirror is.

A visitor sees their movement after the delays of camera, mirror and screen. The pattern measures from the screen
through the camera until its picture is read; the latency stamps of the reflections continue from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.core.errors import DeviceError
from engine.telemetry.delay_estimator import Delay, Seen, Shown, find_delay
from engine.telemetry.flicker_pattern import PERIOD_S, level_at
from engine.types import ByteArray, FloatArray, Frame, Reflection

LOOP_S = PERIOD_S + 1.5  # default duration of a measurement
GRID_WH = (32, 24)  # parts of the camera's picture
THINNED_PX = 240  # larger pictures are subsampled to about this many rows
MOST = 6000  # samples kept of each side

HELP = ("let the camera see this square, and hold it still",)
UNSEEN = (
    "the camera does not see the pattern: point it at the screen, or hold a mirror before the screen, so that the "
    "flickering square fills a good part of its picture, and lower the light of the room"
)


@dataclass(frozen=True, slots=True)
class Loop:
    """Result of a measurement.

    Attributes:
        delay: from the screen through the camera to the program; None if the camera did not see the pattern.
        mirror_s: median time from reading a picture to showing its answer; None if none was answered.
    """

    delay: Delay | None
    mirror_s: float | None

    def __str__(self) -> str:
        if self.delay is None:
            return UNSEEN
        found = self.delay
        outside = f"screen and camera take {1000 * found.delay_s:.1f} ms (± {1000 * found.error_s:.1f} ms"
        outside += f", confidence {found.confidence:.2f})"
        if self.mirror_s is None:
            return f"{outside}; the mirror answered nothing meanwhile"
        both_s = found.delay_s + self.mirror_s
        return f"{outside}, the mirror {1000 * self.mirror_s:.1f} ms: who moves sees it {1000 * both_s:.0f} ms later"

    def tell(self) -> None:
        """Print the result.

        Raises:
            DeviceError: the camera did not see the pattern; the message says what to do.
        """
        if self.delay is None:
            raise DeviceError(str(self))
        print(f"narcissus: {self}", flush=True)

    def as_json(self) -> dict[str, Any]:
        """The result for `--stats`; times in ms, None where nothing was found."""
        delay = self.delay
        return {
            "screen_and_camera_ms": None if delay is None else round(1000 * delay.delay_s, 2),
            "error_ms": None if delay is None else round(1000 * delay.error_s, 2),
            "confidence": None if delay is None else round(delay.confidence, 3),
            "share_of_picture": None if delay is None else round(delay.share, 3),
            "mirror_ms": None if self.mirror_s is None else round(1000 * self.mirror_s, 2),
        }


class LoopMeasurement:
    """Collects what was shown and seen: read `level` before drawing, call `presented` after, `see` each picture."""

    def __init__(self) -> None:
        self._level = 0
        self._shown: list[tuple[float, int]] = []
        self._seen: list[tuple[float, FloatArray]] = []
        self._mirror_s: list[float] = []

    def level(self, time_s: float) -> int:
        """The level to show `time_s` after the start of the show: 0 dark, 1 bright."""
        self._level = level_at(time_s)
        return self._level

    def presented(self, now_s: float, reflection: Reflection | None) -> None:
        """Note that the last `level` is on the screen since `now_s`, and with it the reflection, if it is new."""
        if len(self._shown) < MOST:
            self._shown.append((now_s, self._level))
        if reflection is not None and reflection.stamps is not None and len(self._mirror_s) < MOST:
            self._mirror_s.append(now_s - reflection.stamps.read_s)

    def see(self, frame: Frame) -> None:
        """Take a picture of the camera."""
        if len(self._seen) < MOST:
            moment_s = frame.captured_s if frame.read_s is None else frame.read_s
            self._seen.append((moment_s, brightness(frame.image)))

    def result(self) -> Loop:
        """The result so far."""
        mirror_s = float(np.median(self._mirror_s)) if self._mirror_s else None
        if not self._shown or not self._seen:
            return Loop(None, mirror_s)
        shown = Shown(*np.array(self._shown, np.float64).T)
        seen = Seen(
            np.array([moment_s for moment_s, _ in self._seen]),
            np.array([parts.ravel() for _, parts in self._seen], np.float64),
        )
        return Loop(find_delay(shown, seen), mirror_s)


def brightness(image: ByteArray) -> FloatArray:
    """Mean brightness, 0 to 255, of each part of a picture (H, W, 3): `GRID_WH`, rows first; fewer for tiny
    pictures."""
    step = max(1, image.shape[0] // THINNED_PX)
    green = image[::step, ::step, 1]  # green carries most of the brightness
    columns, rows = (min(parts, side) for parts, side in zip(GRID_WH, green.shape[::-1], strict=True))
    height, width = green.shape[0] // rows, green.shape[1] // columns
    cut = green[: rows * height, : columns * width].reshape(rows, height, columns, width)
    return np.asarray(cut.mean(axis=(1, 3), dtype=np.float32))
