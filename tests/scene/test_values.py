"""Colours and pictures in scenes: what they may be, and that a scene reaches no file but those beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from engine.core.errors import ConfigError
from engine.scene import values
from engine.scene.scene import SIGNALS, PassSettings, Scene, load_scene
from engine.scene.values import Colour, Picture, linear_light, read_picture, screen_colour


class Wall(PassSettings):
    """A pass for these tests."""

    picture: Picture | None = None
    tint: Colour = (1.0, 1.0, 1.0)


def read(folder: Path, knobs: str) -> Scene:
    path = folder / "scenes" / "wall.yaml"
    path.write_text(f"format: 1\ntitle: Wall\nsize: [64, 36]\npasses:\n  - wall: {{{knobs}}}\n", encoding="utf-8")
    return load_scene(path, {"wall": Wall})


def settings_of(folder: Path, knobs: str) -> Any:
    return read(folder, knobs).passes[0].settings


def refusal(folder: Path, knobs: str) -> str:
    with pytest.raises(ConfigError) as told:
        read(folder, knobs)
    return str(told.value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "scenes" / "pictures").mkdir(parents=True)
    Image.new("RGB", (4, 2), (255, 0, 0)).save(tmp_path / "scenes" / "pictures" / "red.png")
    Image.new("RGB", (4, 2)).save(tmp_path / "secret.png")
    return tmp_path


def test_a_colour_is_written_as_a_list_or_as_on_the_web(folder: Path) -> None:
    assert settings_of(folder, "tint: [1, 0.5, 0]").tint == (1.0, 0.5, 0.0)
    assert settings_of(folder, "tint: '#ff8000'").tint == pytest.approx((1.0, 128 / 255, 0.0))


def test_a_colour_eases_through_the_states_as_light(folder: Path) -> None:
    spec = read(folder, "tint: '#000000', states: {dwell: {tint: '#ffffff'}}").passes[0]
    signals = dict.fromkeys(SIGNALS, 0.0)
    for share in (0.0, 0.25, 1.0):
        colour = spec.bound_values(signals | {"idling": 1 - share, "dwelling": share})["tint"]
        assert linear_light(colour) == pytest.approx((share, share, share))  # type: ignore[arg-type]
    assert spec.moving == ("tint",)


@pytest.mark.parametrize("light", [0.0, 0.002, 0.2, 1.0])
def test_a_screen_colour_is_the_inverse_of_its_light(light: float) -> None:
    assert linear_light(screen_colour((light, light, light)))[0] == pytest.approx(light, abs=1e-6)


@pytest.mark.parametrize(
    ("knobs", "sentence"),
    [
        ("states: {idle: {tint: red}}", "states.idle.tint: must be a colour"),
        ("states: {idle: {picture: pictures/red.png}}", "states.idle.picture: cannot have states: only a knob that is"),
        ("bind: {tint: presence}", "bind.tint: cannot be bound: only a knob that is one number can follow a signal"),
    ],
)
def test_only_numbers_and_colours_move(folder: Path, knobs: str, sentence: str) -> None:
    assert sentence in refusal(folder, knobs)


@pytest.mark.parametrize(
    ("tint", "sentence"),
    [
        ("red", 'tint: must be a colour: "#c8a050" in quotes, or red, green and blue from 0 to 1'),
        ("'#ff80'", "tint: must be a colour"),
        ("[1, 0]", "tint: must be a colour"),
        ("#ff8000", "is not valid YAML"),
        ("[2, 0, 0]", "tint[0]: must be between 0 and 1, not 2"),
        ("[red, 0, 0]", 'tint[0]: must be between 0 and 1, not "red"'),
    ],
)
def test_what_is_no_colour_is_told(folder: Path, tint: str, sentence: str) -> None:
    assert sentence in refusal(folder, f"tint: {tint}")


def test_light_of_a_colour() -> None:
    assert linear_light((0.0, 1.0, 0.5)) == pytest.approx((0.0, 1.0, 0.2140), abs=1e-4)


def test_a_picture_beside_the_scene_is_found_read_and_watched(folder: Path) -> None:
    scene = read(folder, "picture: pictures/red.png")
    path = (folder / "scenes" / "pictures" / "red.png").resolve()
    assert scene.passes[0].settings.picture == path  # type: ignore[attr-defined]
    assert path in scene.files
    pixels = read_picture(path)
    assert pixels.shape == (2, 4, 4) and pixels.dtype == np.uint8 and (pixels == (255, 0, 0, 255)).all()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("/etc/passwd", "must stay within the scene's folder"),
        ("../secret.png", "must stay within the scene's folder"),
        ("pictures/../../secret.png", "must stay within the scene's folder"),
        ("'C:/secret.png'", "must stay within the scene's folder"),
        ("'pictures\\red.png'", "must stay within the scene's folder"),
        ("~/secret.png", "must stay within the scene's folder"),
        ("link.png", 'must stay within the scene\'s folder, and "link.png" leads out of it'),
        ("blue.png", 'names "blue.png", and there is no such file in'),
        ("pictures", 'names "pictures", and there is no such file in'),
        ("text.png", "text.png is not a supported image (JPEG, PNG, "),
        ("3", "must be the path of a picture from the scene's folder on, such as pictures/wall.jpg, not 3"),
        ("''", "must be the path of a picture"),
    ],
)
def test_what_is_no_picture_beside_the_scene_is_told(folder: Path, name: str, sentence: str) -> None:
    (folder / "scenes" / "link.png").symlink_to(folder / "secret.png")
    (folder / "scenes" / "text.png").write_text("no picture")
    message = refusal(folder, f"picture: {name}")
    assert "wall.yaml:5: passes[0].wall.picture: " in message and sentence in message and "\n" not in message


def test_sizes_are_bounded_before_memory_is_taken(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "MAX_PICTURE_SIDE_PX", 3)
    assert "red.png is an image that cannot be read: 4x2 px are more than 3 px a side" in refusal(
        folder, "picture: pictures/red.png"
    )
    monkeypatch.setattr(values, "MAX_PICTURE_BYTES", 8)
    assert "which is larger than 0 MiB, the limit" in refusal(folder, "picture: pictures/red.png")


def test_a_damaged_picture_is_told_when_it_is_read(folder: Path) -> None:
    path = folder / "scenes" / "cut.png"
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:3000])
    assert settings_of(folder, "picture: cut.png").picture == path.resolve()
    with pytest.raises(ConfigError, match=r"cut\.png is an image that cannot be read: "):
        read_picture(path)


def test_a_default_is_checked_too() -> None:
    with pytest.raises(ValidationError):
        Wall(tint=(2.0, 0.0, 0.0))
