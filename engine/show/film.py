"""Film mode: differences when a film is rendered off screen.

A film has its own time, kept by `FilmPacer`: frames are `1 / fps` seconds apart, however long they take to render.
Before a frame is drawn, every source picture up to that time has been processed, each at its own time. Nothing else on
the machine or in the room affects it.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Protocol

from engine.config.audio import AudioSettings
from engine.config.schedule import ScheduleSettings
from engine.core.clock import FilmClock, Tick
from engine.core.frame_pacing import MAX_DT_S
from engine.pipeline.reflection_thread import FRAME_WAIT_S
from engine.show.files import ShowFiles


def for_film(files: ShowFiles, fps: float) -> ShowFiles:
    """Show files with settings for a film: full resolution, its frame rate, no microphone, reloading or opening
    hours."""
    config = files.config
    changed = {
        "audio": AudioSettings(),
        "schedule": ScheduleSettings(),
        "scene": config.scene.model_copy(update={"reload": False}),
        "display": config.display.model_copy(update={"render_scale": 1.0}),
        "recorder": config.recorder.model_copy(update={"max_fps": fps}),
    }
    return replace(files, config=config.model_copy(update=changed))


class Answers(Protocol):
    """Interface of `ReflectionWorker` used by films."""

    def take_turn(self) -> None: ...


class GivesPictures(Protocol):
    """Interface of `PacedSource` used by films."""

    @property
    def frame_count(self) -> int: ...

    def advance(self) -> float: ...


class FilmPacer:
    """Produces the ticks of a film.

    Args:
        clock: clock of the film, advanced only here.
        fps: frames per second.
        answers: takes a turn of the reflection.
        source: provides pictures; None for the self-view, with one turn per frame.
    """

    def __init__(self, clock: FilmClock, fps: float, answers: Answers, source: GivesPictures | None) -> None:
        self._clock, self._fps = clock, fps
        self._answers, self._source = answers, source
        self._began_s = self._answered_s = clock.now_s()
        self._index = 0

    def tick(self) -> Tick:
        """Time of the next frame, up to which everything has been processed."""
        index, self._index = self._index, self._index + 1
        time_s = index / self._fps
        self._answer_until(self._began_s + time_s)
        dt_s = min(MAX_DT_S, 1 / self._fps) if index else 0.0
        return Tick(index, time_s, dt_s, self._clock.local_s())

    def wait(self) -> None:
        """Do nothing: the next frame may be drawn at once."""

    def _answer_until(self, moment_s: float) -> None:
        source, due_s = self._source, -math.inf
        while source is not None and due_s <= moment_s:
            given = source.frame_count
            self._clock.go_to(due_s)
            due_s = source.advance()
            if source.frame_count > given:
                self._take_turn()
        self._clock.go_to(moment_s)
        if source is None or moment_s - self._answered_s >= FRAME_WAIT_S:
            self._take_turn()  # self-view, or the source has been silent for too long

    def _take_turn(self) -> None:
        self._answered_s = self._clock.now_s()
        self._answers.take_turn()
