"""Old GLSL becomes GLSL 3.30 line by line, and what is not offered is found by name."""

from __future__ import annotations

import pytest

from engine.render.external_shaders.glsl import translate, unsupported, words


def test_lines_stay_where_they_are() -> None:
    text = "#version 120\n#extension GL_ARB_x : enable\n#line 7\n  # version 3\nint a; // \u00e9\n"
    assert translate(text, {}) == ["", "", "", "", "int a; // ?", ""]


def test_continued_lines_are_joined_and_the_count_of_lines_is_kept() -> None:
    assert translate("#define F(x) \\\n  x + \\\n  1\nint a;", {}) == ["#define F(x)    x +    1", "", "", "int a;"]


def test_old_names_are_replaced_outside_of_comments_and_members() -> None:
    text = "/* texture2D\nvarying */ a = texture2D(s, p) + b.varying; varying vec2 c; // texture2D"
    assert translate(text, {"varying": "in"}) == [
        "/* texture2D",
        "varying */ a = texture(s, p) + b.varying; in vec2 c; // texture2D",
    ]


def test_a_comment_without_an_end() -> None:
    assert translate("int a; /* texture2D", {}) == ["int a; /* texture2D"]


def test_words_have_lines() -> None:
    assert list(words("int a;\n\n/* b\n*/ c\n// d\ne.f")) == [("int", 1), ("a", 1), ("c", 4), ("e", 6)]


@pytest.mark.parametrize(
    ("word", "feature"),
    [
        ("samplerCube", "cubemaps"),
        ("sampler3D", "volume textures"),
        ("mainSound", "sound passes"),
        ("gl_FragData", r"several outputs (gl_FragData)"),
    ],
)
def test_what_is_not_offered_is_named_with_its_line(word: str, feature: str) -> None:
    assert unsupported(f"// {word}\nint a;\n{word} b;") == (f"{feature} are not supported", 3)
    assert unsupported(f"// {word}\nint a_{word};") is None
