"""What the keys do to a show that runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.render.window.keymap import Action
from tests.app.shows import SCENE, app, by_and_by, during, frames_of


def test_keys(place: Path, blind: None) -> None:
    (place / "scenes" / "another.yaml").write_text(SCENE.replace("title: Test", "title: Another"))
    show = app(seconds=None)

    def press() -> bool:
        for action in (
            Action.OVERLAY,
            Action.LANDMARKS,
            Action.CAMERA,
            Action.HELP,
            Action.HELP,
            Action.SNAPSHOT,
            Action.RECORD,
            Action.SCENE_9,
        ):
            show.loop.act(action)
        show.loop.act(Action.SCENE_1)
        assert show.mirror.scene.title == "Test", "the other one is built first"
        assert show.recordings.is_filming and show.loop._panel.shows_overlay and not show.loop._panel.shows_help
        return any("drawn" in line for line in show.lines())

    by_and_by(
        show,
        press,
        lambda: show.mirror.scene.title == "Another" and show.loop._switcher.name == "another",
        *[lambda: True] * 20,
    )
    films, pictures = list((place / "recordings").glob("*.mp4")), list((place / "recordings").glob("*.png"))
    assert len(films) == len(pictures) == 1
    assert len(frames_of(films[0])) > 3


def test_a_film_ends_by_its_key_while_the_show_goes_on(place: Path, blind: None) -> None:
    show = app(seconds=1.5, record=Path("first.mp4"))
    during(show, lambda: show.loop.act(Action.RECORD))
    assert not show.recordings.is_filming
    assert (
        1 < len(frames_of(place / "first.mp4")) < show.show.report.summary(show.show.worker.health)["frames"]["drawn"]
    )


def test_an_unwritable_film_is_told_once_and_the_show_goes_on(
    place: Path, blind: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    (place / "file").write_text("")
    (place / "config.yaml").write_text((place / "config.yaml").read_text() + "recorder: {folder: file}\n")
    show = app(seconds=1.0)
    during(show, lambda: show.loop.act(Action.RECORD))
    assert "file" in show.note and not show.recordings.is_filming
    assert caplog.text.count("cannot be created: its folder is not a folder") == 1
    assert show.show.report.seconds >= 1.0


def test_a_broken_scene_on_a_key_leaves_the_wall_as_it_is(place: Path, blind: None) -> None:
    (place / "scenes" / "broken.yaml").write_text(SCENE.replace("room: {}", "room: {gloom: 3}"))
    show = app(seconds=1.0)
    during(show, lambda: show.loop.act(Action.SCENE_1))
    assert show.mirror.scene.title == "Test"
    assert "broken.yaml:6: passes[0].room.gloom" in show.note


def test_black_and_held_are_keys_and_the_overlay_says_so(place: Path, blind: None) -> None:
    show = app(seconds=None, record=Path("black.mp4"))

    def picture() -> np.ndarray:
        return show.wall().reshape(72, 128, 3)[:60, :100]

    def press(action: Action, line: str, present: bool) -> Callable[[], bool]:
        def step() -> bool:
            show.loop.act(action)
            return (line in "\n".join(show.lines())) == present

        return step

    held: list[np.ndarray] = []
    by_and_by(
        show,
        press(Action.FREEZE, "the picture is held", True),
        lambda: held.append(picture()) is None,
        *[lambda: held.append(picture()) is None] * 5,
        press(Action.FREEZE, "the picture is held", False),
        lambda: True,  # a frame later
        lambda: bool((picture() != held[-1]).any()),
        press(Action.BLACKOUT, "black: B", True),
        lambda: bool((picture() == 0).all()),
        press(Action.OVERLAY, "drawn", True),
        lambda: True,  # a frame later
        lambda: bool((picture() != 0).any()),  # the overlay is seen on black
        press(Action.BLACKOUT, "black: B", False),
        lambda: bool((picture()[:, 50:] > 9).any()),
    )
    assert all((picture == held[1]).all() for picture in held[2:])
    assert len(frames_of(place / "black.mp4")) > 5, "the film goes on"
