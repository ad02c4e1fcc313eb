"""Playlist: which scene follows which through an evening, and when. It knows no scene but by name, and no clock.

A scene gives way when its minutes are over and nobody stands before the mirror, or after a limit even so.
"""

from __future__ import annotations

from pydantic import Field

from engine.config.validation import Name, Settings
from engine.types import Tick


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


class Playlist:
    """Says when which scene is due; `update` once per drawn frame."""

    def __init__(self, settings: PlaylistSettings) -> None:
        self._settings = settings
        self._names = [entry.scene for entry in settings.scenes]
        self._index = 0
        self._shown: str | None = None
        self._elapsed_s = 0.0

    def update(self, shown: str, is_held: bool, tick: Tick) -> str | None:
        """Move on by `tick.dt_s`.

        Args:
            shown: what is on the wall; when that has changed, by the operator perhaps, its minutes begin.
            is_held: whether it is not the moment to change, because somebody is there.
            tick: the moment.

        Returns:
            The scene that is due; None while it is not yet time.
        """
        if not self._names:
            return None
        if shown != self._shown:
            self._shown, self._elapsed_s = shown, 0.0
            if shown in self._names and shown != self._names[self._index]:
                self._index = self._names.index(shown)
        self._elapsed_s += tick.dt_s
        late_s = self._elapsed_s - 60.0 * self._settings.scenes[self._index].minutes
        if late_s < 0 or (is_held and late_s < 60.0 * self._settings.wait_minutes):
            return None
        self._elapsed_s = 0.0
        self._index = (self._index + 1) % len(self._names)
        due = self._names[self._index]
        return due if due != shown else None
