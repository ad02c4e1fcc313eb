"""The tool that begins scenes: what it writes is valid, says every knob, and stands in nobody's way."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from engine.render.passes import registry
from engine.scene.scene import load_scene
from tools.check_scene import SCENES, SHADERS
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


SHADER = """/*{"ISFVSN": "2", "INPUTS": [
 {"NAME": "inputImage", "TYPE": "image"},
 {"NAME": "amount", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.5, "LABEL": "How\\nmuch"},
 {"NAME": "on", "TYPE": "bool", "DEFAULT": true},
 {"NAME": "mode", "TYPE": "long", "VALUES": [0, 1], "LABELS": ["off", "soft: #1"], "DEFAULT": 1},
 {"NAME": "tint", "TYPE": "color", "DEFAULT": [1, 0, 0, 1]},
 {"NAME": "at", "TYPE": "point2D", "DEFAULT": [0.5, 0.25]},
 {"NAME": "heard", "TYPE": "audioFFT"}
], "IMPORTED": {"tile": {"PATH": "tile.png"}}}*/
void main() { gl_FragColor = IMG_THIS_PIXEL(inputImage) * amount; }
"""


@pytest.fixture
def shaders(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHADERS, tmp_path / "shaders"))


def test_a_scene_of_a_shader_has_all_its_inputs_with_what_each_may_be(
    tmp_path: Path, folder: Path, shaders: Path
) -> None:
    theirs = tmp_path / "my blur (v2).fs"
    theirs.write_text(SHADER)
    theirs.with_suffix(".vs").write_text("void main() { isf_vertShaderInit(); }")
    (tmp_path / "tile.png").write_bytes(b"a picture")
    assert main(["soft", "--shader", str(theirs)], folder, shaders) == 0
    spec = load_scene(folder / "soft.yaml", registry()).passes[2]
    inputs = {"inputImage": "picture", "amount": 0.5, "on": True, "mode": 1, "tint": [1, 0, 0, 1], "at": [0.5, 0.25]}
    assert spec.settings.model_dump()["inputs"] == inputs
    assert spec.settings.model_dump()["file"] == theirs.name
    text = (folder / "soft.yaml").read_text(encoding="utf-8")
    for line in (
        "  # How much; between 0 and 1",
        "  # 0 (off) or 1 (soft: #1)",
        "  # true or false",
        "  # a point: x, y",
    ):
        assert line in text
    for name in (theirs.name, "my blur (v2).vs", "tile.png"):
        assert (shaders / "foreign" / name).read_bytes() == (tmp_path / name).read_bytes()


def test_a_scene_of_tabs_shows_what_each_channel_reads(tmp_path: Path, folder: Path, shaders: Path) -> None:
    theirs = shaders / "foreign" / "tabs.glsl"
    tab = "void mainImage(out vec4 c, in vec2 p) { c = texture(iChannel0, p) + texture(iChannel2, p); }\n"
    theirs.write_text(f"// Buffer A\n{tab}// Image\n{tab}")
    assert main(["tabs", "--shader", str(theirs)], folder, shaders) == 0
    settings = load_scene(folder / "tabs.yaml", registry()).passes[2].settings.model_dump()
    assert {name: channel["source"] for name, channel in settings["channels"].items()} == {
        "iChannel0": "A",
        "iChannel2": "any",
    }
    assert settings["buffers"]["A"]["channels"]["iChannel0"]["source"] == "A"


def test_a_shader_that_is_not_there_or_in_the_way_is_told(
    tmp_path: Path, folder: Path, shaders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["a", "--shader", str(tmp_path / "none.fs")], folder, shaders) == 3
    assert "there is no shader" in capsys.readouterr().err
    (tmp_path / "prism.fs").write_text(SHADER)
    assert main(["a", "--shader", str(tmp_path / "prism.fs")], folder, shaders) == 3
    assert "prism.fs is another file of that name" in capsys.readouterr().err
    assert not (folder / "a.yaml").exists()
