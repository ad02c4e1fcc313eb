"""The `label` section of config.yaml: what the wall label says beyond what the program knows. Data only."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from engine.config.consent import Language
from engine.config.validation import Settings

Statement = Annotated[str, Field(min_length=1, max_length=2000)]


class LabelSettings(Settings):
    """The label beside the mirror, as `python -m tools.wall_label` writes it."""

    title: str = Field(default="Narcissus", min_length=1, max_length=80)
    """Title of the work."""

    artist: str = Field(default="", max_length=200)
    """Who shows it, and the year; empty leaves it out."""

    contact: str = Field(default="", max_length=300)
    """Whom visitors may ask, and where they have what is kept of them deleted; empty leaves it out."""

    statement: dict[Language, Statement] = Field(default_factory=dict)
    """The artist's statement, by language: en, de, fr, es; a language that is left out has the one that ships."""
