"""The header of an ISF file: what is read of it, and what a broken or hostile one is told."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import ConfigError
from engine.render.external_shaders.isf_header import read_header


def test_a_header_with_tabs_and_all_types() -> None:
    text = """/*{
\t"ISFVSN": "2.0", "CREDIT": "somebody", "CATEGORIES": ["Blur"], "DESCRIPTION": "a \\/ b \\u00e9",
\t"INPUTS": [
\t\t{"NAME": "inputImage", "TYPE": "image"},
\t\t{"NAME": "level", "TYPE": "float", "MIN": 0, "MAX": 1e1, "DEFAULT": 5.0e-1, "LABEL": "Level"},
\t\t{"NAME": "mode", "TYPE": "long", "VALUES": [0, 1], "LABELS": ["a", "b"], "DEFAULT": 1}
\t],
\t"PASSES": [{"TARGET": "kept", "PERSISTENT": true, "FLOAT": 1, "WIDTH": "max($WIDTH * $level, 1.0)"}, {}],
\t"IMPORTED": {"mark": {"PATH": "mark.png"}}
}*/
void main() {}
"""
    header = read_header("a.fs", text)
    image, level, mode = header.inputs
    assert (image.name, image.kind) == ("inputImage", "image")
    assert (level.default, level.low, level.high, level.line) == (0.5, 0.0, 10.0, 5)
    assert (mode.default, dict(mode.values or {})) == (1, {0: "a", 1: "b"})
    kept, shown = header.passes
    assert (kept.target, kept.is_persistent, kept.is_float, shown.target) == ("kept", True, True, None)
    assert kept.width({"WIDTH": 640.0, "HEIGHT": 360.0, "level": 0.5, "mode": 0.0}) == 320.0
    assert kept.height({"WIDTH": 640.0, "HEIGHT": 360.0, "level": 0.5, "mode": 0.0}) == 360.0
    assert header.imported == {"mark": ("mark.png", 9)}


def test_a_file_that_says_nothing_has_one_pass_and_no_limits() -> None:
    header = read_header("a.fs", '\ufeff\n/* {"INPUTS": [{"NAME": "x", "TYPE": "float"}]} */')
    assert len(header.passes) == 1
    assert header.passes[0].target is None
    assert (header.inputs[0].low, header.inputs[0].high) == (-math.inf, math.inf)


def header(body: str) -> str:
    return f"/*{{\n{body}\n}}*/ void main() {{}}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("void main() {}", "a.fs:1: an ISF file must begin with a comment"),
        ("/* {} ", "a.fs:1: an ISF file must begin with a comment"),
        ("/*[1]*/", "a.fs:1: the header must be a JSON object"),
        (header('"INPUTS": [],'), "a.fs:3: the header is not valid JSON: Expecting property name"),
        (header('"A": NaN'), "a.fs:1: the header holds a number that JSON does not know"),
        (
            header('"A": ' + "9" * 5000),
            "a.fs:1: the header holds a number that JSON does not know or that is too large",
        ),
        ("/*" + "[" * 30_000 + "*/", "a.fs:1: the header is nested too deep"),
        (header('"A": ' + "[" * 40 + "]" * 40), "a.fs:2: is nested more than 20 levels deep"),
        ("/*" + " " * 70_000 + "*/", "a.fs:1: the header is longer than 64 thousand characters"),
        (header('"A": [' + "1, " * 21_000 + "1]"), "a.fs:2: holds more than 20000 values"),
        (header('"A": 1,\n"A": 2'), "a.fs:3: A is given twice"),
        (header('"ISFVSN": "1"'), "a.fs:2: ISFVSN: must be 2, not 1"),
        (header('"PERSISTENT_BUFFERS": ["a"]'), "a.fs:2: PERSISTENT_BUFFERS: is ISF 1, which is not supported"),
        (header('"INPUTS": {}'), "a.fs:2: INPUTS: must be a list"),
        (header('"INPUTS": [{"NAME": "x",\n"TYPE": "audio"}]'), "a.fs:3: INPUTS[0].TYPE: audio is not supported"),
        (header('"INPUTS": [{"NAME": "x", "TYPE": "audioFFT"}]'), "a.fs:2: INPUTS[0].TYPE: audioFFT is not supported"),
        (
            header('"INPUTS": [{"NAME": "x", "TYPE": "cube"}]'),
            "a.fs:2: INPUTS[0].TYPE: must be event, bool, long, float",
        ),
        (header('"INPUTS": [{"TYPE": "bool"}]'), "a.fs:2: INPUTS[0].NAME: is missing"),
        (
            header('"INPUTS": [{"NAME": "x; float y", "TYPE": "bool"}]'),
            "a.fs:2: INPUTS[0].NAME: must be a name of letters",
        ),
        (
            header('"INPUTS": [{"NAME": "TIME", "TYPE": "bool"}]'),
            "a.fs:2: INPUTS[0].NAME: TIME is a name that is taken",
        ),
        (
            header('"INPUTS": [{"NAME": "x", "TYPE": "float", "MIN": 2, "MAX": 1}]'),
            "a.fs:2: INPUTS[0].MIN: must not be larger",
        ),
        (header('"INPUTS": [{"NAME": "x", "TYPE": "float", "MAX": "1"}]'), "a.fs:2: INPUTS[0].MAX: must be a number"),
        (
            header('"INPUTS": [{"NAME": "x", "TYPE": "float", "MAX": 1,\n"DEFAULT": 2}]'),
            "a.fs:3: INPUTS[0].DEFAULT: must be between -inf and 1, not 2",
        ),
        (
            header('"INPUTS": [{"NAME": "x", "TYPE": "color", "DEFAULT": [1, 2]}]'),
            "a.fs:2: INPUTS[0].DEFAULT: must be a list of 4",
        ),
        (
            header('"INPUTS": [{"NAME": "x", "TYPE": "long", "VALUES": [1, 2], "LABELS": ["a"]}]'),
            "a.fs:2: INPUTS[0].LABELS: must be as many as VALUES, 2, not 1",
        ),
        (
            header('"PASSES": [{"TARGET": "a"},\n{"WIDTH": "__import__(1)"}]'),
            "a.fs:3: PASSES[1].WIDTH: column 1: there is no function",
        ),
        (
            header('"PASSES": [{"HEIGHT": "$SIZE / 2"}]'),
            "a.fs:2: PASSES[0].HEIGHT: column 1: there is no signal 'SIZE'",
        ),
        (header('"PASSES": [' + ", ".join(["{}"] * 17) + "]"), "a.fs:2: PASSES: must be a list of at most 16 items"),
        (
            header('"IMPORTED": {"sky": {"PATH": "a.png",\n"TYPE": "cube"}}'),
            "a.fs:3: IMPORTED.sky.TYPE: cubemaps are not supported",
        ),
        (header('"IMPORTED": {"sky": {"PATH": 3}}'), "a.fs:2: IMPORTED.sky.PATH: must be text"),
        (
            header('"INPUTS": [{"NAME": "a", "TYPE": "bool"}],\n"PASSES": [{"TARGET": "a"}]'),
            "a.fs:3: PASSES[0].TARGET: a is the name of something else in this header already",
        ),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as told:
        read_header("a.fs", text)
    assert str(told.value).startswith(message)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
inputs = st.dictionaries(st.sampled_from(["NAME", "TYPE", "DEFAULT", "MIN", "MAX", "VALUES", "LABELS"]), values)


@given(
    st.dictionaries(st.sampled_from(["ISFVSN", "INPUTS", "PASSES", "IMPORTED"]), values | st.lists(inputs, max_size=2))
)
def test_any_json_is_read_or_refused_in_words(data: object) -> None:
    text = json.dumps(data).replace("*/", "")
    try:
        read_header("a.fs", f"/*{text}*/")
    except ConfigError as error:
        assert str(error).startswith("a.fs:")
