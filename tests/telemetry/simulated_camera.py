"""A camera of known delay that looks at a screen: what a measurement of the loop is tested with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.telemetry.loopback import LoopMeasurement
from engine.types import ByteArray, Frame

SIZE_WH = (64, 48)


@dataclass(frozen=True)
class SimulatedCamera:
    """A camera before a screen in a room.

    Attributes:
        delay_s: from the light of the screen, in the middle of the exposure, to the picture that is read.
        fps: pictures a second; they come up to 3 ms early or late.
        exposure_s: how long the light of a picture is gathered.
        patch: left, top, right, bottom of the pattern in its picture, px; None where it is out of sight.
        contrast: levels of 255 between dark and bright.
        noise: levels of 255, of each pixel.
        seed: of noise and jitter.
    """

    delay_s: float = 0.08
    fps: float = 30.0
    exposure_s: float = 0.015
    patch: tuple[int, int, int, int] | None = (16, 12, 40, 36)
    contrast: float = 60.0
    noise: float = 4.0
    seed: int = 1

    def watch(self, measurement: LoopMeasurement, seconds: float, screen_hz: float = 60.0) -> None:
        """Show the pattern and see it, for so long."""
        rng = np.random.default_rng(self.seed)
        times, levels = [], []
        for index in range(round(seconds * screen_hz)):
            now_s = 100.0 + (index + rng.uniform(0, 0.1)) / screen_hz
            levels.append(measurement.level(index / screen_hz))
            times.append(now_s)
            measurement.presented(now_s, None)
        for index in range(3, round((seconds - self.delay_s) * self.fps)):
            read_s = 100.0 + index / self.fps + rng.uniform(-0.003, 0.003)
            moments = read_s - self.delay_s + np.linspace(-0.5, 0.5, 9) * self.exposure_s
            light = np.mean([levels[max(0, int(np.searchsorted(times, moment, "right")) - 1)] for moment in moments])
            measurement.see(Frame(self._picture(float(light), index, rng), read_s - 0.02, index, read_s))

    def _picture(self, light: float, index: int, rng: np.random.Generator) -> ByteArray:
        """The screen's light, a room that slowly becomes darker, somebody who walks through it, noise."""
        width, height = SIZE_WH
        picture = np.full((height, width), 90.0 + 30.0 * np.sin(index / 90), np.float32)
        walker = int((0.5 + 0.5 * np.sin(index / 17)) * (width - 12))
        picture[24:, walker : walker + 12] = 170.0
        if self.patch is not None:
            left, top, right, bottom = self.patch
            picture[top:bottom, left:right] = 70.0 + self.contrast * light
        picture += self.noise * rng.standard_normal(picture.shape, np.float32)
        return np.repeat(np.clip(picture, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)
