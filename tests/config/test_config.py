"""config.yaml: the one that ships says everything, and a broken one is told what is wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from engine.config.config import Config, load_config
from engine.config.yaml_loader import load_yaml
from engine.core.errors import ConfigError

SHIPPED = Path(__file__).resolve().parents[2] / "config.yaml"


def refusal(tmp_path: Path, text: str) -> str:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    return str(caught.value).replace(f"{tmp_path.as_posix()}/", "")


def test_the_file_that_ships_is_the_defaults() -> None:
    assert load_config(SHIPPED) == Config()


def test_the_file_that_ships_names_every_key() -> None:
    data, _ = load_yaml(SHIPPED)
    for section, settings in Config():
        assert isinstance(settings, BaseModel)
        assert list(data[section]) == list(type(settings).model_fields), section


def test_the_file_that_ships_says_what_each_key_does_within_the_width_of_a_page() -> None:
    for line in SHIPPED.read_text(encoding="utf-8").splitlines():
        assert len(line) <= 120, line
        if re.match(r"  \w+:", line):
            assert re.search(r"  # .{20}", line), f"no comment: {line}"


def test_the_file_that_ships_gives_the_range_of_every_number() -> None:
    _, locate = load_yaml(SHIPPED)
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    for section, properties in _properties().items():
        for key, schema in properties.items():
            if schema.get("type") in {"number", "integer"}:
                start = locate((section, key)) - 1
                comment = " ".join(lines[start : start + 2])
                for bound in (schema["minimum"], schema["maximum"]):
                    assert re.search(rf"(?<![\d.]){bound:.15g}(?![\d.]*\d)", comment), (section, key, bound)


def test_every_key_is_documented() -> None:
    for section, properties in _properties().items():
        for key, schema in properties.items():
            assert len(schema.get("description", "")) > 15, (section, key)


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("persona: {attributes: off}\nreflection: {threads: 2}\n", encoding="utf-8")
    config = load_config(path)
    assert config.persona.attributes is False
    assert config.persona.model == "portraits"
    assert config.reflection.threads == 2
    assert config.camera == Config().camera


@pytest.mark.parametrize(
    ("written", "device"), [("off", "off"), ('"off"', "off"), ("0", 0), ("default", "default"), ("USB", "USB")]
)
def test_a_microphone_may_be_off_a_number_or_a_name(tmp_path: Path, written: str, device: int | str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"audio: {{device: {written}}}\n", encoding="utf-8")
    found = load_config(path).audio.device
    assert found == device and type(found) is type(device)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("camera: {width: 3}", "config.yaml:1: camera.width: must be a whole number between 160 and 3840, not 3"),
        ("camera:\n  fsp: 3", "config.yaml:2: camera.fsp: is not a known key; did you mean 'fps'?"),
        (
            "camera: {ignore: [[0.5, 0, 0.2, 1]]}",
            "config.yaml:1: camera.ignore[0]: must be left, top, right, bottom, with left before right and top above",
        ),
        ("camra: {}", "config.yaml:1: camra: is not a known key; did you mean 'camera'?"),
        ("camera: 3", "config.yaml:1: camera: must be a mapping of keys and values, not 3"),
        (
            "display: {size: [0, 720]}",
            "config.yaml:1: display.size[0]: must be a whole number between 16 and 16384, not 0",
        ),
        (
            "display: {size: 1280x720}",
            "display.size: must be a list of 2 values, each a whole number between 16 and 16384",
        ),
        ("display: {transfer: opencl}", 'display.transfer: must be auto, cuda or pixel_buffer, not "opencl"'),
        ("display: {render_scale: 7}", "display.render_scale: must be auto or between 0.25 and 2, not 7"),
        (
            "display: {display: 99}",
            "display.display: must be a whole number between 0 and 15 or a part of its name, not 99",
        ),
        ("display: {vsync: maybe}", 'display.vsync: must be true or false, not "maybe"'),
        ("persona: {model: ../secret}", "persona.model: must be a name of letters, digits, '_', '-' and '.'"),
        ("scene: {name: /etc/passwd}", "scene.name: must be a name of letters, digits, '_', '-' and '.'"),
        ("scene: {scenes: [a, b, c, d, e, f, g, h, i, j]}", "scene.scenes: must be a list of at most 9 items, not"),
        (
            "reflection: {threads: many}",
            'reflection.threads: must be a whole number between 1 and 256 or null, not "many"',
        ),
        (
            "reflection: {runtime: onnx}",
            'reflection.runtime: must be auto, openvino, tensorflow, jax or gpu, not "onnx"',
        ),
        (
            "audio: {device: -1}",
            "audio.device: must be a whole number between 0 and 255 or off, default or a part of its name, not -1",
        ),
        ("audio: {device: on}", "or off, default or a part of its name, not on, which YAML reads as true or false"),
        ("reflection: {rate_hz: 0}", "reflection.rate_hz: must be between 1 and 120, not 0"),
        ("recorder: {encoder: off}", 'which YAML reads as true or false: write "off" in quotes if the word is meant'),
        ("", "config.yaml: is empty"),
    ],
)
def test_what_is_wrong_is_named_with_file_line_and_key(tmp_path: Path, text: str, sentence: str) -> None:
    assert sentence in refusal(tmp_path, text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"venue\.yaml: there is no such file"):
        load_config(tmp_path / "venue.yaml")


def _properties() -> dict[str, dict[str, Any]]:
    """JSON schema of every key of every section."""
    return {
        section: type(settings).model_json_schema()["properties"]
        for section, settings in Config()
        if isinstance(settings, BaseModel)
    }
