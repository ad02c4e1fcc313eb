"""The tool that checks scenes: what it prints and how it ends."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.render.passes import registry
from engine.scene.expression import FUNCTIONS, SMOOTHERS, compile_expression
from engine.scene.scene import SIGNALS
from engine.scene.scene_file import PassPlace
from tools.check_scene import SCENES, SCHEMA, main, schema_text

HEAD = "format: 1\ntitle: Pool\nsize: [640, 360]\npasses:\n"


@pytest.fixture
def known() -> str:
    """Any pass that exists."""
    return min(registry())


def test_every_scene_that_ships_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(list(SCENES.glob("*.yaml"))) > 0
    assert all(": ok (" in line for line in lines)


def test_each_file_is_ok_or_told_what_is_wrong(tmp_path: Path, known: str, capsys: pytest.CaptureFixture[str]) -> None:
    right, wrong = tmp_path / "right.yaml", tmp_path / "wrong.yaml"
    right.write_text(HEAD + f"  - {known}:\n", encoding="utf-8")
    wrong.write_text(HEAD + f"  - {known}: {{opacity: 7, opactiy: 1}}\n", encoding="utf-8")
    assert main([str(wrong), str(right), str(tmp_path / "none.yaml")]) == 3
    printed = capsys.readouterr()
    assert printed.out.endswith("right.yaml: ok (Pool, 1 pass)\n")
    problems = printed.err.splitlines()
    assert problems[0].endswith(f"wrong.yaml:5: passes[0].{known}.opacity: must be between 0 and 1, not 7")
    assert problems[1].endswith(f"passes[0].{known}.opactiy: is not a known key; did you mean 'opacity'?")
    assert problems[2].endswith("none.yaml: there is no such file")


def test_a_damaged_picture_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "wall.png")
    scene = tmp_path / "scene.yaml"
    scene.write_text(HEAD + "  - picture: {file: wall.png}\n", encoding="utf-8")
    assert main([str(scene)]) == 0
    (tmp_path / "wall.png").write_bytes((tmp_path / "wall.png").read_bytes()[:2000])
    assert main([str(scene)]) == 3
    assert "wall.png is an image that cannot be read: " in capsys.readouterr().err


def test_a_knob_that_is_drawn_once_cannot_follow_a_signal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "scene.yaml"
    path.write_text(HEAD + "  - frame: {bind: {relief: presence}}\n", encoding="utf-8")
    assert main([str(path)]) == 3
    assert "passes[0].frame.bind.relief: cannot follow a signal" in capsys.readouterr().err


def test_what_is_wrong_in_foreign_files_is_told_without_drawing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "scene.yaml"
    path.write_text(
        HEAD
        + "  - isf: {file: prism.fs, inputs: {widht: 0.1}}\n"
        + "  - isf: {file: none.fs}\n"
        + "  - shadertoy: {channels: {iChannel0: C}}\n",
        encoding="utf-8",
    )
    assert main([str(path)]) == 3
    told = capsys.readouterr().err.splitlines()
    assert "scene.yaml:5: passes[0].isf.inputs.widht: is not an input of shaders/foreign/prism.fs" in told[0]
    assert told[1].endswith("scene.yaml:6: passes[1].isf.file: there is no shader shaders/foreign/none.fs")
    assert told[2].endswith("yaml:7: passes[2].shadertoy.channels.iChannel0: there is no buffer C in `buffers`")


def test_the_schema_that_editors_read_is_up_to_date() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), "run make schema"


def test_the_schema_knows_every_pass_its_knobs_and_what_may_be_bound() -> None:
    passes = json.loads(schema_text())["properties"]["passes"]["items"]["properties"]
    assert set(passes) == set(registry())
    for kind, settings in registry().items():
        schema = passes[kind]["anyOf"][0]
        assert schema["description"], f"{kind} does not say what it draws"
        assert set(schema["properties"]) == {*settings.model_fields, "bind", "states", *PassPlace.model_fields}
        assert schema["properties"]["bind"]["properties"]["opacity"] == {"$ref": "#/definitions/expression"}
    inputs = passes["isf"]["anyOf"][0]["properties"]["bind"]["patternProperties"]
    assert inputs == {r"^inputs\.": {"$ref": "#/definitions/expression"}}


def test_all_that_the_schema_refers_to_is_in_it_and_tells_its_range_and_an_example() -> None:
    schema = json.loads(schema_text())
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    referred = set(re.findall(r'"#/definitions/([^"]+)"', schema_text()))
    assert referred == set(schema["definitions"])
    assert all(re.fullmatch(r"[\w-]+", name) for name in referred), "a name that needs no escaping"
    assert "prefixItems" not in schema_text() and "$defs" not in schema_text()
    opacity = schema["definitions"]["film-values"]["properties"]["opacity"]
    assert (opacity["minimum"], opacity["maximum"]) == (0.0, 1.0)
    expression = schema["definitions"]["expression"]
    assert all(compile_expression(text, SIGNALS) for text in expression["examples"])
    assert all(name in expression["description"] for name in (*SIGNALS, *FUNCTIONS, *SMOOTHERS))


def test_knobs_of_every_pass_are_documented() -> None:
    for kind, settings in registry().items():
        for knob, schema in settings.model_json_schema()["properties"].items():
            assert len(schema.get("description", "")) > 15, f"{kind}.{knob} does not say what it does"
