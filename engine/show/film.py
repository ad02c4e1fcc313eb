"""Film: what is different where a film is made off screen, and nobody waits for it.

It has a time of its own, which `FilmPacer` keeps: each frame comes `1 / fps` seconds after the last, however long it
takes to make. Before it is drawn, every picture that the source has given until then was answered, each at its own
moment. Nothing that the machine or the room does meanwhile shows in it.
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
    """The files of a show with what holds for a film: drawn whole, at its rate, whatever is heard, saved or o'clock."""
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
    """Interface of `ReflectionWorker`, as far as a film needs it."""

    def take_turn(self) -> None: ...


class GivesPictures(Protocol):
    """Interface of `PacedSource`, as far as a film needs it."""

    @property
    def frame_count(self) -> int: ...

    def advance(self) -> float: ...


class FilmPacer:
    """Produces the ticks of a film.

    Args:
        clock: the film's, which nothing else moves.
        fps: frames per second.
        answers: takes a turn of the reflection.
        source: gives pictures; None if the mirror sees itself, once for each picture of the film.
    """

    def __init__(self, clock: FilmClock, fps: float, answers: Answers, source: GivesPictures | None) -> None:
        self._clock, self._fps = clock, fps
        self._answers, self._source = answers, source
        self._began_s = self._answered_s = clock.now_s()
        self._index = 0

    def tick(self) -> Tick:
        """The moment of the next picture, up to which everything has been answered."""
        index, self._index = self._index, self._index + 1
        time_s = index / self._fps
        self._answer_until(self._began_s + time_s)
        dt_s = min(MAX_DT_S, 1 / self._fps) if index else 0.0
        return Tick(index, time_s, dt_s, self._clock.local_s())

    def wait(self) -> None:
        """Wait for nothing: the next picture may be made at once."""

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
            self._take_turn()  # by itself, or the source has been silent for too long

    def _take_turn(self) -> None:
        self._answered_s = self._clock.now_s()
        self._answers.take_turn()
