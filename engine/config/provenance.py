"""The `provenance` section of config.yaml: how films and pictures say where they come from. Data only."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from engine.config.validation import Settings


def _in_words(value: Any) -> Any:
    return ("on" if value else "off") if isinstance(value, bool) else value  # YAML reads them as true and false


Mark = Annotated[Literal["auto", "on", "off"], BeforeValidator(_in_words)]
FileName = Annotated[str, Field(min_length=1, max_length=300)]


class ProvenanceSettings(Settings):
    """Content credentials (C2PA) in films, snapshots and rendered sessions: a trained network drew them, and which."""

    mark: Mark = "auto"
    """Whether they are marked: on, off, or auto, where the package c2pa-python is installed."""

    key: FileName | None = None
    """Private key (PEM, ES256) that signs; null makes one at first use, in this user's settings folder."""

    certificates: FileName | None = None
    """Certificates of that key (PEM), its own first; null makes them with the key."""
