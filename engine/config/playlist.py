"""The section `playlist` of config.yaml."""

from __future__ import annotations

from pydantic import Field

from engine.config.validation import Name, Settings


class PlaylistEntry(Settings):
    """One scene of the list."""

    scene: Name
    """Name of a file in scenes/, without .yaml."""

    minutes: float = Field(default=10.0, ge=0.05, le=1440.0)
    """How long it is shown at least, 0.05 to 1440 minutes."""


class PlaylistSettings(Settings):
    """The `playlist` section of config.yaml."""

    scenes: tuple[PlaylistEntry, ...] = Field(default=(), max_length=64)
    """The scenes in order, over and over, each with its minutes; empty changes nothing by itself."""

    wait_minutes: float = Field(default=10.0, ge=0.0, le=1440.0)
    """How long a change that is due waits for visitors to leave, 0 to 1440 minutes; 0 does not wait."""
