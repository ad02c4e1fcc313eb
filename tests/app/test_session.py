"""The session that a show keeps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import engine.app
import engine.show.scene_switcher
from engine.audio.level_meter import AudioLevelMeter
from engine.config.audio import AudioSettings
from engine.core.clock import TimeSource
from engine.render.window.keymap import Action
from engine.session.format import Answer, Cue
from engine.session.reader import Session
from tests.app.shows import SCENE, app, by_and_by, during


def test_a_session_keeps_the_show_as_numbers_under_the_red_dot(place: Path, blind: None) -> None:
    (place / "scenes" / "another.yaml").write_text(SCENE)
    show = app(session=Path("evening.narc"), stats=Path("stats.json"), seconds=None)

    def press() -> bool:
        assert show.recordings.is_keeping and not show.recordings.is_filming
        for action in (Action.SCENE_1, Action.BLACKOUT, Action.FREEZE):
            show.loop.act(action)
        return True

    by_and_by(show, lambda: True, press, lambda: show.loop._switcher.name == "another", *[lambda: True] * 3)
    session = Session(place / "evening.narc")
    assert list(session.scenes) == ["plain", "another"] and session.is_ever_held and not session.note
    assert (session.head.persona, session.head.width, session.head.latent_size) == ("tiny", 128, 16)
    records = list(session.records())
    answers = [record for record in records if isinstance(record, Answer)]
    assert len(answers) == json.loads((place / "stats.json").read_text())["reflections"]["count"]
    black = [record.is_black for record in records if isinstance(record, Cue)]
    assert not black[0] and black[-1], "the scene follows when it has been built"
    assert session.seconds > 0


def test_how_loud_it_is_reaches_the_scene_and_the_session(
    place: Path, blind: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Loud(AudioLevelMeter):
        def __init__(self, settings: AudioSettings, clock: TimeSource) -> None:
            super().__init__(settings, clock, lambda device, hear: pytest.fail("nobody asked for a microphone"))
            self.level = 0.75

    monkeypatch.setattr(engine.app, "AudioLevelMeter", Loud)
    show = app(session=Path("evening.narc"))
    heard: list[float] = []
    during(show, lambda: heard.append(show.mirror._collector.sitters.signals["audio"]))
    assert heard == [0.75]
    answers = [record for record in Session(place / "evening.narc").records() if isinstance(record, Answer)]
    assert answers and {answer.audio for answer in answers} == {0.75}


def test_a_session_is_kept_of_every_show_where_the_configuration_asks(place: Path, blind: None) -> None:
    (place / "config.yaml").write_text((place / "config.yaml").read_text() + "recorder: {session: true}\n")
    app().run()
    (path,) = (place / "recordings").glob("*_plain.narc")
    assert Session(path).seconds > 0
