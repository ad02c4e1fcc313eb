"""Playlist: which scene comes next, and when. Knows scenes by name only, and no clock.

A scene gives way when its minutes are over and nobody is in front of the mirror, or after a limit regardless.
"""

from __future__ import annotations

from engine.config.playlist import PlaylistSettings
from engine.core.clock import Tick


class Playlist:
    """Decides which scene is due; call `due_scene` once per drawn frame."""

    def __init__(self, settings: PlaylistSettings) -> None:
        self._settings = settings
        self._names = [entry.scene for entry in settings.scenes]
        self._index = 0
        self._shown: str | None = None
        self._elapsed_s = 0.0

    @property
    def place(self) -> tuple[int, int]:
        """Which entry is on, from 0, and for how many whole minutes."""
        return self._index, int(self._elapsed_s // 60)

    def resume(self, shown: str, place: tuple[int, int]) -> None:
        """Go on at a place where `shown` is on the wall; nothing happens if the playlist has another scene there."""
        index, minutes = place
        if 0 <= index < len(self._names) and self._names[index] == shown:
            self._shown, self._index, self._elapsed_s = shown, index, 60.0 * max(0, minutes)

    def due_scene(self, shown: str, is_held: bool, tick: Tick) -> str | None:
        """Advance by `tick.dt_s`.

        Args:
            shown: the scene on the wall; its minutes restart when it changes, also by the operator.
            is_held: whether a change must wait, because somebody is there.
            tick: the moment.

        Returns:
            The scene that is due; None if none is.
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
