"""Location and allowed names of external shader files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from engine.config.validation import IN_WORDS

FOLDER = "foreign"
"""Folder within `shaders/`."""

_SAFE = r"^(?:[^/\\.\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]*/)*[^/\\.\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]*"
"""Folder and file names with any letters, blanks and brackets; no leading dots, no parent folders."""


def path_field(endings: Sequence[str], what: str, example: str) -> Any:
    """Settings field for a path within `shaders/foreign/`."""
    words = f"the path of {what} within shaders/foreign/, e.g. {example}"
    ending = "|".join("".join(f"[{letter.lower()}{letter.upper()}]" for letter in one) for one in endings)
    return Field(pattern=rf"{_SAFE}\.(?:{ending})$", max_length=200, json_schema_extra={IN_WORDS: words})
