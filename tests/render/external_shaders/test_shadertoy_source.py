"""Texts of Shadertoy as people bring them are taken apart into tabs, and say what their channels show."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.core.errors import ConfigError
from engine.render.external_shaders.shadertoy_source import ExportedChannel, read_export, split_tabs

MAIN = "void mainImage(out vec4 c, in vec2 p) { c = vec4(1.0); }\n"


def test_one_tab_is_the_image_whatever_its_comments_are_called() -> None:
    text = f"// Image\n// by somebody\nvoid mainImage(out vec4 c, in vec2 p);\n{MAIN}"
    (tab,) = split_tabs("a.glsl", text)
    assert (tab.name, tab.text, dict(tab.channels)) == ("Image", text, {})


@pytest.mark.parametrize(
    ("mark", "name"),
    [
        ("// Buffer A", "A"),
        ("// buf b", "B"),
        ("/* === Buffer C === */", "C"),
        ("//------ BUFFER D ------//", "D"),
        ("// Tab: Buffer A", "A"),
        ("// Common", "Common"),
        ("/*\n * common tab\n */", "Common"),
    ],
)
def test_tabs_are_told_apart_by_their_marks(mark: str, name: str) -> None:
    body = MAIN if name != "Common" else "float half_of = 0.5;\n"
    text = f"{mark}\n{body}// Image\n{MAIN}" + ("// Buffer D\n" + MAIN if name == "Common" else "")
    tabs = {tab.name: tab for tab in split_tabs("a.glsl", text)}
    assert name in tabs
    assert "Image" in tabs
    lines = tabs["Image"].text.split("\n")
    assert lines[mark.count("\n") + 3].startswith("void mainImage")  # where it stands in the file


def test_channels_are_as_comments_say_or_as_is_usual() -> None:
    usual = split_tabs("a.glsl", f"// Common\nint a;\n// Buffer A\n{MAIN}// Buffer C\n{MAIN}// Image\n{MAIN}")
    buffers = {0: ExportedChannel("buffer", "A"), 2: ExportedChannel("buffer", "C")}
    assert {tab.name: dict(tab.channels) for tab in usual} == {
        "Common": {},
        "A": buffers,
        "C": buffers,
        "Image": buffers,
    }
    said = split_tabs("a.glsl", f"// Buffer A\n// iChannel1: self\n{MAIN}// Image\n// iChannel3 = Buffer A\n{MAIN}")
    assert {tab.name: dict(tab.channels) for tab in said} == {
        "A": {1: ExportedChannel("buffer", "A")},
        "Image": {3: ExportedChannel("buffer", "A")},
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MAIN + MAIN, r"a\.glsl:2: there are several mainImage"),
        (f"// Buffer A\n{MAIN}{MAIN}// Image\n{MAIN}", r"a\.glsl:3: there are several mainImage"),
        (f"// Image\n{MAIN}// Image\n{MAIN}", r"a\.glsl:3: the tab Image already exists"),
        (f"// Buffer A\n{MAIN}// buf a\n{MAIN}", r"a\.glsl:3: the tab Buffer A already exists"),
    ],
)
def test_what_cannot_be_told_apart_is_told(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        split_tabs("a.glsl", text)


def export(*passes: dict[str, Any]) -> str:
    return json.dumps([{"ver": "0.1", "renderpass": list(passes)}])


def one(kind: str, name: str = "", inputs: tuple[dict[str, Any], ...] = (), output: Any = None) -> dict[str, Any]:
    outputs = [{"id": output, "channel": 0}] if output is not None else []
    return {"type": kind, "name": name, "inputs": list(inputs), "outputs": outputs, "code": MAIN}


def test_the_sites_json_says_all() -> None:
    sampler = {"filter": "mipmap", "wrap": "repeat", "vflip": "false", "srgb": "false"}
    image = one(
        "image",
        "Image",
        (
            {"id": "x1", "type": "buffer", "channel": 0, "sampler": sampler},
            {"id": "x9", "ctype": "texture", "src": "/media/a/wood.jpg", "channel": 1},
            {"id": 33, "ctype": "keyboard", "channel": "2"},
            {"src": "/media/previz/buffer02.png", "ctype": "buffer", "channel": 3},
        ),
    )
    tabs = read_export("a.json", export(image, one("buffer", "Buf B", output="x1"), one("common"), one("sound")))
    assert [tab.name for tab in tabs] == ["Image", "B", "Common"]
    assert [tab.shown for tab in tabs] == ["a.json (Image)", "a.json (Buffer B)", "a.json (Common)"]
    assert dict(tabs[0].channels) == {
        0: ExportedChannel("buffer", "B", "mipmap", "repeat", vflip=False),
        1: ExportedChannel("texture", "/media/a/wood.jpg"),
        2: ExportedChannel("keyboard"),
        3: ExportedChannel("buffer", "C"),
    }


def test_buffers_without_names_are_counted() -> None:
    tabs = read_export("a.json", export(one("buffer"), one("image"), one("buffer", "Buf A"), one("buffer")))
    assert [tab.name for tab in tabs] == ["B", "Image", "A", "C"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"a\.json:1: the file is not valid JSON"),
        ("3", r"a\.json: is not an export from shadertoy\.com"),
        ('{"renderpass": [1]}', r"a\.json: is not an export from shadertoy\.com"),
        (export(one("image"), one("image")), r"a\.json: has two tabs Image"),
        (export({"type": "image"}), r"a\.json: its tab Image has no code"),
        (export(*[one("buffer")] * 5), r"a\.json: has more than four buffers"),
        (export(*[one("sound")] * 17), r"a\.json: has more than 16 tabs"),
    ],
)
def test_what_is_no_export_is_told(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_export("a.json", text)
