"""What a compiler would see of a shader."""

from __future__ import annotations

import pytest

from engine.render.gl.glsl_preprocessor import seen_lines


def seen(text: str) -> str:
    return "\n".join(line for _, line in seen_lines(text.split("\n")))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("#define A\n#ifdef A\nx;\n#else\ny;\n#endif", "#define A\nx;"),
        ("#ifdef A\nx;\n#else\ny;\n#endif\nz;", "y;\nz;"),
        ("#ifndef A\n#define A\nx;\n#endif\n#ifndef A\nx;\n#endif", "#define A\nx;"),
        ("#ifdef A\n#ifdef B\nx;\n#else\ny;\n#endif\n#endif\nz;", "z;"),
        ("#define A\n#undef A\n#ifdef A\nx;\n#endif", "#define A\n#undef A"),
        ("#ifdef A\n#define B\n#endif\n#ifdef B\nx;\n#endif", ""),
        ("a; // why\n/* so\nand so */\n\nb; /* c */ d;", "a;\nb;   d;"),
        ("a /* #ifdef A */;\n// #endif", "a  ;"),
    ],
)
def test_what_the_text_decides_by_itself(text: str, left: str) -> None:
    assert seen(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "#if defined(A) || B > 2\nx;\n#elif C\ny;\n#else\nz;\n#endif",
        "#ifdef GL_ARB_gpu_shader5\nx;\n#endif",
        "#if B\n#define A\n#endif\n#ifdef A\nx;\n#else\ny;\n#endif",
        "#endif\nx;",
    ],
)
def test_what_only_the_driver_can_decide_is_left_to_it(text: str) -> None:
    assert seen(text) == text


def test_an_expression_after_a_decided_name() -> None:
    assert seen("#ifdef A\nx;\n#elif B > 1\ny;\n#else\nz;\n#endif") == "#if B > 1\ny;\n#else\nz;\n#endif"
    assert seen("#define A\n#ifdef A\nx;\n#elif B > 1\ny;\n#else\nz;\n#endif") == "#define A\nx;"
    assert seen("#ifdef A\n#ifdef B\nx;\n#elif C\ny;\n#endif\n#if D\nz;\n#else\nw;\n#endif\n#endif") == ""


def test_lines_keep_their_place() -> None:
    assert list(seen_lines(["#ifdef A", "x;", "#endif", "", "y;"])) == [(4, "y;")]
