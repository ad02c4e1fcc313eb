"""What a show does by itself: the playlist, and the opening hours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import engine.app
import engine.show.scene_switcher
from engine.core.clock import LocalTime
from engine.core.errors import ConfigError
from tests.app.shows import SCENE, app, by_and_by


def test_the_playlist_changes_scenes_and_a_wrong_one_is_told_at_the_start(place: Path, blind: None) -> None:
    (place / "scenes" / "another.yaml").write_text(SCENE.replace("title: Test", "title: Another"))
    config = (place / "config.yaml").read_text()
    turns = "playlist: {scenes: [{scene: plain, minutes: 0.05}, {scene: another}], wait_minutes: 0}\n"
    (place / "config.yaml").write_text(config + turns)
    show = app(seconds=None)
    by_and_by(show, lambda: show.mirror.scene.title == "Another" and show.loop._switcher.name == "another")
    (place / "config.yaml").write_text(config + "playlist: {scenes: [{scene: nothing}]}\n")
    with pytest.raises(ConfigError, match="there is no scene 'nothing'"):
        app().run()


def test_outside_the_opening_hours_the_wall_is_black_and_opens_by_itself(
    place: Path, blind: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [LocalTime(0, 9 * 3600)]
    for module in (engine.app, engine.show.scene_switcher):
        monkeypatch.setattr(module, "local_time", lambda: now[0])
    hours = 'schedule: {monday: ["10:00-18:00"], fade_s: 0.2}\n'
    (place / "config.yaml").write_text((place / "config.yaml").read_text() + hours)
    show = app(seconds=None)

    def is_black() -> bool:
        wall = show.wall()
        return bool(wall.max() == 0)

    def at(hour: int) -> Callable[[], bool]:
        def step() -> bool:
            now[0] = LocalTime(0, hour * 3600)
            return True

        return step

    by_and_by(
        show,
        lambda: True,  # a frame later
        is_black,
        lambda: any("closed" in line for line in show.lines()),
        at(10),
        lambda: not is_black(),
        at(18),
        is_black,
    )
