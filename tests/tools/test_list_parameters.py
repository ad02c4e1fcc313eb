"""The list of parameters that people read, and the one that programs read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.list_parameters import main


def test_every_parameter_is_listed_with_its_range(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("scene: {name: pool}\n")
    assert main(["--config", str(config)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("/narcissus/scene/water/wind ") and " float 0 to 5, " in line for line in lines)
    assert any(line.startswith("/narcissus/state/dwell ") for line in lines)
    assert lines[-1].startswith(f"{len(lines) - 1} parameters, ")


def test_json_has_the_same_and_a_scene_that_is_not_there_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("scene: {}\n")
    assert main(["--config", str(config), "--scene", "gilded_mirror", "--json"]) == 0
    listed = {each["address"]: each for each in json.loads(capsys.readouterr().out)}
    wear = listed["/narcissus/scene/frame/wear"]
    assert wear["range"] == [0.0, 1.0] and wear["rebuilt"] and wear["access"] == "read-write"
    assert "gilded_mirror" in listed["/narcissus/show/scene"]["choices"]
    assert not any("file" in address for address in listed)
    assert main(["--config", str(config), "--scene", "nowhere"]) == 3
    assert "there is no scene 'nowhere'" in capsys.readouterr().err
