"""GLSL tokeniser: comments, words, numbers and signs with their lines, lossless.

All questions about external shaders are answered from tokens, so that comments and numbers are never taken for names.
Knows no files and no OpenGL.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from engine.core.errors import ConfigError
from engine.scene.expression import compile_expression

Kind = Literal["comment", "number", "word", "space", "newline", "sign"]

_TOKEN = re.compile(
    r"(?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))"
    r"|(?P<number>\.?\d(?:[eE][+-]|[\w.])*)"
    r"|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<space>[^\S\n]+)"
    r"|(?P<newline>\n)"
    r"|(?P<sign>.)",
    re.DOTALL | re.ASCII,
)
MAX_CONDITION = 400  # characters of a condition with its macros; longer ones are left to the driver
_TYPE = re.compile(r"void|float|int|uint|bool|double|[biud]?vec[234]|d?mat[234](?:x[234])?|[iu]?sampler\w+")
_SPACES = dict.fromkeys(map(ord, "\x00\x0b\x0c\x1a\x85\xa0\u2028\u2029\ufeff\u200b\u200c\u200d\u2060"), " ")
_ENDS_A_NAME = frozenset("(;=,)[{")


@dataclass(frozen=True, slots=True)
class Token:
    """Token of a shader.

    Attributes:
        kind: its kind.
        text: its text.
        line: line number from 1.
    """

    kind: Kind
    text: str
    line: int


def tokenise(text: str) -> list[Token]:
    """Tokenise a text with plain line ends; joining the tokens restores it."""
    tokens: list[Token] = []
    line = 1
    for match in _TOKEN.finditer(text):
        kind: Kind = match.lastgroup  # type: ignore[assignment]  # group names are the kinds
        tokens.append(Token(kind, match[0], line))
        line += match[0].count("\n")
    return tokens


def text_of(tokens: Iterable[Token]) -> str:
    """Join tokens to text."""
    return "".join(token.text for token in tokens)


def plain(text: str) -> str:
    """Normalise a text: line feeds for all line ends that GLSL knows, ASCII characters only.

    Form feeds, separators and lookalikes of blanks become blanks, other characters `?`: they can only occur in
    comments. Lines continued with a backslash are joined, with empty lines after them, so that line numbers are
    unchanged.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_SPACES)
    text = "".join(letter if letter.isascii() else "?" for letter in text)
    return "\n".join(_joined(text.split("\n")))


def _joined(lines: list[str]) -> list[str]:
    """Join lines that end with a backslash with their successors, which become empty."""
    made: list[str] = []
    open_line = -1  # which output line is still being continued
    for line in lines:
        if open_line < 0:
            made.append(line)
            open_line = len(made) - 1
        else:
            made[open_line] += f" {line}"
            made.append("")
        if line.endswith("\\"):
            made[open_line] = made[open_line][:-1]
        else:
            open_line = -1
    return made


def code(tokens: Iterable[Token]) -> Iterator[Token]:
    """Tokens visible to a compiler: no comments, blanks or line ends."""
    return (token for token in tokens if token.kind in ("word", "number", "sign"))


def blanked(token: Token) -> Token:
    """Replace a token by blanks, keeping its line ends."""
    return replace(token, kind="space", text="".join(letter if letter == "\n" else " " for letter in token.text))


def renamed(tokens: Iterable[Token], names: Mapping[str, str], members: Collection[str] = ()) -> list[Token]:
    """Replace words.

    Args:
        tokens: tokens of a text.
        names: replacements by word; members (`.name`) are kept,
        members: except for these.
    """
    made: list[Token] = []
    before = ""
    for token in tokens:
        is_name = token.kind == "word" and token.text in names and (before != "." or token.text in members)
        made.append(replace(token, text=names[token.text]) if is_name else token)
        if token.kind not in ("space", "newline", "comment"):
            before = token.text
    return made


def declared(tokens: Sequence[Token]) -> dict[str, int]:
    """All names declared in a text (variables, parameters, functions, members, macros) with the line of the first
    declaration.

    A name follows a type and precedes one of `( ; = , ) [ {`, or follows such a name after a comma.
    """
    found: dict[str, int] = {}
    types: set[str] = set()
    depth = 0
    list_depth = -1  # nesting of the declaration whose names continue after a comma
    row = list(code(tokens))
    for index, token in enumerate(row):
        before = row[index - 1].text if index else ""
        after = row[index + 1].text if index + 1 < len(row) else ""
        if token.text in ("(", "[", "{"):
            depth += 1
        elif token.text in (")", "]", "}"):
            depth -= 1
        if token.text == ";" or depth < list_depth:
            list_depth = -1
        if token.kind != "word" or _TYPE.fullmatch(token.text):
            continue
        if before == "struct":
            types.add(token.text)
        is_macro = before == "define" and index > 1 and row[index - 2].text == "#"
        follows_type = (
            bool(_TYPE.fullmatch(before)) or before in types or (before == "]" and _is_array_type(row, index))
        )
        if is_macro or before == "struct" or (follows_type and after in _ENDS_A_NAME):
            found.setdefault(token.text, token.line)
            list_depth = depth if follows_type and after != "(" else list_depth
        elif before == "," and depth == list_depth and after in _ENDS_A_NAME:
            found.setdefault(token.text, token.line)
    return found


def _is_array_type(row: Sequence[Token], index: int) -> bool:
    """Whether the `]` before a word ends a type such as `float[3]`."""
    start = next((at for at in range(index - 2, max(index - 8, 0), -1) if row[at].text == "["), 0)
    return start > 0 and bool(_TYPE.fullmatch(row[start - 1].text))


def without_directives(tokens: Sequence[Token], dropped: Collection[str]) -> list[Token]:
    """Blank all lines that start with one of these directives, such as `version`."""
    made: list[Token] = []
    for line in _lines(tokens):
        is_dropped = (_directive(line) or ("",))[0] in dropped
        made += [blanked(token) if is_dropped else token for token in line]
    return made


def active(tokens: Sequence[Token], macros: Mapping[str, str]) -> list[Token]:
    """Blank tokens that `#if`, `#ifdef` and `#ifndef` definitely exclude.

    Undecidable conditions (macros with parameters, names known only to a driver) count as included.

    Args:
        tokens: tokens of a text.
        macros: predefined macros and their values.
    """
    conditions = _Conditions(macros)
    made: list[Token] = []
    for line in _lines(tokens):
        directive = _directive(line)
        if directive is None:
            made += map(blanked, line) if conditions.hidden else line
        else:
            made += line
            conditions.read(*directive)
    return made


class _Conditions:
    """State of the conditional directives read so far.

    Attributes:
        hidden: number of open branches that are definitely excluded.
    """

    def __init__(self, macros: Mapping[str, str]) -> None:
        self.hidden = 0
        self._known: dict[str, str | None] = dict(macros)  # None: defined with unknown value
        self._doubtful: set[str] = set()  # names that only the driver knows
        self._unsure = 0
        self._open: list[
            tuple[bool | None, bool]
        ] = []  # whether the branch is included; whether a previous branch definitely was

    def read(self, word: str, rest: Sequence[Token]) -> None:
        """Process a directive, such as `if`, and its arguments."""
        if word in ("if", "ifdef", "ifndef"):
            self._begin(word, rest, was_seen=False)
        elif word in ("elif", "else", "endif") and self._open:
            was_seen = self._end()
            if word != "endif":
                self._begin(word, rest, was_seen)
        elif word in ("define", "undef") and not self.hidden and rest:
            _define(word, rest, self._known)
            if self._unsure:
                self._doubtful.add(rest[0].text)

    def _begin(self, word: str, rest: Sequence[Token], was_seen: bool) -> None:
        seen: bool | None = not self.hidden and not was_seen
        if seen and word != "else":
            seen = _decide("if" if word == "elif" else word, rest, self._known, self._doubtful)
        self._open.append((seen, was_seen or seen is True))
        self.hidden += seen is False
        self._unsure += seen is None

    def _end(self) -> bool:
        """Close a branch; returns whether one of its alternatives was definitely included."""
        seen, was_seen = self._open.pop()
        self.hidden -= seen is False
        self._unsure -= seen is None
        return was_seen


def _lines(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    line: list[Token] = []
    for token in tokens:
        line.append(token)
        if token.kind == "newline":
            yield line
            line = []
    yield line


def _directive(line: Sequence[Token]) -> tuple[str, list[Token]] | None:
    """Name and arguments of a directive; None for other lines."""
    row = list(code(line))
    if not row or row[0].text != "#":
        return None
    return (row[1].text, row[2:]) if len(row) > 1 else ("", [])


def _define(word: str, rest: Sequence[Token], known: dict[str, str | None]) -> None:
    name, *body = rest
    if word == "undef":
        known.pop(name.text, None)
        return
    has_parameters = bool(body) and body[0].text == "("  # or a bracketed value, which can also be left to the driver
    known[name.text] = None if has_parameters else " ".join(token.text for token in body)


def _decide(
    word: str, rest: Sequence[Token], known: Mapping[str, str | None], doubtful: Collection[str]
) -> bool | None:
    """Evaluate a condition; None if it is undecidable here."""
    if not rest or any(token.text in doubtful for token in rest):
        return None
    if word in ("ifdef", "ifndef"):
        name = rest[0].text
        return None if name.startswith("GL_") and name != "GL_ES" else (name in known) == (word == "ifdef")
    asked = _spelt(list(rest), known, 0)
    if asked is None:
        return None
    try:
        return compile_expression(asked, [])({}) != 0.0
    except ConfigError:
        return None


_OPERATORS = {"&&": "and", "||": "or", "!": "not"}


def _spelt(rest: list[Token], known: Mapping[str, str | None], depth: int) -> str | None:
    """Condition as a Python expression, macros replaced; None if one has parameters or nests too deeply."""
    if depth > 8:
        return None
    spelt: list[str] = []
    index = 0
    while index < len(rest):
        token, two = rest[index], "".join(token.text for token in rest[index : index + 2])
        if token.text == "defined":
            name = next((token.text for token in rest[index + 1 : index + 3] if token.kind == "word"), "")
            index += 4 if rest[index + 1 : index + 2] and rest[index + 1].text == "(" else 2
            spelt.append(str(int(name in known)))
            continue
        if two in _OPERATORS or (token.text == "!" and two != "!="):
            spelt.append(f" {_OPERATORS[two if two in _OPERATORS else token.text]} ")
            index += 2 if two in _OPERATORS else 1
            continue
        value: str | None = token.text
        if token.kind == "word":
            body = known.get(token.text, "0")
            value = None if body is None else _spelt(list(code(tokenise(body))), known, depth + 1)
            value = f"({value})" if value else None
        if value is None:
            return None
        spelt.append(value)
        index += 1
        if sum(map(len, spelt)) > MAX_CONDITION:
            return None
    return "".join(spelt)
