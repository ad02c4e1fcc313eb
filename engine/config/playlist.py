"""The `playlist` section of config.yaml: scenes in turn."""

from __future__ import annotations

from pydantic import Field

from engine.config.validation import Name, Settings


class PlaylistEntry(Settings):
    """An entry of the playlist."""

    scene: Name
    """A file in scenes/, without .yaml."""

    minutes: float = Field(default=10.0, ge=0.05, le=1440.0)
    """Minimum time on the wall, minutes."""


class PlaylistSettings(Settings):
    """Rotation of scenes, changed while nobody is there."""

    scenes: tuple[PlaylistEntry, ...] = Field(default=(), max_length=64)
    """The scenes in order, repeated for ever, each with its minutes; empty for no changes."""

    wait_minutes: float = Field(default=10.0, ge=0.0, le=1440.0)
    """Maximum time that a due change waits for visitors to leave, minutes; 0 does not wait."""
