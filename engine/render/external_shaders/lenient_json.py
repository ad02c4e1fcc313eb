"""Hand-written JSON -> data, and the line of every key.

Comments, trailing commas, line breaks in strings, numbers such as `.5` and `1.`, and duplicate keys (the last one
counts) are accepted and reported; anything else that is not JSON (RFC 8259) is refused with its line. The text is
untrusted: its depth and number of values are limited, and nothing in it is executed.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from engine.config.yaml_locator import KeyPath, key_text
from engine.core.errors import ConfigError

MAX_DEPTH = 20
MAX_VALUES = 20_000

_TOKEN = re.compile(
    r'(?P<blank>\s+|//[^\n]*|/\*.*?\*/)|(?P<text>"(?:[^"\\]|\\.)*(?:"|\Z))|(?P<number>[-+]?(?:\d[\d.]*|\.\d+)(?:[eE][-+]?\d+)?)'
    r"|(?P<word>[A-Za-z_]\w*)|(?P<sign>.)",
    re.DOTALL | re.ASCII,
)
_WORDS = {"true": True, "false": False, "null": None}


class KeyLines:
    """Line numbers of keys.

    Args:
        file: name used in messages.
        lines: line of each key path, from 1.
    """

    def __init__(self, file: str, lines: Mapping[KeyPath, int]) -> None:
        self.file = file
        self._lines = lines

    def __call__(self, key_path: KeyPath) -> int:
        """Line of a key or list item; of the nearest enclosing one if it does not exist."""
        while key_path not in self._lines and key_path:
            key_path = key_path[:-1]
        return self._lines.get(key_path, 1)

    def problem(self, key_path: KeyPath, what: str) -> str:
        """Format a message: `file:line: key: what`."""
        return f"{self.file}:{self(key_path)}: {key_text(key_path)}{': ' if key_path else ''}{what}"


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


@dataclass(frozen=True)
class LenientJson:
    """Parsed text.

    Attributes:
        data: dict, list, str, int, float, bool and None; floats are finite.
        locate: line of each key.
        notes: accepted deviations from JSON, one sentence each.
    """

    data: Any
    locate: KeyLines
    notes: tuple[str, ...]


def read_lenient_json(file: str, text: str, first_line: int = 1, what: str = "the header") -> LenientJson:
    """Parse a text.

    Args:
        file: name of the file in messages.
        text: the text, already limited in size.
        first_line: line of the file where the text starts.
        what: name of the text in messages.

    Raises:
        ConfigError: file, line and what is wrong.
    """
    reader = _Reader(file, text, first_line, what)
    data = reader.whole()
    return LenientJson(data, KeyLines(file, reader.lines), tuple(reader.notes))


class _Reader:
    def __init__(self, file: str, text: str, line: int, what: str) -> None:
        self.lines: dict[KeyPath, int] = {(): line}
        self.notes: list[str] = []
        self._file, self._what = file, what
        self._tokens = self._tokenise(text, line)
        self._next = 0
        self._values = 0

    def whole(self) -> Any:
        data = self._value((), 1)
        if self._tokens[self._next].kind != "end":
            self._refuse("there is something after its end")
        return data

    def _tokenise(self, text: str, line: int) -> list[_Token]:
        tokens = []
        for match in _TOKEN.finditer(text):
            if match.lastgroup != "blank":
                tokens.append(_Token(match.lastgroup or "", match[0], line))
            elif match[0].startswith("/"):
                self._tell(line, "contains comments, which JSON does not allow")
            line += match[0].count("\n")
        return [*tokens, _Token("end", "its end", line)]

    def _value(self, path: KeyPath, depth: int) -> Any:
        token = self._take()
        self._values += 1
        if depth > MAX_DEPTH:
            self._refuse(f"it is nested more than {MAX_DEPTH} levels deep, which is the limit", token)
        if self._values > MAX_VALUES:
            self._refuse(f"it holds more than {MAX_VALUES} values, which is the limit", token)
        self.lines.setdefault(path, token.line)
        if token.text == "{":
            return self._object(path, depth)
        if token.text == "[":
            return self._list(path, depth)
        if token.kind == "text":
            return self._text(token)
        if token.kind == "number":
            return self._number(token)
        if token.kind == "word" and token.text.lower() in _WORDS:
            return _WORDS[token.text.lower()]
        self._refuse(f"a value was expected, not {token.text[:20]}", token)

    def _object(self, path: KeyPath, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while (token := self._take()).text != "}":
            if token.kind != "text":
                self._refuse(f"a key in double quotes was expected, not {token.text[:20]}", token)
            key = self._text(token)
            if key in found:
                self._tell(token.line, f"{key_text((*path, key))} is given twice; the last one counts")
                self.lines = {at: line for at, line in self.lines.items() if at[: len(path) + 1] != (*path, key)}
            self.lines[(*path, key)] = token.line
            if (colon := self._take()).text != ":":
                self._refuse(f"a colon was expected after the key {key[:40]}, not {colon.text[:20]}", colon)
            found[key] = self._value((*path, key), depth + 1)
            self._go_on("}")
        return found

    def _list(self, path: KeyPath, depth: int) -> list[Any]:
        found: list[Any] = []
        while self._tokens[self._next].text != "]":
            found.append(self._value((*path, len(found)), depth + 1))
            self._go_on("]")
        self._take()
        return found

    def _go_on(self, end: str) -> None:
        """Consume the comma after an entry; leave the closing bracket."""
        token = self._tokens[self._next]
        if token.text == end:
            return
        if token.text != ",":
            self._refuse(f"a comma or {end} was expected, not {token.text[:20]}", token)
        self._take()
        if self._tokens[self._next].text == end:
            self._tell(token.line, f"has a comma before a {end}, which JSON does not allow")

    def _text(self, token: _Token) -> str:
        if len(token.text) < 2 or not token.text.endswith('"'):
            self._refuse("a text has no end", token)
        try:
            text: str = json.loads(token.text, strict=False)
        except ValueError:
            text = re.sub(r"\\(.)", r"\1", token.text[1:-1], flags=re.DOTALL)
            self._tell(token.line, "has a backslash before a letter that needs none")
        return text

    def _number(self, token: _Token) -> int | float:
        try:
            value: int | float = int(token.text) if re.fullmatch(r"[-+]?\d{1,400}", token.text) else float(token.text)
            is_finite = math.isfinite(value)
        except (ValueError, OverflowError):
            is_finite = False
        if not is_finite:
            self._refuse(f"{token.text[:20]} is not a finite number", token)
        return value

    def _take(self) -> _Token:
        token = self._tokens[self._next]
        if token.kind != "end":
            self._next += 1
        return token

    def _tell(self, line: int, what: str) -> None:
        sentence = f"{self._file}:{line}: {self._what} {what}"
        if not any(note.endswith(f"{self._what} {what}") for note in self.notes):
            self.notes.append(sentence)

    def _refuse(self, why: str, token: _Token | None = None) -> NoReturn:
        line = (token or self._tokens[self._next]).line
        raise ConfigError(f"{self._file}:{line}: {self._what} is not valid JSON: {why}")
