"""Labels of photographs, as stated by people: from a CSV file, from names, and from folders.

Also decides which people are held out. Looks at no picture.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path, PurePath
from typing import NoReturn

from engine.core.errors import DeviceError
from tools.dataset.portrait_set import KIND_WEIGHTS, SPLITS, Label
from tools.dataset.screening import Portrait

KEYS = ("id", "source", "split", "kind", "year", "gender", "age")
CHOICES = {"split": SPLITS, "kind": tuple(KIND_WEIGHTS), "gender": ("M", "F")}
MAX_LABELS_BYTES = 256 << 20
MAX_AGE, YEARS = 130, (1000, 3000)

Row = Mapping[str, str]


class Register:
    """Labels of photographs.

    Args:
        rows: known labels by path below the photographs' folder, or by file name; see `read_rows`.
        source: for files whose row does not state it.
        coloured_kind: `modern` or `colour`: kind of coloured pictures, which cannot be inferred from pixels.
        is_by_folder: a person is a folder of photographs instead of a file.
        val_share: share of people to hold out.
    """

    def __init__(
        self, rows: Mapping[str, Row], source: str, coloured_kind: str, is_by_folder: bool, val_share: float
    ) -> None:
        self._rows = rows
        self._source = source
        self._coloured_kind = coloured_kind
        self._is_by_folder = is_by_folder
        self._val_share = val_share
        self._splits = {row["id"]: row["split"] for row in rows.values() if row["id"] and row["split"]}
        self._names: set[str] = set()
        self.used: set[str] = set()

    def label(self, file: PurePath, portrait: Portrait) -> Label:
        """Label of a photograph, under a unique name.

        Args:
            file: its path below the photographs' folder.
            portrait: result of face detection.
        """
        row = self._row(file)
        person = row.get("id") or self._person(file)
        held_out = "val" if falls_below(person, self._val_share) else "train"
        return Label(
            file=self._name(file),
            id=person,
            source=row.get("source") or self._source,
            split=row.get("split") or self._splits.get(person) or held_out,
            kind=row.get("kind") or (self._coloured_kind if portrait.is_coloured else "mono"),
            face_px=portrait.face_px,
            yaw=portrait.yaw,
            year=int(row["year"]) if row.get("year") else None,
            gender=row.get("gender", ""),
            age=int(row["age"]) if row.get("age") else None,
        )

    def _row(self, file: PurePath) -> Row:
        for key in (file.as_posix(), file.name):
            if key in self._rows:
                self.used.add(key)
                return self._rows[key]
        return {}

    def _person(self, file: PurePath) -> str:
        if self._is_by_folder and file.parent.name:
            return text_of(file.parent)
        return text_of(file.with_suffix(""))

    def _name(self, file: PurePath) -> str:
        stem = text_of(file.with_suffix("")).replace("/", "-")
        name, number = f"{stem}.jpg", 2
        while name.casefold() in self._names:
            name, number = f"{stem}-{number}.jpg", number + 1
        self._names.add(name.casefold())
        return name


def text_of(path: PurePath) -> str:
    """Path as encodable text; other characters become question marks."""
    return path.as_posix().encode("utf-8", "replace").decode("utf-8")


def falls_below(text: str, share: float) -> bool:
    """Whether a text is in a given share of all texts, by hash: deterministic on every machine."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") < share * 2**64


def with_somebody_held_out(labels: Iterable[Label]) -> list[Label]:
    """Labels in which at least one person is held out: if none is by chance, the one with the smallest hash."""
    labels = list(labels)
    people = {label.id for label in labels}
    if len(people) < 2 or any(label.split == "val" for label in labels):
        return labels
    chosen = min(people, key=lambda person: hashlib.sha256(person.encode()).digest())
    return [replace(label, split="val") if label.id == chosen else label for label in labels]


def read_rows(path: Path) -> dict[str, Row]:
    """Rows of a CSV file by their `file`; each has all `KEYS`, empty if not stated.

    Raises:
        DeviceError: the file is missing or invalid; the message names the line.
    """
    try:
        if path.stat().st_size > MAX_LABELS_BYTES:
            _refuse(path, f"it is larger than {MAX_LABELS_BYTES >> 20} MB")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DeviceError(f"the labels {path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError:
        _refuse(path, "it is not UTF-8 text")
    table = csv.DictReader(text.splitlines())
    if "file" not in (table.fieldnames or ()):
        _refuse(path, f"its first line must name the columns: file, and any of {', '.join(KEYS)}")
    rows: dict[str, Row] = {}
    splits: dict[str, str] = {}
    try:
        for found in table:
            row = {key: (found.get(key) or "").strip() for key in KEYS}
            _check_row(path, table.line_num, row, splits)
            rows[(found["file"] or "").strip().replace("\\", "/")] = row
    except csv.Error as error:
        _refuse(path, f"line {table.line_num}: {error}")
    return rows


def _check_row(path: Path, line: int, row: dict[str, str], splits: dict[str, str]) -> None:
    for key, known in CHOICES.items():
        if row[key] and row[key] not in known:
            _refuse(path, f"line {line}: {key} must be one of {', '.join(known)} or empty, not {row[key][:40]!r}")
    for key, (least, most) in {"year": YEARS, "age": (0, MAX_AGE)}.items():
        try:
            value = int(float(row[key] or least))
        except (ValueError, OverflowError):
            value = -1
        if not least <= value <= most:
            _refuse(path, f"line {line}: {key} must be a number from {least} to {most} or empty, not {row[key][:40]!r}")
        row[key] = str(value) if row[key] else ""
    if row["id"] and row["split"] and splits.setdefault(row["id"], row["split"]) != row["split"]:
        _refuse(path, f"line {line}: {row['id'][:40]!r} is in both splits; a person is held out or is not")


def _refuse(path: Path, what: str) -> NoReturn:
    raise DeviceError(f"the labels {path} cannot be used: {what}")
