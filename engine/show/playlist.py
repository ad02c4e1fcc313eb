"""Playlist: which scene follows which through an evening, and when. It knows no scene but by name, and no clock.

A scene gives way when its minutes are over and nobody stands before the mirror, or after a limit even so.
"""

from __future__ import annotations

from engine.config.playlist import PlaylistSettings
from engine.core.clock import Tick


class Playlist:
    """Says when which scene is due; `due_scene` once per drawn frame."""

    def __init__(self, settings: PlaylistSettings) -> None:
        self._settings = settings
        self._names = [entry.scene for entry in settings.scenes]
        self._index = 0
        self._shown: str | None = None
        self._elapsed_s = 0.0

    def due_scene(self, shown: str, is_held: bool, tick: Tick) -> str | None:
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
