"""YAML loader for files that people write: bounded, and every key knows its line.

A file from outside is hostile: nothing in it is executed, and its size, depth, aliases and values are bounded before
memory is taken. What the keys mean is not known here; see `validation.py`, `config.py` and `engine/scene/`.

Values are those of `yaml.safe_load`, except where YAML 1.1 surprises people: `1e-3` is a number, a date stays text,
and `16:9`, `010`, merge keys, duplicate keys, tags and numbers that are not finite are rejected.
"""

from __future__ import annotations

import math
import os
import re
from copy import copy
from pathlib import Path
from typing import Any, NoReturn

import yaml

from engine.config.yaml_locator import KeyPath, Locator, Place, key_text, line_of
from engine.core.errors import ConfigError
from engine.core.messages import printable

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_ALIASES = 64
MAX_NODES = 20_000

_EXPONENT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+")
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_OCTAL = re.compile(r"[-+]?0[0-9_]+")
_PLAIN_TAGS = {"null", "bool", "int", "float", "str", "timestamp", "value"}
_TAG_PREFIX = "tag:yaml.org,2002:"


def shown_path(path: Path) -> str:
    """A path for messages, in one line: relative if it lies in the current folder, with forward slashes."""
    try:
        shown = path.resolve().relative_to(Path.cwd()).as_posix()
    except (OSError, RuntimeError, ValueError):  # elsewhere; a name that no file can have; links in a circle
        shown = path.as_posix()
    return printable(shown)


def load_yaml(path: Path, max_bytes: int = MAX_BYTES) -> tuple[dict[str, Any], Locator]:
    """Read a YAML file whose top level is a mapping.

    Args:
        path: the file.
        max_bytes: a larger file is rejected unread.

    Returns:
        The data (dict, list, str, int, float, bool and None only; floats finite) and where its keys stand.

    Raises:
        ConfigError: the file is missing, unreadable, too large, not YAML, or beyond a limit of this module.
    """
    file = shown_path(path)
    data, locate = parse_yaml(file, _read_text(path, file, max_bytes))
    if not isinstance(data, dict):
        found = "is empty" if data is None else "is not a mapping"
        raise ConfigError(f"{file}: {found}: it must consist of lines such as `key: value`")
    return data, locate


def parse_yaml(file: str, text: str) -> tuple[Any, Locator]:
    """Parse a text as `load_yaml` does a file.

    Args:
        file: its name in messages.
        text: its size must be bounded already.

    Raises:
        ConfigError: it is not YAML, or beyond a limit of this module.
    """
    root = _compose(file, text)
    return (None if root is None else _data(file, root, ())), Locator(Place(file, root))


def _read_text(path: Path, file: str, max_bytes: int) -> str:
    if not os.path.exists(path):  # other than Path's, it does not raise for names that no file can have
        raise ConfigError(f"{file}: there is no such file")
    if not os.path.isfile(path):
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


class _BoundedLoader(yaml.SafeLoader):
    """Composes nodes, and rejects what is beyond a limit before memory is taken for it.

    An alias becomes a copy of its anchor's node, located where the alias is.
    """

    def __init__(self, file: str, text: str) -> None:
        super().__init__(text)
        self._file = file
        self._complete: dict[str, tuple[yaml.Node, int, int]] = {}  # anchor -> its node, its nodes, its depth
        self._aliases = self._nodes = self._depth = self._deepest = 0

    def document(self) -> yaml.Node | None:
        """The only document of the text; None if it is empty."""
        root = self.get_node() if self.check_node() else None
        if self.check_node():
            event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
            self._refuse(event, "a second document begins here; one file holds one document")
        return root

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node:
        """Compose like PyYAML, within the limits."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            repeated = self._repeat(event)
            self.get_event()  # type: ignore[no-untyped-call]
            return repeated
        if getattr(event, "tag", None) is not None:
            tag = event.tag.replace(_TAG_PREFIX, "!!")
            self._refuse(event, f"the tag {tag} is not allowed; write the plain value")
        is_key = isinstance(parent, yaml.MappingNode) and index is None
        before, above = self._nodes, self._deepest
        self._depth += not is_key
        self._deepest = self._depth
        self._count(event, 1, self._depth)
        anchor, event.anchor = event.anchor, None
        node = super().compose_node(parent, index)
        assert node is not None
        if anchor is not None:
            self._complete[anchor] = node, self._nodes - before, self._deepest - self._depth + 1
        self._depth -= not is_key
        self._deepest = max(above, self._deepest)
        return node

    def _repeat(self, event: yaml.AliasEvent) -> yaml.Node:
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            self._refuse(event, f"has more than {MAX_ALIASES} aliases, which is the limit")
        if event.anchor not in self._complete:
            self._refuse(event, f"the alias *{event.anchor} refers to nothing that stands complete before it")
        node, nodes, levels = self._complete[event.anchor]
        self._count(event, nodes, self._depth + levels)
        self._deepest = max(self._deepest, self._depth + levels)
        repeated = copy(node)
        repeated.start_mark = event.start_mark
        return repeated

    def _count(self, event: yaml.Event, nodes: int, depth: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            self._refuse(event, f"holds more than {MAX_NODES} values, which is the limit")
        if depth > MAX_DEPTH:
            self._refuse(event, f"is nested more than {MAX_DEPTH} levels deep, which is the limit")

    def _refuse(self, event: yaml.Event, what: str) -> NoReturn:
        raise ConfigError(f"{self._file}:{line_of(event)}: {what}")


def _compose(file: str, text: str) -> yaml.Node | None:
    """The nodes of a text; None if it is empty."""
    try:
        return _BoundedLoader(file, text).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = "" if mark is None else f":{mark.line + 1}: column {mark.column + 1}"
        problem = error.problem or error.context or "it ends too early"
        hint = "; indent with spaces, not with tabs" if "\\t" in problem else ""
        raise ConfigError(f"{file}{where}: is not valid YAML: {problem}{hint}") from error
    except yaml.reader.ReaderError as error:
        raise ConfigError(f"{file}: contains the character {error.character!r}, which is no text") from error


def _data(file: str, node: yaml.Node, path: KeyPath) -> Any:
    """The plain value of the node at `path`."""
    if isinstance(node, yaml.ScalarNode):
        return _scalar(file, node)
    if isinstance(node, yaml.SequenceNode):
        return [_data(file, item, (*path, index)) for index, item in enumerate(node.value)]
    mapping: dict[str, Any] = {}
    lines: dict[str, int] = {}
    for name, value in node.value:
        key = _key(file, name)
        if key in mapping:
            _refuse(file, name, f"{key_text((*path, key))} is given twice, first in line {lines[key]}; keep one")
        mapping[key], lines[key] = _data(file, value, (*path, key)), line_of(name)
    return mapping


def _key(file: str, node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        _refuse(file, node, "a key must be a word")
    _check_text(file, node)
    if node.value == "<<" and node.style is None:
        _refuse(file, node, "merge keys (<<) are not supported; write the keys out")
    if node.style is None and _tag(node) != "str":
        _refuse(file, node, f"the key {node.value or 'before this colon'} must be a word; write it in quotes")
    return str(node.value)


def _check_text(file: str, node: yaml.ScalarNode) -> None:
    """Refuse what an escape may put into a text that could not stand in the file: no name and no title can have it."""
    strange = _NO_TEXT.search(str(node.value))
    if strange is not None:
        _refuse(file, node, f"contains the character {strange.group()!a}, which is no text")


def _scalar(file: str, node: yaml.ScalarNode) -> Any:
    _check_text(file, node)
    text = str(node.value)
    tag = _tag(node) if node.style is None else "str"
    if tag in {"int", "float"}:
        return _number(file, node)
    if tag in {"null", "bool"}:
        return yaml.constructor.SafeConstructor().construct_object(node)
    is_number = node.style is None and _EXPONENT.fullmatch(text) and math.isfinite(float(text))
    return float(text) if is_number else text


def _number(file: str, node: yaml.ScalarNode) -> int | float:
    text = str(node.value)
    if ":" in text or _OCTAL.fullmatch(text):
        kind = "a count of sixties" if ":" in text else "an octal number"
        _refuse(file, node, f"YAML reads {text} as {kind}; write it in quotes, or as a plain number")
    try:
        value: int | float = yaml.constructor.SafeConstructor().construct_object(node)
        finite = math.isfinite(value)
    except (ValueError, OverflowError):
        finite = False
    if not finite:
        _refuse(file, node, f"{text[:40]} is not a finite number")
    return value


def _tag(node: yaml.ScalarNode) -> str:
    tag = str(node.tag).removeprefix(_TAG_PREFIX)
    return tag if tag in _PLAIN_TAGS else "str"


def _refuse(file: str, node: yaml.Node, what: str) -> NoReturn:
    raise ConfigError(f"{file}:{line_of(node)}: {what}")
