"""Files that are saved while a show runs: what is seen at once, and what a broken one changes."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import engine.app
import engine.show.scene_switcher
from engine.show.scene_switcher import SceneSwitcher
from tests.app.shows import SCENE, app, by_and_by, during, saved_until


def test_a_saved_scene_is_shown_at_once_and_a_broken_save_is_told_to_the_operator_only(
    place: Path, blind: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    file, show = place / "scenes" / "plain.yaml", app(seconds=None)
    broken = "plain.yaml:6: passes[0].room.gloom"
    by_and_by(
        show,
        saved_until(file, SCENE.replace("Test", "Second"), lambda: show.mirror.scene.title == "Second"),
        saved_until(file, SCENE.replace("room: {}", "room: {gloom: 3}"), lambda: broken in show.note),
        lambda: show.mirror.scene.title == "Second" and broken in show.lines()[-1],
        saved_until(file, SCENE.replace("Test", "Third"), lambda: show.mirror.scene.title == "Third"),
        lambda: show.note == "" and broken not in str(show.lines()),
    )
    assert caplog.text.count(broken) == 1
    assert "watcher" not in {thread.name for thread in threading.enumerate()}


def test_a_saved_include_is_shown_at_once_and_survives_being_broken(
    place: Path, blind: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    shutil.copytree(engine.app.SHADERS, place / "shaders")
    monkeypatch.setattr(engine.app, "SHADERS", place / "shaders")
    file, show = place / "shaders" / "lib" / "srgb.glsl", app(seconds=None)
    good = file.read_text()
    broken = f"shaders/lib/srgb.glsl:{len(good.splitlines()) + 1}: "

    def wall_is(lit: bool) -> Callable[[], bool]:
        def look() -> bool:
            wall = show.wall()
            return bool(wall.mean() > 1) == lit

        return look

    dark = good.replace("vec3 srgb_encode(vec3 ", "#define srgb_encode(light) vec3(0.0)\nvec3 unused(vec3 ")
    assert dark != good
    by_and_by(
        show,
        wall_is(lit=True),
        saved_until(file, good + "this is no GLSL;\n", lambda: broken in show.note),
        wall_is(lit=True),
        lambda: show.show.drawing.window._resize((160, 90)) is None,  # compiles all shaders again
        lambda: show.mirror._output_wh == (160, 90) and wall_is(lit=True)(),
        saved_until(file, dark, lambda: wall_is(lit=False)() and show.note == ""),
        saved_until(file, good, wall_is(lit=True)),
    )
    assert sum(broken in record.getMessage() for record in caplog.records) == 1


def test_another_scene_saved_or_reloading_switched_off_changes_nothing(
    place: Path, blind: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "scenes" / "another.yaml").write_text(SCENE)
    show = app(seconds=1.0)
    seen = []
    monkeypatch.setattr(SceneSwitcher, "change_scene", lambda *_, **__: seen.append(1))

    def save() -> None:
        for name in ("another.yaml", "plain.yaml~", "notes.txt"):
            (place / "scenes" / name).write_text(SCENE)

    during(show, save)
    (place / "config.yaml").write_text("scene: {name: plain, reload: false}\npersona: {model: tiny}\n")
    show = app(seconds=1.0)
    during(show, lambda: (place / "scenes" / "plain.yaml").write_text(SCENE) and None)
    assert not seen and show.loop._watcher is None
