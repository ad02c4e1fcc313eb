"""What the tests of sources share: a source on a manual clock with its sinks, and lopsided pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.config.camera import CameraSettings
from engine.core.clock import Clock, ManualClock
from engine.core.slot import Slot
from engine.pipeline.sources.open_source import open_source
from engine.types import ByteArray, Frame

PATIENCE_S = 30.0  # what should come within a second may take this long on a busy machine
FPS = 10  # of the films of the tests
PLAIN = CameraSettings(mirror=False)


class Viewing:
    """A source on a manual clock, and its sinks."""

    def __init__(self, path: Path | str, **settings: Any) -> None:
        self.clock = ManualClock(100.0)
        self.sinks = [Slot[Frame]("reflection"), Slot[Frame]("compositor")]
        self.source = open_source(str(path), CameraSettings(**settings), self.sinks, self.clock)

    def take(self, sink: int = 0) -> Frame:
        """The next frame."""
        frame = self.sinks[sink].take(PATIENCE_S)
        assert frame is not None, f"no frame; the source is {self.source.state}"
        return frame

    def next(self, seconds: float = 1 / FPS) -> Frame:
        """The next frame after time went on."""
        self.clock.advance(seconds)
        return self.take()


View = Callable[..., Viewing]


def viewings() -> Iterator[View]:
    """The body of a fixture: starts sources on demand, and closes them."""
    made: list[Viewing] = []

    def start(path: Path | str, **settings: Any) -> Viewing:
        viewing = Viewing(path, **settings)
        made.append(viewing)
        viewing.source.start()
        return viewing

    yield start
    for viewing in made:
        viewing.source.close()


def until(is_so: Callable[[], bool], state: Callable[[], str] = str) -> None:
    """Wait for what comes soon; `state` is told if it does not."""
    clock = Clock()
    deadline_s = clock.now_s() + PATIENCE_S
    while not is_so():
        assert clock.now_s() < deadline_s, state()
        clock.sleep_s(0.005)


def lopsided(width: int = 64, height: int = 48) -> ByteArray:
    """(height, width, 3): red at the top left, green at the top right, blue at the bottom."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2] = (200, 0, 0)
    picture[: height // 2, width // 2 :] = (0, 200, 0)
    picture[height // 2 :] = (0, 0, 200)
    return picture


def corners(image: ByteArray) -> list[int]:
    """The strongest channel (0 red, 1 green, 2 blue) near top left, top right, bottom right and bottom left."""
    height, width, _ = image.shape
    places = [
        (height // 5, width // 5),
        (height // 5, -width // 5),
        (-height // 5, -width // 5),
        (-height // 5, width // 5),
    ]
    return [int(image[row, column].argmax()) for row, column in places]


def saved(path: Path, picture: NDArray[Any] | None = None, **how: Any) -> Path:
    Image.fromarray(lopsided() if picture is None else picture).save(path, **how)
    return path


def level_of(frame: Frame) -> int:
    """Which of the levels 40, 80, ... the lit half of a film's picture shows (mirrored: the left half)."""
    return round(int(frame.image[24, 10, 0]) / 40) * 40
