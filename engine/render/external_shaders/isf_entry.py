"""Object in an ISF header: its keys are read leniently; errors are refused or reported with their line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.config.yaml_locator import KeyPath, key_text
from engine.core.errors import ConfigError
from engine.core.messages import shown_value
from engine.render.external_shaders.lenient_json import KeyLines

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_YES, _NO = ("true", "yes", "on", "1", "1.0"), ("false", "no", "off", "0", "0.0", "")


class Entry:
    """Object in a header.

    Args:
        data: keys and values.
        path: path in the header.
        locate: maps the path to a line.

    Attributes:
        notes: corrections, one sentence each.
    """

    def __init__(self, data: Mapping[str, Any], path: KeyPath, locate: KeyLines) -> None:
        self.data, self.path, self.locate = data, path, locate
        self.notes: list[str] = []
        if not isinstance(data, dict):
            raise ConfigError(locate.problem(path, f"must be a JSON object {{...}}, not {shown_value(data)}"))

    @classmethod
    def of(cls, data: Any, path: KeyPath, locate: KeyLines) -> Entry:
        """Create an entry; null counts as an empty object."""
        return cls({} if data is None else data, path, locate)

    def line(self, key: str = "") -> int:
        """Line of a key, or of the entry itself."""
        return self.locate((*self.path, key) if key else self.path)

    def wrong(self, key: str, what: str) -> ConfigError:
        """Error about a key."""
        return ConfigError(self.locate.problem((*self.path, key), what))

    def tell(self, key: str, what: str) -> None:
        """Record a correction to a key."""
        path = (*self.path, key)
        self.notes.append(f"{self.locate.file}:{self.locate(path)}: {key_text(path)} {what}")

    def entries(self, key: str, most: int) -> list[Entry]:
        """Objects in a list; null counts as an empty list.

        Raises:
            ConfigError: it is not a list, or has more than `most` items.
        """
        listed = self.data.get(key)
        if listed is None or listed == {}:
            return []
        if not isinstance(listed, list):
            raise self.wrong(key, f"must be a list, not {shown_value(listed)}")
        if len(listed) > most:
            raise self.wrong(key, f"must be a list of at most {most} items, not {len(listed)}")
        return [Entry.of(item, (*self.path, key, index), self.locate) for index, item in enumerate(listed)]

    def name(self, key: str) -> str:
        """Name allowed by GLSL.

        Raises:
            ConfigError: it is missing or invalid.
        """
        found = self.data.get(key)
        if found is None:
            raise self.wrong(key, "is missing")
        if not isinstance(found, str) or not _NAME.fullmatch(found):
            raise self.wrong(key, f"must be a name of letters, digits and _ that GLSL allows, not {shown_value(found)}")
        return found

    def flag(self, key: str) -> bool:
        """Boolean: true, 1 or "true"; anything unclear counts as false, and is reported."""
        found = self.data.get(key)
        if found is None or isinstance(found, bool):
            return bool(found)
        word = str(found).strip().lower()
        if word not in (*_YES, *_NO):
            self.tell(key, f"is {shown_value(found)}, neither true nor false, and counts as false")
        return word in _YES

    def number(self, key: str) -> float | None:
        """Number, also in quotes; None if there is none; other values are ignored, and reported."""
        found = self.data.get(key)
        number = as_number(found)
        if number is None and found is not None:
            self.tell(key, f"is {shown_value(found)}, not a number, and is ignored")
        return number


def as_number(value: Any) -> float | None:
    """Finite number, also in quotes; None for anything else."""
    if isinstance(value, bool):
        return float(value)
    try:
        number = float(value) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        return None
    return number if number is not None and abs(number) <= 1e30 else None
