"""What an expression computes, what it refuses, and that nothing it is given can stop the show."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import ConfigError
from engine.scene.expression import CONSTANTS, FUNCTIONS, MAX_LENGTH, SMOOTHERS, Memory, compile_expression

NAMES = ("presence", "dwell", "time")
SIGNALS = {"presence": 0.25, "dwell": 12.0, "time": 3.5}


def value(text: str) -> float:
    return compile_expression(text, NAMES)(SIGNALS)


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        compile_expression(text, NAMES)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.2 + 0.8 * presence", 0.4),
        ("  presence", 0.25),
        ("2\n+ 3", 5.0),
        ("-presence ** 2", -0.0625),
        ("7 % 4", 3.0),
        ("1 < dwell <= 12", 1.0),
        ("1 < dwell < 12", 0.0),
        ("dwell > 10 and presence", 1.0),
        ("dwell > 20 or not presence", 0.0),
        ("1 if dwell > 10 else 2", 1.0),
        ("min(3, 1, 2)", 1.0),
        ("max(3, dwell)", 12.0),
        ("abs(-2)", 2.0),
        ("clamp(dwell)", 1.0),
        ("clamp(dwell, 0, 5)", 5.0),
        ("mix(10, 20, presence)", 12.5),
        ("step(0.5, presence)", 0.0),
        ("smoothstep(0, 0.5, presence)", 0.5),
        ("smoothstep(1, 1, 2)", 1.0),
        ("sin(pi / 2)", 1.0),
        ("cos(tau)", 1.0),
        ("floor(-0.5)", -1.0),
        ("fract(-0.25)", 0.75),
        ("pow(2, 10)", 1024.0),
        ("sqrt(presence)", 0.5),
    ],
)
def test_arithmetic(text: str, expected: float) -> None:
    assert value(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    "text", ["1 / 0", "1 % 0", "0 ** -1", "(-1) ** 0.5", "sqrt(-1)", "pow(10, 999)", "9 ** 9 ** 9", "1e308 * 10"]
)
def test_what_has_no_value_is_zero(text: str) -> None:
    assert value(text) == 0.0


def test_a_signal_that_is_not_finite_gives_a_finite_value() -> None:
    expression = compile_expression("presence if time else dwell", NAMES)
    assert expression({"presence": math.nan, "dwell": math.inf, "time": 1.0}) == 0.0
    assert expression({"presence": math.nan, "dwell": math.inf, "time": 0.0}) == 0.0


def test_an_expression_tells_which_signals_it_reads() -> None:
    expression = compile_expression("presence + pi * min(time, 1)", NAMES)
    assert expression.names == {"presence", "time"}
    assert expression.text == "presence + pi * min(time, 1)"


def test_a_signal_that_nobody_feeds_is_an_error_of_the_program() -> None:
    with pytest.raises(KeyError, match="dwell"):
        compile_expression("dwell", NAMES)({})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("0.2 + presense", "column 7: there is no signal 'presense'; did you mean 'presence'?"),
        ("   x", "column 4: there is no signal 'x'; there are dwell, pi, presence, tau and time"),
        ("smothstep(0, 1, time)", "column 1: there is no function 'smothstep'; did you mean 'smoothstep'?"),
        ("mix(1, 2)", "column 1: mix takes 3 values, not 2"),
        ("1 + clamp()", "column 5: clamp takes 1 to 3 values, not 0"),
        ("clamp(x=1)", "column 1: clamp takes plain values only"),
        ("max(*time)", "column 1: max takes plain values only"),
        ("sin + 1", "column 1: sin is a function: write sin(...)"),
        ("time.real", "column 1: 'time.real' cannot stand in an expression"),
        ("1 + [2]", "column 5: '[2]' cannot stand in an expression"),
        ("().__class__", "cannot stand in an expression"),
        ("(lambda: 1)()", "only functions by name can be called"),
        ("__import__('os')", "there is no function '__import__'"),
        ("'a' + 1", "column 1: 'a' is not a number"),
        ("True", "column 1: True is not a number"),
        ("2j", "column 1: 2j is not a number"),
        ("1 // 2", "'1 // 2' cannot stand in an expression"),
        ("1 is 1", "column 1: '1 is 1' cannot stand in an expression"),
        ("(x := 1)", "cannot stand in an expression"),
        ("time; 1", "column 5: is not a valid expression"),
        ("1) + (2", "column 2: is not a valid expression"),
        ("1 +", "is not a valid expression"),
        ("", "the expression is empty"),
        (" \n ", "the expression is empty"),
        ("time § 2", "column 6: '§' cannot stand in an expression"),
        ("1e999", "column 1: this number is too large"),
        ("lag(time)", "column 1: lag takes 2 values, not 1"),
        ("slew + 1", "column 1: slew is a function: write slew(...)"),
        ("slw(time, 1)", "column 1: there is no function 'slw'; did you mean 'slew'?"),
    ],
)
def test_what_is_refused_is_said_with_its_column(text: str, sentence: str) -> None:
    assert sentence in refusal(text)


def test_a_long_number_is_a_number() -> None:
    assert value("1" + "0" * 290) == pytest.approx(1e290)


def test_a_character_that_is_no_text_is_refused() -> None:
    assert refusal("1\x00")  # Python's own words differ between versions


def test_length_parts_and_levels_are_limited() -> None:
    assert f"the limit is {MAX_LENGTH}" in refusal("1" * (MAX_LENGTH + 1))
    assert "too long" in refusal("+".join("1" * 101))
    assert "too long" in refusal("-" * 60 + "1")
    assert "is not a valid expression" in refusal("(" * 299)


_PARTS = [
    *NAMES,
    *CONSTANTS,
    *FUNCTIONS,
    *SMOOTHERS,
    *"+-*/%()<>,.'[]{}:=!~@0123456789 ",
    "**",
    "==",
    "if",
    "else",
    "and",
    "not",
    " ",
]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(parts=st.lists(st.sampled_from(_PARTS), max_size=14))
def test_rubbish_is_refused_in_one_sentence_or_has_a_finite_value(parts: list[str]) -> None:
    text = "".join(parts)
    try:
        expression = compile_expression(text, NAMES)
    except ConfigError as error:
        assert "\n" not in str(error)
    else:
        assert math.isfinite(expression(SIGNALS))


def followed(text: str, values: list[float], dt_s: float) -> list[float]:
    """An expression of `time` over values of it, `dt_s` apart."""
    expression, memory = compile_expression(text, NAMES), Memory()
    return [expression(SIGNALS | {"time": value}, dt_s, memory) for value in values]


def test_lag_goes_63_percent_of_the_way_in_its_time() -> None:
    path = followed("lag(time, 2)", [0.0] + [1.0] * 120, 1 / 60)
    assert path[0] == 0.0 and path == sorted(path)
    assert path[-1] == pytest.approx(1 - math.exp(-1), abs=1e-6)


def test_slew_is_no_faster_than_it_says() -> None:
    path = followed("slew(time, 0.5)", [0.0, 1.0, 1.0, 1.0, 0.0], 1.0)
    assert path == [0.0, 0.5, 1.0, 1.0, 0.5]


def test_smoothing_begins_at_the_first_value_and_without_memory_passes_it_on() -> None:
    assert followed("lag(time, 9) + slew(2 * time, 0)", [4.0], 0.1) == [12.0]
    assert value("lag(time, 9)") == value("slew(time, 0)") == SIGNALS["time"]


def test_what_smooths_goes_on_behind_an_if() -> None:
    text = "lag(time, 1) if time < 5 or lag(time, 1) < 0 else 0"
    assert followed(text, [0.0, 9.0, 9.0, 1.0], 0.5)[-1] == followed("lag(time, 1)", [0.0, 9.0, 9.0, 1.0], 0.5)[-1]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    smoother=st.sampled_from(["lag(time, 0.7)", "slew(time, 0.7)", "lag(lag(time, 0.2), 1) + slew(time, 2)"]),
    start=st.floats(-9, 9),
    goal=st.floats(-9, 9),
    parts=st.integers(1, 20),
)
def test_smoothing_does_not_depend_on_the_rate_of_frames(smoother: str, start: float, goal: float, parts: int) -> None:
    if smoother.startswith("lag(lag"):  # of a lag of a lag only the limit is exact
        coarse, fine = (followed(smoother, [start] + [goal] * n, 3.0 / n)[-1] for n in (600, 1200))
        assert fine == pytest.approx(coarse, abs=0.02)
        return
    coarse, fine = (followed(smoother, [start] + [goal] * n, 0.25 / n)[-1] for n in (1, parts))
    assert fine == pytest.approx(coarse, abs=1e-9)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    values=st.lists(st.floats(), min_size=1, max_size=8),
    amount=st.floats(allow_nan=False, allow_infinity=False),
    dt_s=st.floats(0, 0.25),
)
def test_smoothing_stays_finite_and_comes_back(values: list[float], amount: float, dt_s: float) -> None:
    for name in SMOOTHERS:
        expression, memory = compile_expression(f"{name}(time, presence)", NAMES), Memory()
        signals = SIGNALS | {"presence": amount}
        assert all(math.isfinite(expression(signals | {"time": value}, dt_s, memory)) for value in values)
