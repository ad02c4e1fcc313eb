"""GLSL of other programs becomes that of desktop drivers, token by token and line by line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.render.external_shaders.glsl import foreign_uniforms, kept_back, parse_glsl, translate
from engine.render.external_shaders.glsl_tokens import active, code, declared, plain, text_of, tokenise


def translated(text: str, names: dict[str, str] | None = None, ours: tuple[str, ...] = ()) -> list[str]:
    return translate(parse_glsl(text), names or {}, ours)


def test_lines_stay_where_they_are() -> None:
    text = "#version 120\n#extension GL_ARB_x : enable\n#line 7\n  # version 3\nint a; // \u00e9\n"
    assert [line.strip() for line in translated(text)] == ["", "", "", "", "int a; // ?", ""]


def test_continued_lines_are_joined_and_the_count_of_lines_is_kept() -> None:
    assert translated("#define F(x) \\\n  x + \\\n  1\nint a;") == ["#define F(x)    x +    1", "", "", "int a;"]


def test_old_names_are_replaced_outside_of_comments_and_members() -> None:
    text = "/* texture2D\nvarying */ a = texture2D(s, p) + b.varying; varying vec2 c; // texture2D"
    assert translated(text, {"varying": "in"}) == [
        "/* texture2D",
        "varying */ a = texture(s, p) + b.varying; in vec2 c; // texture2D",
    ]


def test_a_comment_without_an_end() -> None:
    assert translated("int a; /* texture2D") == ["int a; /* texture2D"]


def test_words_have_lines() -> None:
    assert parse_glsl("int a;\n\n/* b\n*/ c\n// d\ne.f 1.e5").words == {"int": 1, "a": 1, "c": 4, "e": 6}


def test_letters_that_only_look_like_line_ends_are_none() -> None:
    assert plain("a\u2028b\x85c\x0cd\ufeffe\r\nf\rg") == "a b c d e\nf\ng"


@given(st.text(alphabet="ab_1.e+-/*\n #(){};\"'", max_size=60))
def test_no_letter_is_lost(text: str) -> None:
    assert text_of(tokenise(text)) == text


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("float a, b = f(c, d), e[3]; int g(vec2 h, in float i) {}", {"a", "b", "e", "g", "h", "i"}),
        ("struct Ray { vec3 from; float at; }; Ray one(Ray two);", {"Ray", "from", "at", "one", "two"}),
        ("#define X(y) y\nfloat[2] z = float[2](1., 2.);", {"X", "z"}),
        ("smooth in vec2 a; x = sample + filter(b);", {"a"}),
        ("for (int i = 0, n = 3; i < n; i++) { f(vec2(i), n); }", {"i", "n"}),
    ],
)
def test_what_is_declared(text: str, names: set[str]) -> None:
    assert set(declared(tokenise(text))) == names


@pytest.mark.parametrize("word", ["smooth", "case", "filter", "sample", "buffer", "input", "half", "common"])
def test_a_name_that_is_a_keyword_since_is_called_otherwise(word: str) -> None:
    parsed = parse_glsl(f"float {word} = 1.0; // {word}\nfloat b = {word} * s.{word};")
    names = kept_back(parsed.declared)
    assert translate(parsed, names) == [f"float ext_{word} = 1.0; // {word}", f"float b = ext_{word} * s.ext_{word};"]


def test_a_keyword_that_is_used_as_one_stays() -> None:
    assert kept_back(parse_glsl("smooth in vec2 a; void f() { switch (1) { case 0: break; } }").declared) == {}


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("#define A 0\n#if A\na\n#else\nb\n#endif", ["b"]),
        ("#define A 2\n#if A == 2 && !defined(B)\na\n#elif A\nb\n#else\nc\n#endif d", ["a", "d"]),
        ("#ifdef A\n#if X\na\n#else\nb\n#endif\n#endif\n#ifndef A\nc\n#endif", ["c"]),
        ("#if 0\na\n#elif 1\nb\n#else\nc\n#endif", ["b"]),
        ("#if F(2)\na\n#else\nb\n#endif", ["a", "b"]),
        ("#ifdef GL_OES_standard_derivatives\na\n#endif\n#ifdef GL_ES\nb\n#endif", ["a"]),
        ("#ifdef GL_X\n#define A 1\n#endif\n#if A\na\n#endif", ["a"]),
        ("#define A 1\n#undef A\n#ifdef A\na\n#endif\n#if __VERSION__ <= 120\nb\n#endif", []),
        ("#define A B\n#define B 0\n#if A\na\n#endif", []),
        ("#define A (1 - 1)\n#if A\na\n#endif", ["a"]),  # as well a macro with parameters
    ],
)
def test_what_a_compiler_sees(text: str, seen: list[str]) -> None:
    left = active(tokenise(text), {"__VERSION__": "420"})
    assert text_of(left).count("\n") == text.count("\n")
    lines = text_of(left).split("\n")
    words = [token.text for line in lines if not line.startswith("#") for token in code(tokenise(line))]
    words += [token.text for line in lines if line.startswith("#endif ") for token in code(tokenise(line[7:]))]
    assert [word for word in words if word.islower()] == seen


def test_uniforms_of_ours_are_not_declared_twice_and_others_are_named() -> None:
    text = "uniform vec3 iResolution;\nuniform float iTime, speed;\nuniform sampler2D a, b;\nvoid main() { a(speed); }"
    ours = ("iResolution", "iTime")
    assert [line.strip() for line in translated(text, ours=ours)][:2] == ["", "uniform float iTime, speed;"]
    assert foreign_uniforms(parse_glsl(text), ours) == {"speed": (2, False), "a": (3, True)}


@pytest.mark.parametrize(
    "piece",
    ["uniform ", "] a ", "#if A\n", "/*", "//\\\n", "a,", "(", '"', "\\\n", "x" * 9 + "\\", "#define A B B B B B\n"],
)
def test_no_text_takes_more_than_its_length_to_read(piece: str) -> None:
    """A quadratic step would take minutes for these."""
    text = (piece * (100_000 // len(piece)))[:100_000]
    parsed = parse_glsl(text)
    assert len(translate(parsed, {})) == text.count("\n") + 1
    assert foreign_uniforms(parsed, ()) == {}


def test_macros_that_grow_are_left_to_the_driver() -> None:
    macros = "".join(f"#define A{index} {' + '.join([f'A{index + 1}'] * 90)}\n" for index in range(8))
    seen = active(tokenise(f"{macros}#if A0\na\n#else\nb\n#endif"), {})
    assert [token.text for token in code(seen) if token.text in ("a", "b")] == ["a", "b"]


def test_a_name_of_the_mirrors_that_is_declared_otherwise_is_the_artists() -> None:
    assert kept_back(parse_glsl("float n_pow = 1.0; float isf_pixel(float x) { return x; }").declared) == {
        "n_pow": "ext_n_pow",
        "isf_pixel": "ext_isf_pixel",
    }
