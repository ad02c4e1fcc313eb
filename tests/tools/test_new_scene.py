"""The tool that begins scenes: what it writes is valid, says every knob, and stands in nobody's way."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from engine.render.passes import registry
from engine.scene.scene import load_scene
from tools.check_scene import SCENES
from tools.new_scene import PASSES, main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SCENES, tmp_path / "scenes"))


def test_a_new_scene_is_valid_and_names_every_knob(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["night_pool"], folder) == 0
    assert "night_pool.yaml: look at it with python main.py --scene night_pool" in capsys.readouterr().out
    path = folder / "night_pool.yaml"
    scene = load_scene(path, registry())
    assert scene.title == "Night pool"
    assert [spec.kind for spec in scene.passes] == list(PASSES)
    text = path.read_text(encoding="utf-8")
    assert max(map(len, text.splitlines())) <= 120
    for kind in PASSES:
        assert all(f"      # {knob}: " in text for knob in registry()[kind].model_fields)


def test_its_comments_are_what_they_say_when_uncommented(folder: Path) -> None:
    main(["plain"], folder)
    path = folder / "plain.yaml"
    before = load_scene(path, registry())
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"^      # (\w+: )", r"      \1", text, flags=re.MULTILINE)
    text = re.sub(r"^# (visit|transition): ", r"\1: ", text, flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")
    after = load_scene(path, registry())
    assert [spec.settings for spec in after.passes] == [spec.settings for spec in before.passes], (
        "they are the defaults"
    )
    assert after.reflection.notice_s == 0.8


@pytest.mark.parametrize("parent", sorted(path.stem for path in SCENES.glob("*.yaml")))
def test_a_scene_from_another_is_that_one_until_it_is_changed(folder: Path, parent: str) -> None:
    assert main(["mine", "--from", parent], folder) == 0
    path, theirs = folder / "mine.yaml", load_scene(folder / f"{parent}.yaml", registry())
    assert [s.settings for s in load_scene(path, registry()).passes] == [s.settings for s in theirs.passes]
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"^# (passes:|  - )", r"\1", text, flags=re.MULTILINE), encoding="utf-8")
    assert [s.settings for s in load_scene(path, registry()).passes] == [s.settings for s in theirs.passes]


def test_what_is_there_is_not_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (folder / "pool.yaml").read_text(encoding="utf-8")
    assert main(["pool"], folder) == 3
    assert "pool.yaml exists already: choose another name" in capsys.readouterr().err
    assert (folder / "pool.yaml").read_text(encoding="utf-8") == before
    assert main(["mine", "--from", "nothing"], folder) == 3
    assert "there is no scene 'nothing'" in capsys.readouterr().err
    assert main(["mine"], folder / "nowhere") == 3
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../pool", "a/b", "", "sp ace"])
def test_a_name_is_a_name(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name], folder)
    assert ended.value.code == 2
    assert "must be a name of letters, digits" in capsys.readouterr().err
