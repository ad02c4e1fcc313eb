"""What tests of the recorder share: a picture to film, what is in a film, and a writer that waits."""

from __future__ import annotations

import threading
from pathlib import Path

import av
import moderngl
import numpy as np

from engine.config.recorder import RecorderSettings
from engine.core.clock import Clock, ManualClock
from engine.render.output.recorder import Recorder
from engine.types import ByteArray

SIZE = (64, 48)


EVERY_FRAME = RecorderSettings(max_fps=240, buffers=32, keep_free_mb=0)


TIMEOUT_S = 30.0


def paint(framebuffer: moderngl.Framebuffer) -> None:
    width, height = framebuffer.size
    framebuffer.clear(0.0, 0.0, 1.0, 1.0)
    framebuffer.clear(1.0, 0.0, 0.0, 1.0, viewport=(0, height // 2, width, height - height // 2))


def decode(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def noise(generator: np.random.Generator, size_wh: tuple[int, int] = (320, 240)) -> ByteArray:
    return generator.integers(0, 256, (size_wh[1], size_wh[0], 4), dtype=np.uint8)


class Collector:
    """A writer that keeps what it gets, and waits for `go` first."""

    def __init__(self) -> None:
        self.frames = 0
        self.times_s: list[float] = []
        self.rows: list[ByteArray] = []
        self.go = threading.Event()
        self.go.set()
        self.pause_s = 0.0

    def write(self, rows: ByteArray, time_s: float) -> None:
        assert self.go.wait(TIMEOUT_S)
        Clock().sleep_s(self.pause_s)
        self.rows.append(rows.copy())
        self.times_s.append(time_s)
        self.frames += 1

    def close(self) -> None: ...

    def abandon(self) -> None: ...


def collecting(
    gl: moderngl.Context,
    size_wh: tuple[int, int] = SIZE,
    settings: RecorderSettings = EVERY_FRAME,
    *,
    waits: bool = False,
) -> tuple[Recorder, Collector]:
    collector = Collector()
    path = Path("never-written.mp4")
    return Recorder(gl, path, size_wh, ManualClock(), settings, lambda *_: collector, waits=waits), collector
