"""One object of an ISF header: its keys read with care, what is wrong refused or told with its line."""

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
    """An object of a header.

    Args:
        data: its keys and values.
        path: where it stands in the header.
        locate: which line that is.

    Attributes:
        told: what was put right, a sentence each.
    """

    def __init__(self, data: Mapping[str, Any], path: KeyPath, locate: KeyLines) -> None:
        self.data, self.path, self.locate = data, path, locate
        self.told: list[str] = []
        if not isinstance(data, dict):
            raise ConfigError(locate.problem(path, f"must be a JSON object {{...}}, not {shown_value(data)}"))

    @classmethod
    def of(cls, data: Any, path: KeyPath, locate: KeyLines) -> Entry:
        """The same; null is an empty object."""
        return cls({} if data is None else data, path, locate)

    def line(self, key: str = "") -> int:
        """Where a key stands, or the entry itself."""
        return self.locate((*self.path, key) if key else self.path)

    def wrong(self, key: str, what: str) -> ConfigError:
        """What is wrong with a key."""
        return ConfigError(self.locate.problem((*self.path, key), what))

    def tell(self, key: str, what: str) -> None:
        """Remember that something about a key was put right."""
        path = (*self.path, key)
        self.told.append(f"{self.locate.file}:{self.locate(path)}: {key_text(path)} {what}")

    def entries(self, key: str, most: int) -> list[Entry]:
        """The objects of a list; null is an empty list.

        Raises:
            ConfigError: it is no list, or longer than `most`.
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
        """A name that GLSL allows.

        Raises:
            ConfigError: it is missing, or no such name.
        """
        found = self.data.get(key)
        if found is None:
            raise self.wrong(key, "is missing")
        if not isinstance(found, str) or not _NAME.fullmatch(found):
            raise self.wrong(key, f"must be a name of letters, digits and _ that GLSL allows, not {shown_value(found)}")
        return found

    def flag(self, key: str) -> bool:
        """Whether something is so: true, 1 or "true"; what is neither yes nor no is no, and told."""
        found = self.data.get(key)
        if found is None or isinstance(found, bool):
            return bool(found)
        word = str(found).strip().lower()
        if word not in (*_YES, *_NO):
            self.tell(key, f"is neither true nor false but {shown_value(found)}, and counts as false")
        return word in _YES

    def number(self, key: str) -> float | None:
        """A number, also one in quotes; None where there is none; what is no number is left out, and told."""
        found = self.data.get(key)
        number = as_number(found)
        if number is None and found is not None:
            self.tell(key, f"is no number but {shown_value(found)}, and is left out")
        return number


def as_number(value: Any) -> float | None:
    """A finite number, or one in quotes; None for anything else."""
    if isinstance(value, bool):
        return float(value)
    try:
        number = float(value) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        return None
    return number if number is not None and abs(number) <= 1e30 else None
