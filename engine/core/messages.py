"""Phrases shared by messages to people. Knows no file, key or model."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """Suggestion for an unknown word: the closest known one, or all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(found, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"there are {join_words(names, 'and')}" if names else "there are none"


def printable(text: str, *, keep: str = "") -> str:
    """Make a text safe for terminals and logs: invisible characters and line breaks are escaped, such as `\\n`.

    Args:
        keep: characters that stay as they are nevertheless.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)


def join_words(words: Iterable[str], conjunction: str) -> str:
    """`a, b or c`."""
    *head, last = words
    return f"{', '.join(head)} {conjunction} {last}" if head else last


def shown_value(value: Any) -> str:
    """A value as written in YAML, shortened to one line."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:57]}..."
