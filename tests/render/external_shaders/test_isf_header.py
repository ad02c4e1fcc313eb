"""The header of an ISF file: what is read of it, and what a broken or hostile one is told."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.errors import ConfigError
from engine.render.external_shaders.isf_header import Imported, read_header


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
    assert header.imported == {"mark": Imported(("mark.png",), False, 9)}
    assert header.notes == ()


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
        ("/*[1]*/", "a.fs:1: an ISF file must begin with a comment"),
        (header('"INPUTS": [] "A": 1'), "a.fs:2: the header is not valid JSON: a comma or } was expected, not"),
        (header('"A": 1} {'), "a.fs:2: the header is not valid JSON: there is something after its end"),
        (header("A: 1"), "a.fs:2: the header is not valid JSON: a key in double quotes was expected, not A"),
        (header('"A" 1'), "a.fs:2: the header is not valid JSON: a colon was expected after the key A, not 1"),
        (header('"A": NaN'), "a.fs:2: the header is not valid JSON: a value was expected, not NaN"),
        (
            header('"A": ' + "9" * 5000),
            "a.fs:2: the header is not valid JSON: 99999999999999999999 is not a finite number",
        ),
        (
            '/*{"A": ' + "[" * 30_000 + "*/",
            "a.fs:1: the header is not valid JSON: it is nested more than 20 levels deep",
        ),
        ("/*{" + " " * 70_000 + "*/", "a.fs:1: the header is longer than 64 thousand characters"),
        (
            header('"A": [' + "1, " * 21_000 + "1]"),
            "a.fs:2: the header is not valid JSON: it holds more than 20000 values",
        ),
        (header('"INPUTS": 3'), "a.fs:2: INPUTS: must be a list"),
        (header('"INPUTS": [3]'), "a.fs:2: INPUTS[0]: must be a JSON object"),
        (
            header('"INPUTS": [{"NAME": "x", "TYPE": "cube"}]'),
            "a.fs:2: INPUTS[0].TYPE: must be event, bool, long, float",
        ),
        (header('"INPUTS": [{"TYPE": "bool"}]'), "a.fs:2: INPUTS[0].NAME: is missing"),
        (header('"INPUTS": [{"NAME": "x"}]'), "a.fs:2: INPUTS[0].TYPE: is missing"),
        (
            header('"INPUTS": [{"NAME": "x; float y", "TYPE": "bool"}]'),
            "a.fs:2: INPUTS[0].NAME: must be a name of letters",
        ),
        (
            header('"INPUTS": [{"NAME": "TIME", "TYPE": "bool"}]'),
            "a.fs:2: INPUTS[0].NAME: the name TIME is taken",
        ),
        (
            header('"PASSES": [{"TARGET": "a"},\n{"WIDTH": "__import__(1)"}]'),
            "a.fs:3: PASSES[1].WIDTH: column 1: there is no function",
        ),
        (
            header('"PASSES": [{"HEIGHT": "$SIZE / 2"}]'),
            "a.fs:2: PASSES[0].HEIGHT: column 1: there is no signal 'SIZE'",
        ),
        (header('"PASSES": [' + ", ".join(["{}"] * 33) + "]"), "a.fs:2: PASSES: must be a list of at most 32 items"),
        (
            header('"IMPORTED": {"sky": {"PATH": ["a.png", "b.png"],\n"TYPE": "cube"}}'),
            "a.fs:2: IMPORTED.sky.PATH: of a cube must be 6 pictures",
        ),
        (header('"IMPORTED": {"sky": {"PATH": 3}}'), "a.fs:2: IMPORTED.sky.PATH: must be text"),
        (header('"PERSISTENT_BUFFERS": 3'), "a.fs:2: PERSISTENT_BUFFERS: must be a list of names"),
        (
            header('"INPUTS": [{"NAME": "a", "TYPE": "bool"}],\n"PASSES": [{"TARGET": "a"}]'),
            "a.fs:3: PASSES[0].TARGET: the name a is already used in this header",
        ),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as notes:
        read_header("a.fs", text)
    assert str(notes.value).startswith(message)


FLOAT = '"NAME": "x", "TYPE": "float"'
LONG = '"NAME": "x", "TYPE": "long"'


@pytest.mark.parametrize(
    ("body", "default", "message"),
    [
        (f'"INPUTS": [{{{FLOAT}, "MIN": 2, "MAX": 1}}]', 1.0, "a.fs:2: INPUTS[0].MIN is larger than MAX, 1; they are"),
        (
            f'"INPUTS": [{{{FLOAT}, "MAX": 1,\n"DEFAULT": 2}}]',
            1.0,
            "a.fs:3: INPUTS[0].DEFAULT is 2 but must be at most 1",
        ),
        (f'"INPUTS": [{{{FLOAT}, "MAX": "much"}}]', 0.0, "a.fs:2: INPUTS[0].MAX is "),
        (f'"INPUTS": [{{{FLOAT}, "DEFAULT": "0.5",}}]', 0.5, "a.fs:2: the header has a comma before a }"),
        (
            f'"INPUTS": [{{{FLOAT}, "DEFAULT": {{}}}}]',
            0.0,
            "a.fs:2: INPUTS[0].DEFAULT must be a number, not {}; it is 0",
        ),
        (
            '"INPUTS": [{"NAME": "x", "TYPE": "Float", "DEFAULT": .5}]',
            0.5,
            'a.fs:2: INPUTS[0].TYPE is "Float" and read',
        ),
        (
            f'"INPUTS": [{{{LONG}, "VALUES": [1, 2], "LABELS": ["a"]}}]',
            1,
            "a.fs:2: INPUTS[0].LABELS are 1, but VALUES 2;",
        ),
        (
            f'"INPUTS": [{{{LONG}, "VALUES": ["a", "b"], "DEFAULT": "b"}}]',
            1,
            "a.fs:2: INPUTS[0].VALUES are not all numbers",
        ),
        (
            f'"INPUTS": [{{{LONG}, "VALUES": [1, 2], "DEFAULT": 7}}]',
            1,
            "a.fs:2: INPUTS[0].DEFAULT must be one of 1, 2, not 7",
        ),
        (
            '"INPUTS": [{"NAME": "x", "TYPE": "color", "DEFAULT": [1, 2]}]',
            (0.0, 0.0, 0.0, 1.0),
            "a.fs:2: INPUTS[0].DEFAULT must be a list of 4 numbers, not [1, 2]; it is [0.0, 0.0, 0.0, 1.0] instead",
        ),
        (
            f'"DESCRIPTION": 1, "DESCRIPTION": 2, "INPUTS": [{{{FLOAT}}}]',
            0.0,
            "a.fs:2: the header DESCRIPTION is given twice",
        ),
        (f'// mine\n"INPUTS": [{{{FLOAT}}}]', 0.0, "a.fs:2: the header contains comments"),
        (f'"PERSISTENT_BUFFERS": ["a"], "INPUTS": [{{{FLOAT}}}]', 0.0, "a.fs:2: PERSISTENT_BUFFERS is from ISF 1"),
    ],
)
def test_what_is_put_right_is_told_once(body: str, default: object, message: str) -> None:
    read = read_header("a.fs", header(body))
    assert read.inputs[0].default == default
    assert len(read.notes) == 1
    assert read.notes[0].startswith(message)


@pytest.mark.parametrize("version", ['"2"', '"2.0"', "2", '"1"', "null"])
def test_versions_are_all_read(version: str) -> None:
    assert read_header("a.fs", header(f'"ISFVSN": {version}')).notes == ()


def test_buffers_of_isf_1_are_kept() -> None:
    body = '"PERSISTENT_BUFFERS": {"a": {"WIDTH": "$WIDTH / 2", "FLOAT": true}}, "PASSES": [{"TARGET": "a"}, {}]'
    kept, shown = read_header("a.fs", header(body)).passes
    assert (kept.is_persistent, kept.is_float, shown.is_persistent) == (True, True, False)
    assert kept.width({"WIDTH": 640.0, "HEIGHT": 360.0}) == 320.0


def test_pictures_may_be_a_list_and_a_cube_may_be_six() -> None:
    faces = ["1.png", "2.png", "3.png", "4.png", "5.png", "6.png"]
    body = f'"IMPORTED": [{{"NAME": "a", "PATH": "a.png"}}, {{"NAME": "b", "PATH": {json.dumps(faces)}}}]'
    assert read_header("a.fs", header(body)).imported == {
        "a": Imported(("a.png",), False, 2),
        "b": Imported(tuple(faces), True, 2),
    }
    assert read_header("a.fs", header('"IMPORTED": []')).imported == {}
    one = read_header("a.fs", header('"IMPORTED": {"c": {"PATH": "c.png", "TYPE": "cube"}}')).imported["c"]
    assert (one.paths, one.is_cube) == (("c.png",), True)


@pytest.mark.parametrize("before", ["", "\ufeff\n", "// by somebody\n", "/* a licence */\n", "#version 120\n"])
def test_something_may_stand_above_the_header(before: str) -> None:
    read = read_header("a.fs", before + header('"INPUTS": [{"NAME": "x", "TYPE": "bool"}]'))
    assert read.inputs[0].line == 2 + before.count("\n")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
inputs = st.dictionaries(st.sampled_from(["NAME", "TYPE", "DEFAULT", "MIN", "MAX", "VALUES", "LABELS"]), values)


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no fault
@given(
    st.dictionaries(st.sampled_from(["ISFVSN", "INPUTS", "PASSES", "IMPORTED"]), values | st.lists(inputs, max_size=2))
)
def test_any_json_is_read_or_refused_in_words(data: object) -> None:
    text = json.dumps(data).replace("*/", "")
    try:
        read_header("a.fs", f"/*{text}*/")
    except ConfigError as error:
        assert str(error).startswith("a.fs:")
