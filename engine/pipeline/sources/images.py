"""Picture files as a source: one image, an animation, or a folder of images in natural order."""

from __future__ import annotations

import logging
import re
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

from engine.config.camera import CameraSettings
from engine.core.clock import TimeSource
from engine.core.errors import DeviceError
from engine.core.slot import Slot
from engine.images.image_file import FORMATS, ImageError, ImageLimits, animation_frames, read_image
from engine.pipeline.sources.base import LostError
from engine.pipeline.sources.paced_source import PacedSource
from engine.pipeline.sources.pixel_formats import MAX_SIDE_PX, MIN_SIDE_PX, size_within
from engine.types import ByteArray, Frame

log = logging.getLogger(__name__)

REPEAT_HZ = 15.0  # repetition rate of stills, so that later stages keep running
LATE_S = 1.0  # lag beyond which an animation skips ahead instead of catching up
LIMITS = ImageLimits(min_side_px=MIN_SIDE_PX)


def load_image(path: Path, max_side_px: int = MAX_SIDE_PX) -> ByteArray:
    """Read an image upright and in colour, scaled down to at most `max_side_px`; see `images.image_file`.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        DeviceError: it is not an image, is damaged, too large or too small; the message names the file.
    """
    try:
        return read_image(path, fit=lambda width, height: size_within(width, height, max_side_px), limits=LIMITS)
    except ImageError as error:
        raise DeviceError(str(error)) from error


def natural_order(path: Path) -> list[tuple[int, int, str]]:
    """Sort key that puts `2.png` before `10.png`."""
    parts = re.findall(r"(\d+)|(\D+)", path.name.casefold())
    return [(0, int(digits), "") if digits else (1, 0, letters) for digits, letters in parts]


class _Repeated(PacedSource):
    """Repeats a still picture, so that later stages keep running."""

    def _repeat(self, picture: ByteArray, seconds: float, due_s: float | None = None) -> Generator[float, None, float]:
        """Show a picture from `due_s`, or from now; returns when its time is over."""
        image = self._show(picture)
        began_s = next_s = self._clock.now_s() if due_s is None else due_s
        while True:
            yield next_s
            now_s = self._clock.now_s()
            if next_s > began_s and now_s >= began_s + seconds:
                break
            self._put(image, now_s)
            next_s = min(max(next_s, now_s - 1 / REPEAT_HZ) + 1 / REPEAT_HZ, began_s + seconds)
        return began_s + seconds


class Still(_Repeated):
    """Single image, repeated.

    Args:
        path: the image; read by the constructor.
        settings: `mirror`.
        sinks, clock: see `Source`.

    Raises:
        DeviceError: it cannot be read.
    """

    def __init__(self, path: Path, settings: CameraSettings, sinks: Sequence[Slot[Frame]], clock: TimeSource) -> None:
        super().__init__(str(path), settings.mirror, sinks, clock)
        self._picture = load_image(path)

    def _moments(self) -> Iterator[float]:
        yield from self._repeat(self._picture, float("inf"))


class Animation(_Repeated):
    """Animated WebP, PNG, AVIF or GIF, in a loop.

    Args:
        path: the file; the constructor reads its first picture.
        settings: `mirror`.
        sinks, clock: see `Source`.

    Raises:
        DeviceError: it cannot be read.
    """

    def __init__(self, path: Path, settings: CameraSettings, sinks: Sequence[Slot[Frame]], clock: TimeSource) -> None:
        super().__init__(str(path), settings.mirror, sinks, clock)
        self._path = path
        self._is_damage_told = False
        try:
            next(self._frames(), None)
        except ImageError as error:
            raise DeviceError(str(error)) from error

    def _frames(self) -> Iterator[tuple[ByteArray, float]]:
        return animation_frames(self._path, fit=size_within, limits=LIMITS)

    def _moments(self) -> Iterator[float]:
        count, due_s = 0, self._clock.now_s()
        try:
            for picture, seconds in self._frames():
                if self._stopping.is_set():
                    return
                count += 1
                now_s = self._clock.now_s()
                due_s = yield from self._repeat(picture, seconds, due_s if now_s - due_s < LATE_S else now_s)
        except ImageError as error:
            if not count:
                raise LostError(str(error)) from error
            if not self._is_damage_told:
                self._is_damage_told = True
                log.warning("%s is damaged after %d pictures and restarts there: %s", self.name, count, error)
        if not count:
            raise LostError("there is no picture in it")


class Folder(_Repeated):
    """Images of a folder, in a loop, each for `settings.picture_s`.

    The folder is listed again in every round. Other files are logged once by name, and skipped.

    Args:
        path: the folder.
        settings: `mirror`, `picture_s`.
        sinks, clock: see `Source`.

    Raises:
        DeviceError: it cannot be listed, or contains no image.
    """

    def __init__(self, path: Path, settings: CameraSettings, sinks: Sequence[Slot[Frame]], clock: TimeSource) -> None:
        super().__init__(str(path), settings.mirror, sinks, clock)
        self._path = path
        self._picture_s = settings.picture_s
        self._skipped: set[str] = set()
        try:
            files = self._files()
        except LostError as lost:
            raise DeviceError(f"the folder {path} cannot be used: {lost}") from lost
        if not any(self._load(file) is not None for file in files):
            raise DeviceError(f"the folder {path} has no image in it ({', '.join(FORMATS)}), {self._contents()}")

    def _contents(self) -> str:
        if not self._skipped:
            return "and no file at all"
        names = sorted(self._skipped)
        return "but " + ", ".join(names[:3]) + (f" and {len(names) - 3} more files" if len(names) > 3 else "")

    def _files(self) -> list[Path]:
        try:
            files = [file for file in self._path.iterdir() if file.is_file() and not file.name.startswith(".")]
        except OSError as error:
            raise LostError(f"it cannot be listed ({error.strerror})") from error
        return sorted(files, key=natural_order)

    def _load(self, file: Path) -> ByteArray | None:
        try:
            return load_image(file)
        except DeviceError as error:
            if file.name not in self._skipped:
                self._skipped.add(file.name)
                log.warning("skipped: %s", error)
            return None

    def _moments(self) -> Iterator[float]:
        has_shown = False
        for file in self._files():
            if self._stopping.is_set():
                return
            picture = self._load(file)
            if picture is not None:
                has_shown = True
                yield from self._repeat(picture, self._picture_s)
        if not has_shown:
            raise LostError("no image is left in the folder")
