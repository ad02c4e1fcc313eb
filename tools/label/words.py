"""Words of the wall label in one language, from `words_<language>.yaml`, and numbers as the language writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.config.consent import Language
from engine.config.yaml_loader import load_yaml

FOLDER = Path(__file__).resolve().parent


class Words:
    """The words.

    Args:
        language: which.
    """

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self._words: dict[str, Any] = load_yaml(FOLDER / f"words_{language}.yaml")[0]

    @property
    def sentences(self) -> dict[str, str]:
        """Every sentence by key, its braces unfilled."""
        return {key: text for key, text in self._words.items() if isinstance(text, str)}

    def __call__(self, key: str, **filled: object) -> str:
        """A sentence, its braces filled; numbers are written as the language does."""
        text = str(self._words[key])
        for name, value in filled.items():
            text = text.replace(f"{{{name}}}", self.number(value) if isinstance(value, int | float) else str(value))
        return self.kept_together(text)

    def kept_together(self, text: str) -> str:
        """A text whose lines do not break before a percent sign, nor, in French, before tall punctuation."""
        for mark in "%:;?!" if self.language == "fr" else "%":
            text = text.replace(f" {mark}", f"\N{NO-BREAK SPACE}{mark}")
        return text

    def percent(self, value: float) -> str:
        """A share, %, to one digit."""
        return self.kept_together(f"{value:.1f} %".replace(".", self._words["decimal"]))

    def group(self, name: str) -> str:
        """A group or dimension of the audit; as the audit calls it where there is no word for it."""
        return str(self._words["groups"].get(name, name))

    def source(self, text: str) -> str:
        """Data or terms of a card; as the card says where they are not translated."""
        known: dict[str, str] = self._words["sources"]
        return self.kept_together(known.get(text) or known.get(text.partition(":")[0].strip()) or text)

    def number(self, value: float) -> str:
        """A number: whole ones with their thousands apart, others to one digit."""
        text = f"{value:,}" if isinstance(value, int) else f"{value:,.1f}".removesuffix(".0")
        marks = {",": self._words["thousands"], ".": self._words["decimal"]}
        return "".join(marks.get(letter, letter) for letter in text)
