"""YAML files that people write: read with limits, and every key remembers the line that it stands on.

A file from outside is hostile: nothing in it is executed, and its size, depth, aliases and values are bounded before
memory is taken. What the keys mean is not known here; see `validation.py`, `config.py` and `scene.py`.

Values are those of `yaml.safe_load`, except where YAML 1.1 surprises people: `1e-3` is a number, a date stays text,
and `16:9`, `010`, merge keys, duplicate keys, tags and numbers that are not finite are refused.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import yaml

from engine.core.errors import ConfigError

KeyPath = tuple[str | int, ...]

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_ALIASES = 64
MAX_NODES = 20_000

_EXPONENT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+")
_OCTAL = re.compile(r"[-+]?0[0-9_]+")
_PLAIN_TAGS = {"null", "bool", "int", "float", "str", "timestamp", "value"}
_TAG_PREFIX = "tag:yaml.org,2002:"


class Locator:
    """Where each key of a file stands, and how its value was written.

    Args:
        file: how messages call the file.
        lines: line (from 1) of each key path.
        written: source text of each plain, unquoted value.
    """

    def __init__(self, file: str, lines: dict[KeyPath, int], written: dict[KeyPath, str]) -> None:
        self.file = file
        self._lines = lines
        self._written = written

    def __call__(self, key_path: KeyPath) -> int:
        """Line (from 1) of a key or list item; of the nearest enclosing one if there is no such key."""
        while key_path not in self._lines and key_path:
            key_path = key_path[:-1]
        return self._lines.get(key_path, 1)

    def written(self, key_path: KeyPath) -> str | None:
        """The text of an unquoted value as it stands in the file; None for anything else."""
        return self._written.get(key_path)

    def has(self, key_path: KeyPath) -> bool:
        """Whether there is such a key or list item."""
        return key_path in self._lines

    def problem(self, key_path: KeyPath, what: str) -> str:
        """The sentence `file:line: key: what`."""
        return f"{self.file}:{self(key_path)}: {key_text(key_path)}{': ' if key_path else ''}{what}"


class StackedLocator(Locator):
    """Where keys stand that lie over each other in several places, of which the topmost that has a key counts.

    Args:
        places: from the top down: a file's locator, and where in that file the keys are.
    """

    def __init__(self, places: Sequence[tuple[Locator, KeyPath]]) -> None:
        super().__init__(places[0][0].file, {}, {})
        self._places = tuple(places)

    def above(self, other: StackedLocator) -> StackedLocator:
        """These places on top of those of another."""
        return StackedLocator((*self._places, *other._places))

    def __call__(self, key_path: KeyPath) -> int:
        locator, full = self._find(key_path)
        return locator(full)

    def written(self, key_path: KeyPath) -> str | None:
        locator, full = self._find(key_path)
        return locator.written(full)

    def has(self, key_path: KeyPath) -> bool:
        return any(locator.has((*prefix, *key_path)) for locator, prefix in self._places)

    def problem(self, key_path: KeyPath, what: str) -> str:
        locator, full = self._find(key_path)
        return locator.problem(full, what)

    def _find(self, key_path: KeyPath) -> tuple[Locator, KeyPath]:
        paths = [(locator, (*prefix, *key_path)) for locator, prefix in self._places]
        return next((place for place in paths if place[0].has(place[1])), paths[0])


def key_text(key_path: KeyPath) -> str:
    """A key path as people write it: `passes[1].ripple.height`."""
    text = ""
    for key in key_path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}"
    return text.removeprefix(".")


def shown_path(path: Path) -> str:
    """A path as messages show it: from the current folder if it lies there, with forward slashes."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def load_yaml(path: Path, max_bytes: int = MAX_BYTES) -> tuple[dict[str, Any], Locator]:
    """Read a YAML file whose top level is a mapping.

    Args:
        path: the file.
        max_bytes: a larger file is refused unread.

    Returns:
        The data (dict, list, str, int, float, bool and None only; floats finite) and where its keys stand.

    Raises:
        ConfigError: the file is missing, unreadable, too large, no YAML, or oversteps a limit of this module.
    """
    file = shown_path(path)
    data, locate = parse_yaml(file, _read_text(path, file, max_bytes))
    if not isinstance(data, dict):
        found = "is empty" if data is None else "is not a mapping"
        raise ConfigError(f"{file}: {found}: it must consist of lines such as `key: value`")
    return data, locate


def parse_yaml(file: str, text: str) -> tuple[Any, Locator]:
    """The data of a text, as `load_yaml` makes it of a file.

    Args:
        file: how messages call it.
        text: whose size is bounded already.

    Raises:
        ConfigError: it is no YAML, or oversteps a limit of this module.
    """
    builder = _Builder(file, text)
    data = builder.build()
    return data, Locator(file, builder.lines, builder.written)


def _read_text(path: Path, file: str, max_bytes: int) -> str:
    if not path.exists():
        raise ConfigError(f"{file}: there is no such file")
    if not path.is_file():
        raise ConfigError(f"{file}: is not a file")
    try:
        with path.open("rb") as stream:
            raw = stream.read(max_bytes + 1)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {os.strerror(error.errno or 0)}") from error
    if len(raw) > max_bytes:
        raise ConfigError(f"{file}: is larger than {max_bytes} bytes, which is the limit")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{file}:{line}: is not UTF-8 text") from error


class _Builder:
    """Turns parser events into data, one node at a time, so that every limit holds before memory is taken."""

    def __init__(self, file: str, text: str) -> None:
        self.lines: dict[KeyPath, int] = {}
        self.written: dict[KeyPath, str] = {}
        self._file = file
        self._text = text
        self._resolver = yaml.resolver.Resolver()
        self._constructor = yaml.constructor.SafeConstructor()
        self._anchors: dict[str, tuple[Any, int, int]] = {}  # value, its nodes, its depth
        self._aliases = 0
        self._nodes = 0

    def build(self) -> Any:
        try:
            return self._document(self._events())
        except yaml.MarkedYAMLError as error:
            self._refuse_syntax(error)
        except yaml.reader.ReaderError as error:
            raise ConfigError(f"{self._file}: contains the character {error.character!r}, which is no text") from error

    def _events(self) -> Iterator[yaml.Event]:
        parse: Callable[..., Iterator[yaml.Event]] = yaml.parse
        for event in parse(self._text, Loader=yaml.SafeLoader):
            tag: str | None = getattr(event, "tag", None)
            if tag is not None:
                self._refuse(event, f"the tag {tag.replace(_TAG_PREFIX, '!!')} is not allowed; write the plain value")
            yield event

    def _document(self, events: Iterator[yaml.Event]) -> Any:
        data: Any = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._refuse(event, "a second document begins here; one file holds one document")
                data = self._node(next(events), events, (), 1)
        return data

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], path: KeyPath, depth: int) -> Any:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, path, depth)
        self._count(event, 1, depth)
        self.lines.setdefault(path, _line(event))
        before = self._nodes
        anchor: str | None = getattr(event, "anchor", None)
        if isinstance(event, yaml.MappingStartEvent):
            value: Any = self._mapping(events, path, depth)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(events, path, depth)
        else:
            assert isinstance(event, yaml.ScalarEvent)
            value = self._scalar(event, path)
        if anchor is not None:
            self._anchors[anchor] = (value, self._nodes - before + 1, _depth(value))
        return value

    def _alias(self, event: yaml.AliasEvent, path: KeyPath, depth: int) -> Any:
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            self._refuse(event, f"has more than {MAX_ALIASES} aliases, which is the limit")
        if event.anchor not in self._anchors:
            self._refuse(event, f"the alias *{event.anchor} refers to nothing that stands complete before it")
        value, nodes, levels = self._anchors[event.anchor]
        self._count(event, nodes, depth + levels - 1)
        self.lines.setdefault(path, _line(event))
        return value

    def _mapping(self, events: Iterator[yaml.Event], path: KeyPath, depth: int) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._key(event)
            if key in mapping:
                first = self.lines[(*path, key)]
                self._refuse(event, f"{key_text((*path, key))} is given twice, first in line {first}; keep one")
            self.lines[(*path, key)] = _line(event)
            mapping[key] = self._node(next(events), events, (*path, key), depth + 1)
        return mapping

    def _sequence(self, events: Iterator[yaml.Event], path: KeyPath, depth: int) -> list[Any]:
        sequence: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            sequence.append(self._node(event, events, (*path, len(sequence)), depth + 1))
        return sequence

    def _key(self, event: yaml.Event) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            self._refuse(event, "a key must be a word")
        if event.value == "<<" and event.style is None:
            self._refuse(event, "merge keys (<<) are not supported; write the keys out")
        if event.style is None and self._tag(event) != "str":
            self._refuse(event, f"the key {event.value or 'before this colon'} must be a word; write it in quotes")
        self._count(event, 1, 1)
        return event.value

    def _scalar(self, event: yaml.ScalarEvent, path: KeyPath) -> Any:
        text = event.value
        if event.style is not None:
            return text
        self.written[path] = text
        tag = self._tag(event)
        if tag in {"int", "float"}:
            return self._number(event, tag)
        if tag in {"null", "bool"}:
            return self._constructor.construct_object(yaml.ScalarNode(_TAG_PREFIX + tag, text))
        return float(text) if _EXPONENT.fullmatch(text) and math.isfinite(float(text)) else text

    def _number(self, event: yaml.ScalarEvent, tag: str) -> int | float:
        text = event.value
        if ":" in text or _OCTAL.fullmatch(text):
            kind = "a count of sixties" if ":" in text else "an octal number"
            self._refuse(event, f"YAML reads {text} as {kind}; write it in quotes, or as a plain number")
        try:
            value: int | float = self._constructor.construct_object(yaml.ScalarNode(_TAG_PREFIX + tag, text))
            finite = math.isfinite(value)
        except (ValueError, OverflowError):
            finite = False
        if not finite:
            self._refuse(event, f"{text[:40]} is not a finite number")
        return value

    def _tag(self, event: yaml.ScalarEvent) -> str:
        resolve: Callable[..., str] = self._resolver.resolve
        tag = resolve(yaml.ScalarNode, event.value, (True, False)).removeprefix(_TAG_PREFIX)
        return tag if tag in _PLAIN_TAGS else "str"

    def _count(self, event: yaml.Event, nodes: int, depth: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            self._refuse(event, f"holds more than {MAX_NODES} values, which is the limit")
        if depth > MAX_DEPTH:
            self._refuse(event, f"is nested more than {MAX_DEPTH} levels deep, which is the limit")

    def _refuse(self, event: yaml.Event, what: str) -> NoReturn:
        raise ConfigError(f"{self._file}:{_line(event)}: {what}")

    def _refuse_syntax(self, error: yaml.MarkedYAMLError) -> NoReturn:
        mark = error.problem_mark
        where = "" if mark is None else f":{mark.line + 1}: column {mark.column + 1}"
        problem = error.problem or error.context or "it ends too early"
        hint = "; indent with spaces, not with tabs" if "\\t" in problem else ""
        raise ConfigError(f"{self._file}{where}: is not valid YAML: {problem}{hint}") from error


def _line(event: yaml.Event) -> int:
    mark = event.start_mark
    return 1 if mark is None else mark.line + 1


def _depth(value: Any) -> int:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max((_depth(child) for child in children), default=0)
