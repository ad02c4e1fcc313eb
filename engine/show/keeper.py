"""What the operator has kept of the show: films, snapshots and sessions, named after the scene on the wall."""

from __future__ import annotations

from pathlib import Path

from engine.networks.persona import Persona
from engine.render.projection.calibration import Calibration
from engine.show.capture import Capture, session_head
from engine.show.scene_switcher import SceneSwitcher


class Keeper:
    """Begins and ends what `Capture` keeps, whoever asks for it.

    Args:
        recordings: keeps it.
        calibration: knows the size of the picture.
        switcher: knows the scene.
        persona: whom a session must name.
    """

    def __init__(
        self, recordings: Capture, calibration: Calibration, switcher: SceneSwitcher, persona: Persona
    ) -> None:
        self._recordings, self._calibration = recordings, calibration
        self._switcher, self._persona = switcher, persona

    @property
    def is_filming(self) -> bool:
        """Whether a film is being recorded."""
        return self._recordings.is_filming

    @property
    def is_noting(self) -> bool:
        """Whether a session is being kept."""
        return self._recordings.is_noting

    def take_snapshot(self) -> Path:
        """Keep the next picture; returns in which file."""
        path = self._recordings.path(self._switcher.name, ".png")
        self._recordings.take_snapshot(path)
        return path

    def film(self, is_on: bool) -> None:
        """Begin a film, or end it."""
        if is_on == self.is_filming:
            return
        if is_on:
            path = self._recordings.film_path(self._switcher.name)
            self._recordings.begin_film(path, self._calibration.picture_wh)
        else:
            self._recordings.end_film()

    def note(self, is_on: bool) -> None:
        """Begin a session, or end it."""
        if is_on == self.is_noting:
            return
        if is_on:
            path = self._recordings.path(self._switcher.name, ".narc")
            self._recordings.begin_session(path, session_head(self._persona, self._calibration.picture_wh))
        else:
            self._recordings.end_session()
