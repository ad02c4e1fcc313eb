"""Consent in a show: films, snapshots and sessions wait for a visitor's gesture, and end with another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import engine.app
from engine.config.consent import ConsentKind
from engine.core.clock import Tick
from engine.render.window.keymap import Action
from engine.session.format import Answer
from engine.session.reader import Session
from engine.types import Features, Frame
from tests.app.shows import ObservedApp, app, by_and_by
from tests.consent.series import Visitor
from tests.render.pictures import measured_viewer


class Gestures:
    """What visitors do, told to a show in place of its eyes."""

    def __init__(self) -> None:
        self.people: dict[Visitor, float] = {}  # with how open their eyes are

    def everyone(self, frame: Frame) -> list[Features]:
        shape = measured_viewer()
        told = [person.features(frame.captured_s, eyes=eyes) for person, eyes in self.people.items()]
        return [replace(each, landmarks_px=shape.landmarks_px, patches=shape.patches) for each in told]


@pytest.fixture
def gestures(monkeypatch: pytest.MonkeyPatch) -> Gestures:
    """Eyes that see what a test says."""
    told = Gestures()

    class Seeing:
        def __init__(self, mode: str, **settings: object) -> None: ...

        def __call__(self, frame: Frame) -> Features | None:
            return None

        def everyone(self, frame: Frame) -> list[Features]:
            return told.everyone(frame)

        def close(self) -> None: ...

    monkeypatch.setattr(engine.app, "Featurizer", Seeing)
    return told


@pytest.fixture
def watched(place: Path) -> Path:
    """The folder of a show before a picture of a room, which asks for consent, and is quick about it."""
    Image.fromarray(np.full((90, 160, 3), 90, np.uint8)).save(place / "room.png")
    settings = "consent: {ask: true, agree_s: 1, end_s: 0.5}\nrecorder: {max_fps: 60}\n"
    (place / "config.yaml").write_text((place / "config.yaml").read_text() + settings)
    return place


def state(show: ObservedApp) -> list[bool]:
    return [person.has_agreed for person in show.show.drawing.consent.state.people]


def step(act: Callable[[], object]) -> Callable[[], bool]:
    def do() -> bool:
        act()
        return True

    return do


def after(show: ObservedApp, seconds: float) -> Callable[[], bool]:
    """A step that takes so much of the show's time."""
    began: list[float] = []

    def wait() -> bool:
        now_s = show._clock.now_s()
        began.append(now_s)
        return now_s - began[0] >= seconds

    return wait


def test_nothing_of_a_visitor_is_kept_until_they_close_their_eyes_and_nothing_after_they_turned_away(
    watched: Path, gestures: Gestures
) -> None:
    show, ann = (
        app(live=False, source="room.png", record=Path("film.mp4"), session=Path("all.narc"), seconds=None),
        Visitor(1),
    )
    frames: list[int] = []
    agreed_s: list[float] = []

    def film_frames() -> int:
        recorder = show.recordings._recorder
        assert recorder is not None
        return recorder.frames

    def come() -> None:
        gestures.people = {ann: 1.0}

    def close_eyes() -> None:
        frames.append(film_frames())
        assert not show.recordings.is_keeping, "no red dot while nothing is kept"
        gestures.people = {ann: 0.0}
        show.loop.act(Action.SNAPSHOT)

    def leave() -> None:
        assert show.recordings.is_keeping and film_frames() > frames[0]
        assert len(list(watched.glob("recordings/*.png"))) <= 1
        gestures.people = {}

    by_and_by(
        show,
        step(come),
        lambda: state(show) == [False],
        after(show, 0.5),
        step(lambda: frames.append(film_frames())),
        after(show, 1.2),
        step(close_eyes),
        lambda: state(show) == [True],
        step(lambda: agreed_s.append(show.show.report.seconds)),
        after(show, 1.0),
        step(leave),
        lambda: not show.show.drawing.consent.allows(ConsentKind.FILM),
        after(show, 0.3),
        step(lambda: frames.append(film_frames())),
        after(show, 0.6),
        step(lambda: frames.append(film_frames())),
    )
    before, at_closing, at_end, later = frames[0], frames[1], frames[2], frames[3]
    assert before == at_closing and at_end == later
    assert len(list(watched.glob("recordings/*.png"))) == 1, "the snapshot waited for the gesture"
    kept = [record for record in Session(watched / "all.narc").records() if isinstance(record, Answer)]
    seen = [answer for answer in kept if answer.latent.features is not None]
    assert min(answer.time_s for answer in seen) > agreed_s[0] - 0.3, "and nothing of before"
    assert kept[-1].latent.presence == 0.0, "the gap begins with a stranger who is let go"


def test_without_consent_in_the_configuration_nobody_is_asked(place: Path, gestures: Gestures) -> None:
    show = app(session=Path("all.narc"))
    ticks: list[Tick] = []

    def look(tick: Tick) -> None:
        ticks.append(tick)
        assert not show.show.drawing.consent.asks and show.recordings.is_keeping

    show.before_each_frame = look
    show.run()
    assert ticks
