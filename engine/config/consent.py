"""The `consent` section of config.yaml: what waits until visitors agree. Data only."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from engine.config.validation import Settings


class ConsentKind(StrEnum):
    """Ways in which something made of a visitor is kept, sent or shown elsewhere."""

    FILM = "film"
    SNAPSHOT = "snapshot"
    SESSION = "session"
    ARCHIVE = "archive"
    SEND = "send"
    PREVIEW = "preview"
    ATTRIBUTES = "attributes"


Covered = Literal["film", "snapshot", "session", "archive", "send", "preview"]
Language = Literal["en", "de", "fr", "es"]
LANGUAGES: tuple[Language, ...] = ("en", "de", "fr", "es")
Sentence = Annotated[str, Field(min_length=1, max_length=200)]


class ConsentTexts(Settings):
    """The sentences on the wall in one language, where they differ from those that ship; {seconds} is the time."""

    ask: Sentence | None = None
    """How to agree."""

    keeping: Sentence | None = None
    """That it is kept, and how to end that."""

    waiting: Sentence | None = None
    """That others have yet to agree."""

    ended: Sentence | None = None
    """That nothing more is kept."""


class ConsentSettings(Settings):
    """Whether what is kept and sent of visitors waits until they agree by a gesture, and ends with another."""

    ask: bool = False
    """Whether everything that `covers` names waits until visitors agree: both eyes closed for a while, before the
    glass. It ends when they turn away or cover their face."""

    covers: Annotated[tuple[Covered, ...], Field(max_length=6)] = (
        "film",
        "snapshot",
        "session",
        "archive",
        "send",
        "preview",
    )
    """What waits: film, snapshot, send and preview (the picture in the operator's panel) until everyone in the glass
    has agreed; session and archive for each visitor by themselves."""

    attributes: bool = False
    """Whether scenes may show visitors what age and gender the machine reads in them; with `ask`, only those who
    agreed."""

    agree_s: float = Field(default=2.0, ge=1.0, le=10.0)
    """How long both eyes are closed to agree, s."""

    end_s: float = Field(default=2.0, ge=0.5, le=3.0)
    """How long a visitor turns away, or covers their face, to end it, s."""

    languages: Annotated[tuple[Language, ...], Field(min_length=1, max_length=4)] = ("en",)
    """Languages of the sentences on the wall, in turn: en, de, fr, es."""

    texts: dict[Language, ConsentTexts] = Field(default_factory=dict)
    """Other sentences, by language: ask, keeping, waiting, ended."""
