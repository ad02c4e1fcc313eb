"""Picture files of commands: selection of inputs, names of outputs, reading and writing.

Errors that a user can fix are DeviceErrors; inputs are never overwritten, and files are written atomically.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from engine.core.errors import DeviceError
from engine.pipeline.sources.images import load_image, natural_order
from engine.system.atomic_write import atomic_write
from engine.types import ByteArray

MAX_NAME_LETTERS = 50  # of at most four bytes: with its ending it still fits into a file name


def list_pictures(given: Sequence[Path]) -> list[Path]:
    """Selected files, each once; a folder stands for its files in natural order, or for itself if empty."""
    found: dict[str, Path] = {}
    for path in given:
        for picture in (os.path.isdir(path) and _files(path)) or [path]:
            found.setdefault(os.path.abspath(picture), picture)
    return list(found.values())


def _files(folder: Path) -> list[Path]:
    try:
        entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".") and os.path.isfile(entry)]
    except OSError:
        return []
    return sorted(entries, key=natural_order)


def output_names(pictures: Sequence[Path], folder: Path, endings: Sequence[str]) -> list[str]:
    """Unique output name for each picture: `a`, else `a_jpg`, else `a_2`; never the name of a picture.

    Names that differ only in case count as equal, as on some file systems.
    """
    place = folder.resolve()
    taken = {str(picture.parent.resolve() / picture.name).casefold() for picture in pictures}
    numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: itertools.count(2))
    names = []
    for picture in pictures:
        stem, whole = picture.stem[:MAX_NAME_LETTERS], picture.name.replace(".", "_")[:MAX_NAME_LETTERS]
        numbered = (f"{stem}_{number}" for number in numbers[stem.casefold()])
        for name in itertools.chain((stem, whole), numbered):
            files = {str(place / (name + ending)).casefold() for ending in endings}
            if taken.isdisjoint(files):
                taken |= files
                names.append(name)
                break
    return names


def read_picture(path: Path) -> ByteArray:
    """Read a picture (H, W, 3) uint8 RGB, upright, at most 1280 px.

    Raises:
        DeviceError: it is missing, a folder without files, not an image, or damaged.
    """
    if os.path.isdir(path):
        raise DeviceError(f"the folder {path} is empty or cannot be listed")
    if not os.path.isfile(path):
        raise DeviceError(f"there is no file {path}")
    return load_image(path)


def prepare_folder(folder: Path) -> None:
    """Create the output folder, and check that it is writable before lengthy work.

    Raises:
        DeviceError: it cannot be created or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise DeviceError(f"nothing can be written to the folder {folder}: {error.strerror or error}") from error


def write(path: Path, content: ByteArray | str) -> None:
    """Write or replace a picture (H, W, 3) as PNG, or a text, atomically.

    Raises:
        DeviceError: it cannot be written.
    """
    try:
        with atomic_write(path) as partial:
            if isinstance(content, str):
                partial.write_text(content, encoding="utf-8", errors="backslashreplace", newline="\n")
            else:
                Image.fromarray(content).save(partial, "PNG")
    except OSError as error:
        raise DeviceError(f"{path} cannot be written: {error.strerror or error}") from error
