"""Portrait sets: aligned faces and their labels in one zip file, for training and evaluation.

    FILE.zip
      labels.csv        one row per picture: `COLUMNS`
      NAME.jpg ...      square pictures of one size, JPEG or PNG

Written by `tools.prepare_portraits`. The file is read as untrusted data, with limits. Knows no network.
"""

from __future__ import annotations

import csv
import io
import math
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import DeviceError, in_one_line
from engine.images.image_file import ImageError, ImageLimits, image_size, read_image
from engine.types import ByteArray, FloatArray

LABELS_FILE = "labels.csv"
SPLITS = ("train", "val")
KIND_WEIGHTS: Mapping[str, float] = MappingProxyType({"modern": 1.0, "colour": 0.3, "mono": 0.1})
"""Sampling weight of each kind of portrait in training, and its weight as a reference."""

MAX_PICTURES = 1_000_000
MAX_LABELS_BYTES = 64 << 20
MAX_PICTURE_BYTES = 16 << 20  # per file in the zip
MAX_NAME_LETTERS = 255
MAX_NUMBER = 1e9  # in a label
MIN_SIDE_PX, MAX_SIDE_PX = 4, 1024
MAX_GAIN, FREE_BYTES = (
    200,
    256 << 20,
)  # maximum ratio of memory to bytes in the zip, which no photograph reaches; smaller amounts are not checked

LIMITS = ImageLimits(formats=("JPEG", "PNG"))


@dataclass(frozen=True, slots=True)
class Label:
    """Label of a portrait.

    Attributes:
        file: file name in the zip.
        id: identifies the person across all their portraits.
        source: origin of the picture, in one word.
        split: `train` or `val`; by person, never by picture.
        kind: `modern` (recent colour photograph), `colour` (painting, tinted print) or `mono` (black and white).
        face_px: size of the face in the original, px.
        yaw: nose offset divided by eye distance, 0 is frontal.
        year: approximate year of the picture; None if unknown.
        gender: `M`, `F`, or empty if unknown.
        age: upper bound in years; None if unknown.
    """

    file: str
    id: str
    source: str
    split: str
    kind: str
    face_px: int
    yaw: float
    year: int | None
    gender: str
    age: int | None

    def row(self) -> list[str]:
        """Row of labels.csv; unknown values are empty."""
        values = (getattr(self, name) for name in COLUMNS)
        return ["" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value) for value in values]


COLUMNS = tuple(field.name for field in fields(Label))


@dataclass(frozen=True)
class PortraitSet:
    """Portraits in memory.

    Attributes:
        labels: N labels.
        pictures: (N, S, S, 3) uint8 RGB, sRGB-encoded, row 0 at the top.
    """

    labels: tuple[Label, ...]
    pictures: ByteArray

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def size_px(self) -> int:
        """Width and height of every picture."""
        return int(self.pictures.shape[1])

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """Sampling probability of each portrait (N,), by kind; they sum to 1."""
        weights = np.array([KIND_WEIGHTS[label.kind] for label in self.labels], np.float64)
        return weights / weights.sum()

    def at_size(self, size_px: int) -> PortraitSet:
        """Same portraits, halved by box averaging until they are `size_px` wide.

        Raises:
            ValueError: they are smaller, or not a power of two times as large.
        """
        pictures = self.pictures
        while pictures.shape[1] > size_px and pictures.shape[1] % 2 == 0:
            pictures = halve(pictures)
        if pictures.shape[1] != size_px:
            raise ValueError(f"portraits of {self.size_px} px cannot be halved to {size_px} px")
        return PortraitSet(self.labels, pictures)


def halve(pictures: ByteArray) -> ByteArray:
    """Halve pictures (N, H, W, C) uint8; each pixel is the rounded mean of four."""
    count, height, width, channels = pictures.shape
    halved = np.empty((count, height // 2, width // 2, channels), np.uint8)
    for index, picture in enumerate(pictures):  # one at a time: the sums need twice the memory
        boxes = picture.reshape(height // 2, 2, width // 2, 2, channels).astype(np.uint16)
        halved[index] = (boxes.sum(axis=(1, 3)) + 2) // 4
    return halved


def read_labels(path: Path) -> tuple[Label, ...]:
    """Read the labels of a portrait set, in the order of the file.

    Raises:
        DeviceError: the file is missing, damaged or not a portrait set.
    """
    with _opened(path) as archive:
        return _labels(path, archive)


def read_portraits(path: Path, split: str | None = None) -> PortraitSet:
    """Read the portraits of one split of a set, or of both.

    Args:
        path: FILE.zip.
        split: `train` or `val`; None means both.

    Raises:
        DeviceError: the file is missing, damaged, not a portrait set, or has no portrait in that split.
    """
    with _opened(path) as archive:
        labels = tuple(label for label in _labels(path, archive) if split in (None, label.split))
        if not labels:
            _refuse(path, f"it has no portrait in the split {split!r}" if split else "it has no portrait")
        first = _picture(path, archive, labels[0].file)
        _check_memory(path, archive, labels, first.nbytes)
        pictures = np.empty((len(labels), *first.shape), np.uint8)
        for index, label in enumerate(labels):
            picture = first if index == 0 else _picture(path, archive, label.file)
            if picture.shape != first.shape:
                _refuse(path, f"{label.file} is {picture.shape[1]} px wide where {labels[0].file} is {first.shape[1]}")
            pictures[index] = picture
    return PortraitSet(labels, pictures)


def _check_memory(path: Path, archive: zipfile.ZipFile, labels: Sequence[Label], picture_bytes: int) -> None:
    """Reject sets that claim more memory than their bytes can contain as pictures."""
    names = {label.file for label in labels}
    packed = sum(entry.compress_size for entry in archive.infolist() if entry.filename in names)
    wanted = len(labels) * picture_bytes
    if wanted > max(FREE_BYTES, MAX_GAIN * packed):
        _refuse(path, f"its {len(labels)} portraits would take {wanted >> 20} MB, of {packed >> 10} KB of pictures")


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError:
        raise DeviceError(f"there is no portrait set {path}") from None
    except OSError as error:
        raise DeviceError(f"{path} cannot be read: {error.strerror or in_one_line(error)}") from error
    except Exception:  # zipfile raises anything for a damaged directory
        _refuse(path, "it is damaged or no zip file")


def _labels(path: Path, archive: zipfile.ZipFile) -> tuple[Label, ...]:
    try:
        text = _content(path, archive, LABELS_FILE, MAX_LABELS_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError:
        _refuse(path, f"{LABELS_FILE} is not UTF-8 text")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    labels: dict[str, Label] = {}
    number = 1
    try:
        missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            _refuse(path, f"{LABELS_FILE} has no column {missing[0]!r}; a portrait set needs {', '.join(COLUMNS)}")
        for number, row in enumerate(rows, start=2):
            if number > MAX_PICTURES:
                _refuse(path, f"it has more than {MAX_PICTURES} portraits")
            label = _label(row)
            if label.file in labels:
                raise ValueError(f"{label.file} already has a row")
            labels[label.file] = label
    except (csv.Error, TypeError, ValueError, OverflowError) as error:
        _refuse(path, f"{LABELS_FILE}, line {number}: {in_one_line(error)}")
    return tuple(labels.values())


def _label(row: Mapping[str, str | None]) -> Label:
    text = {name: (row[name] or "").strip() for name in COLUMNS}
    for name, known in (("split", SPLITS), ("kind", tuple(KIND_WEIGHTS)), ("gender", ("M", "F", ""))):
        if text[name] not in known:
            raise ValueError(
                f"{name} must be one of {', '.join(word or 'empty' for word in known)}, not {text[name][:40]!r}"
            )
    if not 1 <= len(text["file"]) <= MAX_NAME_LETTERS or not text["file"].isprintable():
        raise ValueError(f"file must be a name of 1 to {MAX_NAME_LETTERS} letters, not {text['file'][:40]!r}")
    return Label(
        file=text["file"],
        id=text["id"],
        source=text["source"],
        split=text["split"],
        kind=text["kind"],
        face_px=_whole("face_px", text["face_px"]) or 0,
        yaw=_number("yaw", text["yaw"]) or 0.0,
        year=_whole("year", text["year"]),
        gender=text["gender"],
        age=_whole("age", text["age"]),
    )


def _whole(name: str, text: str) -> int | None:
    value = _number(name, text)
    return None if value is None else int(value)


def _number(name: str, text: str) -> float | None:
    try:
        value = float(text) if text else None
    except ValueError:
        value = math.nan
    if value is not None and not abs(value) <= MAX_NUMBER:
        raise ValueError(f"{name} must be a number or empty, not {text[:40]!r}")
    return value


def _picture(path: Path, archive: zipfile.ZipFile, name: str) -> ByteArray:
    content = _content(path, archive, name, MAX_PICTURE_BYTES)
    try:
        width, height = image_size(content, name=name, limits=LIMITS)
        if width != height or not MIN_SIDE_PX <= width <= MAX_SIDE_PX:
            sides = f"{MIN_SIDE_PX} to {MAX_SIDE_PX} px"
            _refuse(path, f"{name} is {width}x{height} px: pictures must be square, {sides}")
        return read_image(content, name=name, limits=LIMITS)
    except ImageError as error:
        _refuse(path, str(error))


def _content(path: Path, archive: zipfile.ZipFile, name: str, most_bytes: int) -> bytes:
    try:
        entry = archive.getinfo(name)
    except KeyError:
        _refuse(path, f"{name} is missing from it")
    if entry.file_size > most_bytes:
        _refuse(path, f"{name} is larger than {most_bytes >> 20} MB")
    if entry.file_size > max(FREE_BYTES >> 8, MAX_GAIN * entry.compress_size):
        _refuse(path, f"{name} is packed more than {MAX_GAIN} times, as no portrait set is")
    try:
        return archive.read(entry)
    except Exception as error:  # zipfile and its decompressors raise anything
        _refuse(path, f"{name} in it is damaged ({in_one_line(error)})")


def _refuse(path: Path, what: str) -> NoReturn:
    raise DeviceError(f"{path} cannot be used: {what}")


class PortraitWriter:
    """Writes a portrait set atomically: the file appears under its name when `close` succeeds.

    Args:
        path: FILE.zip, replaced if it exists.

    Raises:
        DeviceError: from any method: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._partial = path.with_name(f"{path.name}.partial")
        self._labels: list[Label] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._archive = zipfile.ZipFile(self._partial, "w", zipfile.ZIP_STORED)
        except OSError as error:
            raise self._failure(error) from error

    def add(self, label: Label, jpeg: bytes) -> None:
        """Add a portrait: an encoded square picture of the set's size."""
        try:
            self._archive.writestr(_entry(label.file), jpeg)  # JPEG does not compress further
        except OSError as error:
            raise self._failure(error) from error
        self._labels.append(label)

    def close(self) -> None:
        """Write the labels and move the file into place."""
        table = io.StringIO(newline="")
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(label.row() for label in self._labels)
        try:
            self._archive.writestr(_entry(LABELS_FILE), table.getvalue(), zipfile.ZIP_DEFLATED)
            self._archive.close()
            self._partial.replace(self.path)
        except OSError as error:
            raise self._failure(error) from error

    def discard(self) -> None:
        """Remove temporary files; harmless after `close`."""
        self._archive.close()
        self._partial.unlink(missing_ok=True)

    def _failure(self, error: OSError) -> DeviceError:
        return DeviceError(f"{self.path} cannot be written: {error.strerror or error}")


def _entry(name: str) -> zipfile.ZipInfo:
    """Zip entry without a timestamp, so that equal portraits give equal bytes."""
    entry = zipfile.ZipInfo(name)
    entry.external_attr = 0o644 << 16
    return entry


def to_nominal(pictures: ByteArray) -> FloatArray:
    """Convert pixels 0 to 255 of any shape to network range: float32 from -1 to 1."""
    return pictures.astype(np.float32) / np.float32(127.5) - np.float32(1)


def write_portraits(path: Path, portraits: Iterable[tuple[Label, bytes]]) -> None:
    """Write a whole set; see `PortraitWriter`."""
    writer = PortraitWriter(path)
    try:
        for label, jpeg in portraits:
            writer.add(label, jpeg)
        writer.close()
    finally:
        writer.discard()
