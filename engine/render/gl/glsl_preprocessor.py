"""Which lines of a shader its compiler would see, once `#ifdef` and `#ifndef` are decided and comments are gone.

Drivers know again what they have compiled before by its whole text. Without what an entry of a file does not use, a
save leaves the text of the other entries as it was, and they are not compiled anew. Knows no file and no OpenGL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_DIRECTIVE = re.compile(r"^\s*#\s*(ifdef|ifndef|if|elif|else|endif|define|undef)\b\s*(\w*)")
_OF_THE_DRIVER = re.compile(r"^(GL_|__)")  # names that only it can tell


@dataclass
class _Branch:
    """An `#if...` that is open.

    Attributes:
        is_decided: whether it is known here which way it goes; otherwise its lines are left to the driver.
        is_seen: whether what follows now is seen.
        was_seen: whether any part of it was.
    """

    is_decided: bool
    is_seen: bool
    was_seen: bool


def seen_lines(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The lines that matter, with their index among `lines`.

    `#ifdef` and `#ifndef` of names that the text itself defines, or does not, are decided; `#if` of an expression is
    left to the driver, with all that is in it.
    """
    defined: set[str] = set()
    doubtful: set[str] = set()  # defined or not as the driver decides an `#if`
    branches: list[_Branch] = []
    for index, line in enumerate(_without_comments(lines)):
        directive = _DIRECTIVE.match(line)
        is_seen = all(branch.is_seen for branch in branches)
        if directive is None:
            if is_seen and line.strip():
                yield index, line.rstrip()
            continue
        word, name = directive.groups()
        if word in ("ifdef", "ifndef", "if"):
            is_known = word != "if" and name not in doubtful and not _OF_THE_DRIVER.match(name)
            goes_in = not is_known or (name in defined) == (word == "ifdef")
            branches.append(_Branch(is_known or not is_seen, goes_in, goes_in))
            if is_seen and not is_known:
                yield index, line.rstrip()
        elif word in ("define", "undef"):
            if is_seen:
                is_sure = all(branch.is_decided for branch in branches)
                (defined.add if word == "define" else defined.discard)(name)
                if not is_sure:
                    doubtful.add(name)
                yield index, line.rstrip()
        elif branches:
            yield from ((index, told) for told in _turn(branches, word, line))
        else:
            yield index, line.rstrip()  # an error, which the driver tells


def _turn(branches: list[_Branch], word: str, line: str) -> Iterator[str]:
    """Go on after `#elif`, `#else` or `#endif`; what of it the driver has to see."""
    branch = branches[-1]
    is_seen = all(outer.is_seen for outer in branches[:-1])
    if word == "endif":
        branches.pop()
    elif branch.is_decided and word == "else":
        branch.is_seen = not branch.was_seen
        branch.was_seen = True
    elif branch.is_decided:  # `#elif`: what it asks is for the driver, if it comes to that
        if branch.was_seen or not is_seen:
            branch.is_seen = False
        else:
            branch.is_decided, branch.is_seen, branch.was_seen = False, True, True
            yield line.replace("elif", "if", 1).rstrip()
        return
    if is_seen and not branch.is_decided:
        yield line.rstrip()


def _without_comments(lines: Sequence[str]) -> list[str]:
    """The same lines; a comment is a space, and one of several lines leaves them empty."""
    return _COMMENT.sub(lambda comment: " " + "\n" * comment[0].count("\n"), "\n".join(lines)).split("\n")
