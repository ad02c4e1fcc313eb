"""Caffe network descriptions (.prototxt, protobuf text) as plain tables, with limits. Knows no layers."""

from __future__ import annotations

import re
from typing import Any

from engine.core.errors import ModelError

MAX_BYTES = 256 * 1024
MAX_TOKENS = 20_000
MAX_DEPTH = 16

Table = dict[str, list[Any]]

_TOKEN = re.compile(
    r"""\s+ | \#[^\n]* | [{}:;,<>\[\]] | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' | [-+]?[\w.]+(?:[eE][-+]?\d+)?""",
    re.VERBOSE | re.ASCII,
)


def read_prototxt(data: memoryview) -> Table:
    """Parse a description as tables: key -> list of its values (float, str, bool or table), in order.

    Raises:
        ModelError: says what is wrong, and in which line.
    """
    if len(data) > MAX_BYTES:
        raise ModelError(f"it is longer than {MAX_BYTES >> 10} KB, which a description has no need of")
    try:
        text = str(data, "utf-8")
    except UnicodeDecodeError as error:
        raise ModelError("it is not a text") from error
    tokens = _tokens(text)
    reader = _Reader(tokens)
    return reader.table(0, "")


def _tokens(text: str) -> list[tuple[str, int]]:
    tokens, position, line = [], 0, 1
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ModelError(f"line {line}: {text[position : position + 1]!r} cannot stand in a description")
        token = match.group()
        if not token.isspace() and not token.startswith("#"):
            tokens.append((token, line))
        if len(tokens) > MAX_TOKENS:
            raise ModelError(f"it has more than {MAX_TOKENS} words")
        line += token.count("\n")
        position = match.end()
    return tokens


class _Reader:
    """Parser of a description's tokens."""

    def __init__(self, tokens: list[tuple[str, int]]) -> None:
        self._tokens = tokens
        self._at = 0

    def table(self, depth: int, closing: str) -> Table:
        """Parse up to the closing bracket, or to the end of the file."""
        if depth > MAX_DEPTH:
            raise ModelError(f"it is nested more than {MAX_DEPTH} deep")
        found: Table = {}
        while True:
            key, line = self._next()
            if key == closing:
                return found
            if not re.fullmatch(r"[A-Za-z_]\w*", key, re.ASCII):
                raise ModelError(f"line {line}: a key should be here, not {key[:40]!r}")
            found.setdefault(key, []).append(self._value(depth))
            if self._peek() in (";", ","):
                self._at += 1

    def _value(self, depth: int) -> Any:
        token, line = self._next()
        if token == ":":
            token, line = self._next()
        if token in ("{", "<"):
            return self.table(depth + 1, "}" if token == "{" else ">")
        if token[:1] in "\"'" and token:
            return token[1:-1]
        if token in ("true", "false"):
            return token == "true"
        if re.fullmatch(r"[A-Za-z_]\w*", token, re.ASCII):
            return token
        try:
            return float(token)
        except ValueError as error:
            raise ModelError(f"line {line}: a value should be here, not {token[:40]!r}") from error

    def _peek(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    def _next(self) -> tuple[str, int]:
        if self._at >= len(self._tokens):
            return "", self._tokens[-1][1] if self._tokens else 1
        self._at += 1
        return self._tokens[self._at - 1]
