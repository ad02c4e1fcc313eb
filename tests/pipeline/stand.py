"""What tests of the webcam share: one on a scripted device, and what came out of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.config.camera import CameraSettings
from engine.core.clock import Clock
from engine.core.slot import Slot
from engine.pipeline.sources.base import Backoff
from engine.pipeline.sources.webcam import Webcam, WebcamLimits
from engine.pipeline.sources.webcam_device import WebcamDevice
from engine.types import Frame
from tests.pipeline.fake_reader import READER
from tests.pipeline.viewing import PATIENCE_S, until

LIMITS = WebcamLimits(start_s=30.0, open_s=1.0, content_s=0.8, absent_s=0.02, kill_s=5.0)


BACKOFF = Backoff(first_s=0.01, max_s=0.05)


class Stand:
    """A webcam on a scripted device, and what came out of it."""

    def __init__(self, script: Path, acts: str, **settings: Any) -> None:
        self.script = script
        script.write_text("\n".join(acts.split("; ")))
        self.sinks = [Slot[Frame]("reflection"), Slot[Frame]("compositor")]
        self.webcam = Webcam(
            WebcamDevice(str(script)),
            CameraSettings(**settings),
            self.sinks,
            Clock(),
            name="camera:fake",
            reader=READER,
            limits=LIMITS,
            backoff=BACKOFF,
        )

    def take(self, sink: int = 0) -> Frame:
        frame = self.sinks[sink].take(PATIENCE_S)
        assert frame is not None, f"no frame; the source is {self.webcam.state}"
        return frame

    def until(self, is_so: Callable[[], bool]) -> None:
        until(is_so, lambda: f"the source is {self.webcam.state}")

    @property
    def child_pid(self) -> int:
        return int(Path(f"{self.script}.pid").read_text())
