"""Picture files of any common format -> upright 8-bit sRGB pixels, row 0 at the top.

The single entry point for sources, scene pictures, masks, film frames and training portraits. Files are untrusted:
bytes, pixels and formats are limited before memory is allocated, and any failure of Pillow becomes one sentence.
Colour conversion is in `srgb.py`. Knows no OpenGL, no OpenCV and no network.
"""

from __future__ import annotations

import io
import itertools
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, NoReturn

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from engine.core.errors import NarcissusError, in_one_line
from engine.core.messages import printable
from engine.images.srgb import over_black, to_srgb

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "BMP", "TIFF", "GIF", "PPM")  # none whose reader starts another program
MOVING = frozenset(
    {"GIF", "PNG", "WEBP", "AVIF"}
)  # formats whose further pictures are animation frames; in other formats they are pages
SHORTEST_S, UNTOLD_S = 0.011, 0.1  # a frame with a shorter duration, or none, is shown for UNTOLD_S

Channels = Literal["L", "RGB", "RGBA"]
Fit = Callable[[int, int], tuple[int, int]]
"""Size of a picture -> size to scale it down to; width and height in px."""

_SCALED_AS_THEY_ARE = frozenset(
    {"L", "LA", "RGB", "RGBA", "CMYK", "YCbCr"}
)  # scaled before colour conversion, to save memory
_ORIENTATION = 0x0112
_TURNS = {  # EXIF orientation -> transpose that brings row 0 to the top and column 0 to the left
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


class ImageError(NarcissusError):
    """Picture file that is missing, unreadable, damaged or too large; the message is a sentence that names it."""


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """Limits on what is read; anything beyond is refused from its header.

    Attributes:
        max_bytes: file size.
        max_pixels: width times height; the default is below Pillow's warning threshold.
        min_side_px, max_side_px: either side.
        formats: Pillow's format names.
    """

    max_bytes: int = 512 << 20
    max_pixels: int = 80_000_000
    min_side_px: int = 1
    max_side_px: int = 65_535
    formats: tuple[str, ...] = FORMATS

    def check(self, width: int, height: int) -> None:
        """Refuse sizes beyond the limits.

        Raises:
            ValueError: says which limit is exceeded.
        """
        if width * height > self.max_pixels:
            raise ValueError(f"{width}x{height} px are more than {self.max_pixels // 10**6} megapixels")
        if max(width, height) > self.max_side_px:
            raise ValueError(f"{width}x{height} px are more than {self.max_side_px} px a side")
        if min(width, height) < self.min_side_px:
            least = f"{self.min_side_px}x{self.min_side_px} px is the minimum"
            raise ValueError(f"a picture of {width}x{height} px is too small; {least}")


USUAL = ImageLimits()
_UNBOUNDED = ImageLimits(max_bytes=1 << 62, max_pixels=1 << 62, max_side_px=1 << 62)


def read_image(
    source: Path | bytes,
    channels: Channels = "RGB",
    *,
    name: str | None = None,
    fit: Fit | None = None,
    limits: ImageLimits = USUAL,
) -> NDArray[np.uint8]:
    """Read a picture upright, in sRGB, 8 bits a channel.

    It is rotated as its EXIF data says. Deeper pixels are scaled to 8 bits; CMYK, Lab and anything with an ICC profile
    is converted to sRGB. For an animation, the first frame is read.

    Args:
        source: the file, or its content.
        channels: `RGBA` with straight alpha; `RGB` composited over black; `L` is the luminance of that, so transparent
                areas are dark.
        name: how messages refer to it; the path by default.
        fit: see `Fit`; None keeps the size.
        limits: what to refuse.

    Returns:
        (H, W, 4), (H, W, 3) or (H, W) uint8, C-contiguous, owned by the caller.

    Raises:
        ImageError: it is missing, not a picture, damaged, too large or too small.
    """
    with _opened(source, name, limits) as image:
        return _pixels(image, channels, fit)


def image_size(source: Path | bytes, *, name: str | None = None, limits: ImageLimits = USUAL) -> tuple[int, int]:
    """Upright width and height in px according to the header; the rest may be damaged.

    Raises:
        ImageError: see `read_image`.
    """
    with _opened(source, name, limits) as image:
        width, height = image.size
        says_turned = image.format == "TIFF"  # Pillow swaps its size too
        is_mute = image.format == "PNG" and "exif" not in image.info  # looking further would decode all of it
        is_lying = not (says_turned or is_mute) and _orientation(image) in (5, 6, 7, 8)
        return (height, width) if is_lying else (width, height)


def is_image(path: Path) -> bool:
    """Whether a file starts like a picture of a supported format; the rest may be damaged."""
    try:
        with _opened(path, None, _UNBOUNDED):
            return True
    except ImageError as error:
        return error.__cause__ is not None or (
            os.path.isfile(path) and _is_heic(_head(path))
        )  # its reader failed, so it is one


def is_animation(path: Path) -> bool:
    """Whether a picture file is an animation."""
    try:
        with _opened(path, None, USUAL) as image:
            return image.format in MOVING and bool(getattr(image, "is_animated", False))
    except ImageError:
        return False


def animation_frames(
    path: Path, *, fit: Fit | None = None, limits: ImageLimits = USUAL
) -> Iterator[tuple[NDArray[np.uint8], float]]:
    """Iterate once over the frames of an animation: (H, W, 3) uint8 RGB, and duration in s.

    Raises:
        ImageError: see `read_image`; frames before a damaged one have been yielded by then.
    """
    with _opened(path, None, limits) as image:
        first = (
            1 if getattr(image, "default_image", False) else 0
        )  # APNG: a default picture for readers without animation
        for index in itertools.count(first):
            try:
                with _unwarned():
                    image.seek(index)
            except EOFError:
                return
            limits.check(*image.size)
            pixels = _pixels(image, "RGB", fit)
            duration_s = float(image.info.get("duration", 0.0)) / 1000  # some formats set it only after decoding
            yield pixels, duration_s if duration_s >= SHORTEST_S else UNTOLD_S


def _unwarned() -> AbstractContextManager[None]:
    """Silence Pillow's warnings about damage it tolerates, and about sizes, which are limited here."""
    return warnings.catch_warnings(action="ignore")


def _pixels(image: Image.Image, channels: Channels, fit: Fit | None) -> NDArray[np.uint8]:
    size_wh = image.size if fit is None else fit(*image.size)
    with _unwarned():
        if fit is not None:
            image.draft("RGB", (2 * size_wh[0], 2 * size_wh[1]))  # decode a JPEG no larger than needed
        image.load()
        turn = _TURNS.get(_orientation(image))  # not earlier: in a PNG it may come last, and TIFF is rotated by Pillow
    if image.mode in _SCALED_AS_THEY_ARE and "transparency" not in image.info:
        image = _scaled(image, size_wh)
    colours = to_srgb(image)
    if channels != "RGBA":
        colours = over_black(colours)
    colours = _scaled(colours, size_wh)
    if turn is not None:
        colours = colours.transpose(turn)
    return np.array(colours if colours.mode == channels else colours.convert(channels), np.uint8)


def _scaled(image: Image.Image, size_wh: tuple[int, int]) -> Image.Image:
    return image if image.size == size_wh else image.resize(size_wh, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _orientation(image: Image.Image) -> int:
    try:
        with _unwarned():
            return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # a damaged EXIF block; the picture itself is intact
        return 1


@contextmanager
def _opened(source: Path | bytes, name: str | None, limits: ImageLimits) -> Iterator[Image.Image]:
    """Open a picture with a valid header within the limits; errors inside the context are reported as damage."""
    shown = printable(name or (str(source) if isinstance(source, Path) else "the picture"))
    try:
        with _stream(source, shown, limits) as stream:
            _check_webp(stream, limits)
            with _unwarned():
                image = Image.open(stream, formats=limits.formats)
            with image:
                limits.check(*image.size)
                yield image
    except ImageError:
        raise
    except UnidentifiedImageError:
        _refuse_unknown(source, shown, limits)
    except Exception as error:  # Pillow's readers raise anything: struct, zlib, index and type errors
        reason = (error.strerror if isinstance(error, OSError) else None) or in_one_line(error)
        raise ImageError(f"{shown} is an image that cannot be read: {reason}") from error


@contextmanager
def _stream(source: Path | bytes, shown: str, limits: ImageLimits) -> Iterator[IO[bytes]]:
    if isinstance(source, bytes):
        yield io.BytesIO(source)
        return
    try:
        if not source.is_file():  # opening a pipe would block
            raise ImageError(f"{shown} is not a file" if source.exists() else f"there is no file {shown}")
        stream = source.open("rb")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else in_one_line(error)
        raise ImageError(f"{shown} cannot be read: {reason}") from None
    with stream:
        if stream.seek(0, io.SEEK_END) > limits.max_bytes:
            raise ImageError(f"{shown} is larger than {limits.max_bytes >> 20} MiB, the limit")
        stream.seek(0)
        yield stream


def _check_webp(stream: IO[bytes], limits: ImageLimits) -> None:
    """Check the size of a WebP file before Pillow allocates memory for it from the header (RFC 9649, 2.7)."""
    head = stream.read(30)
    stream.seek(0)
    if head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X" and len(head) == 30:
        limits.check(1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little"))


def _refuse_unknown(source: Path | bytes, shown: str, limits: ImageLimits) -> NoReturn:
    if _is_heic(_head(source)):
        raise ImageError(f"{shown} is a HEIC picture, which is not supported: save it as JPEG") from None
    raise ImageError(f"{shown} is not a supported image ({', '.join(limits.formats)})") from None


def _head(source: Path | bytes) -> bytes:
    with _stream(source, str(source), _UNBOUNDED) as stream:
        return stream.read(12)


def _is_heic(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS
