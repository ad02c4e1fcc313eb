"""What the cards in `models/` say, for the wall label: data and their terms, whom a persona draws, how often readings
are right. Reads tables of Markdown and JSON; a card that is missing or says nothing gives nothing."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

NETWORK_NAME = re.compile(r"^[^:(]+")
IN_BRACKETS = re.compile(r"\s*\([^()]*\)\s*$")
PORTION = re.compile(r"^([\d.]+) %(?: \(([\d.]+) to ([\d.]+)\))?")


@dataclass(frozen=True)
class DataSource:
    """A row of a card's training data.

    Attributes:
        name, terms: as the card says them.
        pictures: how many; None where the row says something else.
    """

    name: str
    pictures: int | None
    terms: str


@dataclass(frozen=True)
class GroupShare:
    """A group in a persona's audit.

    Attributes:
        dimension, group: as the audit calls them.
        shown: share of the portraits, %.
        drawn: share of the drawn faces and its 95 % interval, %; None if it cannot be told.
    """

    dimension: str
    group: str
    shown: float
    drawn: tuple[float, float, float] | None


@dataclass(frozen=True)
class PersonaCard:
    """What a persona's card says.

    Attributes:
        sources: its training data.
        was_nobody_asked: whether it says that the people in them were not asked.
        licence: of its files; empty if it does not say.
        drawn: faces that the audit counted; 0 without an audit of this generator.
        portraits: portraits in its data; 0 if not known.
        groups: the audit.
    """

    sources: tuple[DataSource, ...] = ()
    was_nobody_asked: bool = False
    licence: str = ""
    drawn: int = 0
    portraits: int = 0
    groups: tuple[GroupShare, ...] = ()


@dataclass(frozen=True)
class ReadingQuality:
    """How often age and gender are right, on portraits of other people; balanced over the answers.

    Attributes:
        faces: portraits.
        age, chance, gender: %, of age, of age by chance, of gender.
        parameters: numbers in the network.
    """

    faces: int
    age: float
    chance: float
    gender: float
    parameters: int


def read_persona_card(path: Path, generator_sha256: str) -> PersonaCard:
    """A persona's card; its audit counts only if it is of this generator."""
    text = _text(path)
    rows = _rows(_part(text, r"^## Training data$", r"^## "))
    sources = tuple(DataSource(IN_BRACKETS.sub("", row[0]), _number(row[1]), row[2]) for row in rows if len(row) == 3)
    licence = re.search(r"\b(MIT licence|Apache 2\.0|CC BY(?:-\w+)* \d\.\d|CC0)", text)
    audit = _part(text, r"^<!-- audit:", r"^<!-- end of audit")
    told = re.search(r"Generator `(\w+)`: (\d+) faces drawn", audit)
    is_this = told is not None and generator_sha256.startswith(told.group(1))
    portraits = re.search(r"(\d+) portraits, \d+ of them found", audit)
    return PersonaCard(
        sources,
        "nobody in them was asked" in text.lower(),
        licence.group(1) if licence else "",
        int(told.group(2)) if told is not None and is_this else 0,
        int(portraits.group(1)) if portraits else sum(source.pictures or 0 for source in sources),
        tuple(_groups(audit)) if is_this else (),
    )


def read_frozen_networks(path: Path) -> list[tuple[str, str]]:
    """Name and licence of each network that looks at faces."""
    rows = [row for row in _rows(_text(path)) if len(row) == 4 and row[0].endswith(".safetensors`")]
    return [
        (NETWORK_NAME.match(row[1]).group().strip(), IN_BRACKETS.sub("", row[3]))  # type: ignore[union-attr]
        for row in rows
        if NETWORK_NAME.match(row[1])
    ]


def read_reading_quality(path: Path) -> ReadingQuality | None:
    """How often age and gender are right; None where nobody measured it."""
    try:
        report = json.loads(_text(path))
        questions = {question["name"]: question for question in report["questions"]}
        age, gender = questions["age"], questions["gender"]
        return ReadingQuality(
            int(report["faces"]["val"]),
            100 * float(age["scores"]["all"]["balanced_accuracy"]),
            100 / len(age["classes"]),
            100 * float(gender["scores"]["all"]["balanced_accuracy"]),
            int(report["parameters"]),
        )
    except (ValueError, KeyError, TypeError, ZeroDivisionError):
        return None


def _groups(audit: str) -> list[GroupShare]:
    groups: list[GroupShare] = []
    dimension = ""
    for row in _rows(audit):
        if len(row) != 7:
            continue
        dimension = row[0] or dimension
        shown, drawn = PORTION.match(row[3]), PORTION.match(row[5])
        if shown is None:
            continue
        told = None
        if drawn is not None:
            share = float(drawn.group(1))
            told = share, float(drawn.group(2) or share), float(drawn.group(3) or share)
        groups.append(GroupShare(dimension, row[1], float(shown.group(1)), told))
    return groups


def _rows(text: str) -> list[list[str]]:
    """Cells of the rows of Markdown tables, without rules."""
    lines = [line.strip() for line in text.splitlines() if line.strip().startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    heads = {index - 1 for index, row in enumerate(rows) if _is_rule(row)}
    return [row for index, row in enumerate(rows) if index not in heads and not _is_rule(row)]


def _is_rule(row: list[str]) -> bool:
    return all(set(cell) <= set("-: ") and "-" in cell for cell in row)


def _part(text: str, begin: str, end: str) -> str:
    """The text after the line that `begin` matches, up to the one that `end` matches."""
    started = re.search(begin, text, re.MULTILINE)
    if started is None:
        return ""
    rest = text[started.end() :]
    ended = re.search(end, rest, re.MULTILINE)
    return rest[: ended.start()] if ended else rest


def _number(text: str) -> int | None:
    digits = text.replace(" ", "").replace("\N{NO-BREAK SPACE}", "")
    return int(digits) if digits.isascii() and digits.isdecimal() else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
