"""Where foreign files are, and what their names may be."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from engine.config.validation import IN_WORDS

FOLDER = "foreign"
"""Of `shaders/`."""

_SAFE = r"^[A-Za-z0-9_][A-Za-z0-9_-]*(?:/[A-Za-z0-9_][A-Za-z0-9_-]*)*"


def path_field(ending: str, what: str, example: str) -> Any:
    """A field for a path within `shaders/foreign/` that cannot leave it."""
    words = f"the path of {what} within shaders/foreign/, e.g. {example}"
    return Field(pattern=rf"{_SAFE}\.{ending}$", max_length=200, json_schema_extra={IN_WORDS: words})
