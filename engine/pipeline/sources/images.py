"""Still pictures as a source: one image, or the images of a folder in their natural order."""

from __future__ import annotations

import logging
import re
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from engine.config.camera import CameraSettings
from engine.core.clock import TimeSource
from engine.core.errors import DeviceError
from engine.core.slot import Slot
from engine.pipeline.sources.base import LostError, Source
from engine.pipeline.sources.pixel_formats import MAX_SIDE_PX, check_size, size_within
from engine.types import ByteArray, Frame

log = logging.getLogger(__name__)

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM")  # no format whose reader runs another program
MAX_PIXELS = 80_000_000  # below the size at which Pillow warns; bounds the memory of one picture to a third of a GB
REPEAT_HZ = 15.0  # a still is handed on so often, so that what follows keeps running
_UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, struct.error, Image.DecompressionBombError, Warning)


def is_image(path: Path) -> bool:
    """Whether a file begins like a still image of a known format; its rest may be damaged. A GIF that moves is none."""
    try:
        with Image.open(path, formats=FORMATS) as opened:
            return not (opened.format == "GIF" and getattr(opened, "is_animated", False))
    except UnidentifiedImageError:
        return False
    except _UNREADABLE:
        return True


def load_image(path: Path, max_side_px: int = MAX_SIDE_PX) -> ByteArray:
    """Read an image upright and in colour, scaled down to `max_side_px` at most.

    Grey is spread over the channels, deeper pixels become 8 bits, what is transparent is laid over black.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        DeviceError: it is no image, is damaged, too large or too small; the message names the file.
    """
    try:
        with Image.open(path, formats=FORMATS) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise ValueError(f"{opened.width}x{opened.height} px are more than {MAX_PIXELS // 10**6} megapixels")
            opened.draft("RGB", (2 * max_side_px, 2 * max_side_px))
            upright = _in_colour(ImageOps.exif_transpose(opened))
        check_size(*upright.size)
        size_wh = size_within(*upright.size, max_side_px)
        if size_wh != upright.size:
            upright = upright.resize(size_wh, Image.Resampling.LANCZOS, reducing_gap=3.0)
        return np.array(upright, np.uint8)
    except UnidentifiedImageError:
        raise DeviceError(f"{path} is no image that can be read ({', '.join(FORMATS)})") from None
    except _UNREADABLE as error:
        raise DeviceError(f"{path} is an image that cannot be read: {error}") from error


def _in_colour(picture: Image.Image) -> Image.Image:
    if picture.mode[0] in "IF":  # deep grey; `convert` would clip it to white
        deep = np.nan_to_num(np.asarray(picture).astype(np.float64))
        white = 65535.0 if picture.mode.startswith("I;16") else _white_of(float(deep.max()))
        return Image.fromarray(np.clip(deep * (255 / white) + 0.5, 0, 255).astype(np.uint8)).convert("RGB")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", picture.size, (0, 0, 0, 255)), picture).convert("RGB")
    return picture.convert("RGB")


def _white_of(brightest: float) -> float:
    """The value that means white in a picture of 32 bits a pixel, whose format does not say."""
    return next(white for white in (1.0, 255.0, 65535.0, float("inf")) if brightest <= white)


def natural_order(path: Path) -> list[tuple[int, int, str]]:
    """A key that sorts `2.png` before `10.png`."""
    parts = re.findall(r"(\d+)|(\D+)", path.name.casefold())
    return [(0, int(digits), "") if digits else (1, 0, letters) for digits, letters in parts]


class _Repeated(Source):
    """Hands a still picture on so often that what follows keeps running."""

    def _repeat(self, picture: ByteArray, seconds: float) -> None:
        image = self._show(picture)
        began_s = due_s = self._clock.now_s()
        while self._wait_until(due_s) and due_s < began_s + seconds:
            self._put(image, self._clock.now_s())
            due_s = max(due_s, self._clock.now_s() - 1 / REPEAT_HZ) + 1 / REPEAT_HZ


class Still(_Repeated):
    """One image, again and again.

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

    def _read(self) -> None:
        self._repeat(self._picture, float("inf"))


class Folder(_Repeated):
    """The images of a folder, each for `settings.picture_s`, from the first again after the last.

    The folder is listed anew in every round. What is no image is logged once by name, and skipped.

    Args:
        path: the folder.
        settings: `mirror`, `picture_s`.
        sinks, clock: see `Source`.

    Raises:
        DeviceError: it cannot be listed, or there is no image in it.
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

    def _read(self) -> None:
        has_shown = False
        for file in self._files():
            if self._stopping.is_set():
                return
            picture = self._load(file)
            if picture is not None:
                has_shown = True
                self._repeat(picture, self._picture_s)
        if not has_shown:
            raise LostError("no image is left in the folder")
