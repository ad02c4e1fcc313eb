"""Encode a folder of pictures as a film: `python -m tools.frames_to_video DIR --output FILE [--fps 30]`.

Pictures are sorted in natural order (`2.png` before `10.png`) and must have the same size. Other files are listed and
skipped. The file ending selects the format: .mp4 H.264, .mov ProRes, .mkv FFV1 (lossless).
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from engine.core.errors import ConfigError, DeviceError
from engine.images.image_file import FORMATS, ImageError, image_size, is_image, read_image
from engine.pipeline.sources.images import natural_order
from engine.system.shutdown import terminated_as_interrupted
from engine.types import ByteArray
from tools.command import INTERRUPTED, command, command_parser
from tools.film.render_loop import add_film_options, film_settings, make_film
from tools.film.segments import open_parts

ENDINGS = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".avif"}


@command()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = command_parser("frames_to_video", "Encode pictures as a film.", "frames/ --output film.mp4")
    parser.add_argument("folder", type=Path, metavar="DIR", help="where the pictures are")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="the film")
    add_film_options(parser, slowest_fps=0.1)
    options = parser.parse_args(arguments)
    files = list_frames(options.folder)
    size_wh = common_size(files)
    names = "\n".join(f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files)
    described = {"folder of pictures": hashlib.sha256(names.encode("utf-8", "surrogateescape")).hexdigest()}
    parts = open_parts(options.output, size_wh, film_settings(options), described, options.codec)
    pictures = _rows(files, size_wh, parts.done)
    with terminated_as_interrupted():
        return 0 if make_film("frames_to_video", pictures, len(files), parts, options.fps) else INTERRUPTED


def list_frames(folder: Path) -> list[Path]:
    """Pictures of a folder in natural order; other files are reported and skipped.

    Raises:
        DeviceError: it cannot be listed, has no picture, or a file named like a picture is not one.
    """
    try:
        files = [file for file in folder.iterdir() if file.is_file() and not file.name.startswith(".")]
    except OSError as error:
        raise DeviceError(f"the folder {folder} cannot be listed: {error.strerror}") from error
    frames, others = [], []
    for file in sorted(files, key=natural_order):
        if is_image(file):
            frames.append(file)
        elif file.suffix.lower() in ENDINGS:
            raise DeviceError(f"{file} is not a readable picture: repair it or remove it from the folder")
        else:
            others.append(file.name)
    if not frames:
        raise DeviceError(f"the folder {folder} has no picture in it ({', '.join(FORMATS)})")
    if others:
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        print(f"frames_to_video: skipped files that are not pictures: {', '.join(others[:3])}{more}", file=sys.stderr)
    return frames


def common_size(files: Sequence[Path]) -> tuple[int, int]:
    """Common width and height of all pictures, px.

    Raises:
        ConfigError: one differs from the first.
        DeviceError: one cannot be read.
    """
    first = _size(files[0])
    for file in files[1:]:
        if (size := _size(file)) != first:
            shown = f"{file} is {size[0]}x{size[1]} px, and {files[0].name}, the first, {first[0]}x{first[1]}"
            raise ConfigError(f"{shown}: all must have the same size")
    return first


def _size(file: Path) -> tuple[int, int]:
    with _refusals():
        return image_size(file)


def _rows(files: Sequence[Path], size_wh: tuple[int, int], done: int) -> Generator[ByteArray | None, None, None]:
    for index, file in enumerate(files):
        yield None if index < done else _read(file, size_wh)[::-1]


def _read(file: Path, size_wh: tuple[int, int]) -> ByteArray:
    """(H, W, 4) uint8 RGBA, row 0 at the top; transparency is composited over black."""
    with _refusals():
        picture = read_image(file)
    height, width, _ = picture.shape
    if (width, height) != size_wh:  # rotated in a way its header did not state, or replaced meanwhile
        raise ConfigError(
            f"{file} is {width}x{height} px, and the first {size_wh[0]}x{size_wh[1]}: all must have the same size"
        )
    return np.dstack([picture, np.full((height, width), 255, np.uint8)])


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except ImageError as error:
        raise DeviceError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
