"""What nobody foresaw, while a show runs: it is told and logged once, the last good picture stays, the show goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from engine.core.errors import ConfigError, ModelError, NarcissusError
from engine.render.passes.film import Film
from engine.render.window.keymap import Action
from tests.app.shows import SCENE, app, by_and_by, saved_until


def failing(error: Exception) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> Any:
        raise error

    return fail


def test_nothing_that_is_saved_pressed_or_drawn_ends_the_show(
    place: Path, blind: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    file, show = place / "scenes" / "plain.yaml", app(seconds=None)
    told = "the scene plain failed and is left as it was (KeyError: "

    def break_loading() -> bool:
        monkeypatch.setattr(show.loop._switcher._scene_library, "load", failing(KeyError("gloom")))
        return True

    def mend_loading() -> bool:
        monkeypatch.undo()
        monkeypatch.chdir(place)
        return True

    def press_a_key_that_fails() -> bool:
        show.loop._actions = {**show.loop._actions, Action.SNAPSHOT: failing(ValueError("no name"))}
        show.loop.act(Action.SNAPSHOT)
        return "the key for snapshot failed" in show.note

    def break_calibrating() -> bool:
        monkeypatch.setattr(show.show.drawing.calibration, "follow_operator", failing(OverflowError("too far")))
        return True

    def break_a_pass() -> bool:
        monkeypatch.setattr(Film, "render", failing(ZeroDivisionError("no size")))
        return True

    def receive_what_is_no_picture() -> bool:
        show.loop._slots.views.put("no frame")  # type: ignore[arg-type]
        return True

    by_and_by(
        show,
        lambda: bool(show.wall().mean() > 1),
        break_loading,
        saved_until(file, SCENE.replace("Test", "Second"), lambda: told in show.note),
        lambda: show.mirror.scene.title == "Test" and bool(show.wall().mean() > 1),
        mend_loading,
        saved_until(file, SCENE.replace("Test", "Third"), lambda: show.mirror.scene.title == "Third"),
        press_a_key_that_fails,
        receive_what_is_no_picture,
        lambda: "a new picture failed and is left as it was" in show.note,
        break_a_pass,
        lambda: any("the pass film is left out (ZeroDivisionError" in line for line in show.lines()),
        lambda: bool(show.wall().mean() > 1),
        break_calibrating,
        lambda: "calibrating failed and is left as it was (OverflowError: too far)" in show.note,
        lambda: bool(show.wall().mean() > 1),
    )
    logged = [record.message for record in caplog.records if record.exc_info]
    assert logged == [
        "the scene plain failed",
        "the key for snapshot failed",
        "a new picture failed",
        "the pass film cannot be drawn",
        "calibrating failed",
    ]


def test_a_picture_of_the_shown_scene_that_is_damaged_leaves_the_last_good_one(place: Path, blind: None) -> None:
    (place / "scenes" / "pictures").mkdir()
    picture = place / "scenes" / "pictures" / "bad.png"
    Image.new("RGB", (40, 40), (0, 200, 0)).save(picture)
    text = "format: 1\ntitle: Wall\nsize: [1280, 720]\npasses:\n  - picture: {file: pictures/bad.png}\n"
    (place / "scenes" / "plain.yaml").write_text(text)
    show = app(seconds=None)

    def is_green() -> bool:
        red, green, _ = show.wall().reshape(-1, 3).mean(axis=0)
        return bool(green > 100 > 50 > red)

    def save_damaged() -> bool:
        good = picture.read_bytes()
        place_of_end = good.index(b"IEND") - 4
        picture.write_bytes(good[:place_of_end] + b"\0\0\0\0iCCP\0\0\0\0" + good[place_of_end:])
        return True

    by_and_by(show, is_green, save_damaged, lambda: "bad.png is an image that cannot be read" in show.note, is_green)


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"scene": "../outside"}, ConfigError, "there is no scene '../outside': scenes has plain"),
        ({"scene": "x" * 5000}, ConfigError, "there is no scene 'xxx"),
        ({"scene": "two\nlines"}, ConfigError, "there is no scene 'two"),
        ({"model": "../models/tiny"}, ModelError, "--model ../models/tiny: a persona's name is that of a folder"),
        ({"model": "x" * 5000}, ModelError, "--model xxx"),
        ({"config": Path("x" * 5000)}, ConfigError, "there is no such file"),
        ({"source": "x" * 5000}, NarcissusError, "File name too long"),
        ({"source": "two\nlines.mp4"}, NarcissusError, "source two\\nlines.mp4: there is no such file"),
        ({"record": Path("x" * 5000 + ".mp4")}, NarcissusError, "its name is too long"),
        ({"session": Path("x" * 5000 + ".narc")}, NarcissusError, "its name is too long"),
    ],
)
def test_names_that_lead_away_or_that_no_file_can_have(
    place: Path, blind: None, options: dict[str, Any], kind: type[NarcissusError], message: str
) -> None:
    (place / "outside.yaml").write_text(SCENE)
    with pytest.raises(kind) as told:
        app(**options).run()
    assert message in str(told.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("scenes/plain.yaml", SCENE.replace("Test", '"\\ud800"')),
        ("config.yaml", 'display: {venue: "\\ud800"}\n'),
        ("venue.yaml", 'format: 1\nprojectors: [{mask: "\\ud800"}]\n'),
    ],
)
def test_a_half_of_a_letter_is_told_with_its_line(place: Path, blind: None, name: str, text: str) -> None:
    (place / name).write_text(text)
    with pytest.raises(ConfigError, match=rf"{name}:\d: contains the character '\\ud800', which is no text"):
        app().run()
