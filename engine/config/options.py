"""What the command line of `main.py` says; it beats config.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line said; None where it said nothing and config.yaml decides.

    Attributes:
        config: the installation's file.
        scene, model: names of a file in scenes/ and of a folder in models/.
        source: `camera:0`, a device path, a video file, an image, a folder of images, or `self`.
        size_wh: of the window or the off-screen picture, px.
        fullscreen: whether the window fills its display.
        display: the number of the window's display, a part of its name, or `all`.
        headless: render off screen.
        seconds: stop that long after the first drawn frame.
        live: keep real time where a film is written off screen.
        fps: frames per second of a film rendered off screen.
        seed: of everything that is left to chance.
        record, stats, session: files to write.
        status: file for the status of the show, written every second.
        control: open the control room: at this port, or, if 0, at that of config.yaml.
        measure_loop: measure how late the mirror is, through the camera.
    """

    config: Path = Path("config.yaml")
    scene: str | None = None
    model: str | None = None
    source: str | None = None
    size_wh: tuple[int, int] | None = None
    fullscreen: bool | None = None
    display: int | str | None = None
    headless: bool = False
    seconds: float | None = None
    live: bool = False
    fps: float | None = None
    seed: int | None = None
    record: Path | None = None
    stats: Path | None = None
    status: Path | None = None
    session: Path | None = None
    control: int | None = None
    measure_loop: bool = False

    @property
    def keeps_real_time(self) -> bool:
        """Whether somebody watches or times the show, so that it may not take the time it needs."""
        return self.live or self.measure_loop or self.status is not None or self.control is not None
