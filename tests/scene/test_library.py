"""Which scenes there are, and which key has which."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.core.errors import ConfigError
from engine.scene.library import SceneLibrary
from engine.scene.scene import PassSettings

SCENE = "format: 1\ntitle: {}\nsize: [64, 36]\npasses: [plain: {{}}]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("pool", "between", "archive"):
        (tmp_path / f"{name}.yaml").write_text(SCENE.format(name.title()))
    (tmp_path / "schema.json").write_text("{}")
    return tmp_path


def scene_library(folder: Path, *on_keys: str) -> SceneLibrary:
    return SceneLibrary(folder, on_keys, {"plain": PassSettings})


def test_keys_follow_the_alphabet_or_what_the_configuration_says(folder: Path) -> None:
    by_alphabet, chosen = scene_library(folder), scene_library(folder, "pool", "archive")
    assert [by_alphabet.on_key(number) for number in (1, 2, 3, 4)] == ["archive", "between", "pool", None]
    assert [chosen.on_key(number) for number in (1, 2, 3)] == ["pool", "archive", None]


def test_a_scene_is_read_anew_each_time(folder: Path) -> None:
    shown = scene_library(folder)
    assert shown.load("pool").title == "Pool"
    shown.path("pool").write_text(SCENE.format("Deeper"))
    assert shown.load("pool").title == "Deeper"


def test_a_scene_that_is_not_there_is_told_with_those_that_are(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^there is no scene 'pol': .* has archive, between, pool$"):
        scene_library(folder).load("pol")
    with pytest.raises(ConfigError, match=r"has none$"):
        scene_library(tmp_path / "empty").load("pol")
    with pytest.raises(ConfigError, match=r"^scene.scenes: there is no scene 'pol': .* has archive, between, pool$"):
        scene_library(folder, "pool", "pol")
