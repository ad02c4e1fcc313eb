"""Where foreign files are, and what their names may be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from engine.config.validation import IN_WORDS

FOLDER = "foreign"
"""The folder in `shaders/`."""

_SAFE = r"^(?:[^/\\.\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]*/)*[^/\\.\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]*"
"""Names of folders and files with any letters, blanks and brackets; none begins with a dot, none leads elsewhere."""


def path_field(endings: Sequence[str], what: str, example: str) -> Any:
    """A field for a path within `shaders/foreign/` that cannot leave it."""
    words = f"the path of {what} within shaders/foreign/, e.g. {example}"
    ending = "|".join("".join(f"[{letter.lower()}{letter.upper()}]" for letter in one) for one in endings)
    return Field(pattern=rf"{_SAFE}\.(?:{ending})$", max_length=200, json_schema_extra={IN_WORDS: words})
