"""Expressions: arithmetic over named signals, written in scenes by artists, evaluated once per drawn frame.

An expression is parsed with Python's grammar and accepted only if every node is on a short list; it becomes nested
functions and is never executed as code. Knows neither scenes nor the meaning of its names.

Everything is a float. Comparisons and `and`, `or`, `not` give 1 or 0; anything but 0 is true. An undefined result (1 /
0, the root of a negative number, an overflow) is 0: a binding can never stop the show.

`lag` and `slew` smooth over time. Their state belongs to the caller, so that an expression itself is immutable; every
part of an expression is evaluated every time, so that no smoothing pauses behind an `if`.
"""

from __future__ import annotations

import ast
import math
import operator
import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from engine.core.easing import smoothstep
from engine.core.errors import ConfigError
from engine.core.messages import did_you_mean, join_words

MAX_LENGTH = 300
MAX_NODES = 100
MAX_DEPTH = 20

CONSTANTS: Mapping[str, float] = {"pi": math.pi, "tau": math.tau}

Memory = dict[int, float]
"""State of the smoothing parts of one expression; empty at first."""


@dataclass(frozen=True, slots=True)
class _Moment:
    signals: Mapping[str, float]
    dt_s: float
    memory: Memory


_Evaluate = Callable[[_Moment], float]


def _clamp(x: float, low: float = 0.0, high: float = 1.0) -> float:
    return min(max(x, low), high)


def _mix(a: float, b: float, t: float) -> float:
    return a + (b - a) * t


def _step(edge: float, x: float) -> float:
    return float(x >= edge)


def _smoothstep(low: float, high: float, x: float) -> float:
    return smoothstep(x, low, high)


def _fract(x: float) -> float:
    return x - math.floor(x)


# name: function, fewest and most arguments
FUNCTIONS: Mapping[str, tuple[Callable[..., Any], int, int]] = {
    "min": (min, 2, 8),
    "max": (max, 2, 8),
    "abs": (abs, 1, 1),
    "clamp": (_clamp, 1, 3),
    "mix": (_mix, 3, 3),
    "step": (_step, 2, 2),
    "smoothstep": (_smoothstep, 3, 3),
    "sin": (math.sin, 1, 1),
    "cos": (math.cos, 1, 1),
    "floor": (math.floor, 1, 1),
    "fract": (_fract, 1, 1),
    "pow": (operator.pow, 2, 2),
    "sqrt": (math.sqrt, 1, 1),
}


def _lag(before: float, x: float, seconds: float, dt_s: float) -> float:
    """First-order low-pass: 63 % of the way to a new value after `seconds`, at any frame rate."""
    return x if seconds <= 0 else before + (x - before) * -math.expm1(-dt_s / seconds)


def _slew(before: float, x: float, per_second: float, dt_s: float) -> float:
    """Move towards `x` by at most `per_second`."""
    most = max(per_second, 0.0) * dt_s
    return before + _clamp(x - before, -most, most)


# name: next value from the previous one, the newest input, the parameter, and the time between
SMOOTHERS: Mapping[str, Callable[[float, float, float, float], float]] = {"lag": _lag, "slew": _slew}
_BINARY: Mapping[type[ast.operator], Callable[[float, float], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_UNARY: Mapping[type[ast.unaryop], Callable[[float], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
}
_COMPARE: Mapping[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


class Expression:
    """A checked expression; call it with the current signals.

    Attributes:
        text: as written.
        names: the signals that it reads.
    """

    def __init__(self, text: str, names: frozenset[str], evaluate: _Evaluate) -> None:
        self.text = text
        self.names = names
        self._evaluate = evaluate

    def __call__(self, signals: Mapping[str, float], dt_s: float = 0.0, memory: Memory | None = None) -> float:
        """The current value, always finite.

        Args:
            signals: values by name.
            dt_s: time since the last call with this memory.
            memory: state of `lag` and `slew`, updated here; without it they pass their input through.

        Raises:
            KeyError: a signal that the expression reads is not in `signals`.
        """
        value = self._evaluate(_Moment(signals, dt_s, {} if memory is None else memory))
        return value if math.isfinite(value) else 0.0

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


def compile_expression(text: str, names: Collection[str], lists: Collection[str] = (), most: int = 0) -> Expression:
    """Check and compile an expression.

    Args:
        text: e.g. `0.2 + 0.8 * presence`; at most 300 characters, 100 parts, 20 levels.
        names: the signals that it may read.
        lists: those of them that everybody has, and that may be followed by `[0]`, `[1]` ...
        most: the most people; what is beyond those who are there is 0.

    Raises:
        ConfigError: what is wrong and in which column (from 1).
    """
    if len(text) > MAX_LENGTH:
        raise ConfigError(f"the expression has {len(text)} characters; the limit is {MAX_LENGTH}")
    if not text.isascii():
        column = next(index for index, letter in enumerate(text, 1) if not letter.isascii())
        raise ConfigError(f"column {column}: {text[column - 1]!r} cannot stand in an expression")
    if not text.strip():
        raise ConfigError("the expression is empty")
    # Line breaks count as spaces. Python would read leading spaces as indentation; columns still count them.
    line = " ".join(text.splitlines()).replace("\t", " ")
    indent = len(line) - len(line.lstrip())
    compiler = _Compiler(line, indent, names, lists, most)
    evaluate = compiler.compile(_parse(line.lstrip(), indent), 1)
    return Expression(text, frozenset(compiler.used), evaluate)


def _parse(text: str, indent: int) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        column = min(max(error.offset or 1, 1), len(text) + 1)
        raise ConfigError(f"column {column + indent}: is not a valid expression: {error.msg}") from error
    except (ValueError, MemoryError, RecursionError) as error:
        raise ConfigError("the expression cannot be read; write it plainly and shorter") from error


class _Compiler:
    """Compiles accepted nodes to nested functions and rejects all others."""

    def __init__(
        self, line: str, indent: int, names: Collection[str], lists: Collection[str] = (), most: int = 0
    ) -> None:
        self.used: set[str] = set()
        self._line = line
        self._indent = indent
        self._names = names
        self._lists, self._most = lists, most
        self._nodes = 0
        self._smoothers = 0

    def compile(self, node: ast.expr, depth: int) -> _Evaluate:
        self._nodes += 1
        if self._nodes > MAX_NODES or depth > MAX_DEPTH:
            raise ConfigError(f"the expression is too long: the limits are {MAX_NODES} parts and {MAX_DEPTH} levels")
        deeper = depth + 1
        match node:
            case ast.Constant():
                return self._constant(node)
            case ast.Name():
                return self._name(node)
            case ast.UnaryOp() if type(node.op) in _UNARY:
                return _apply(_UNARY[type(node.op)], [self.compile(node.operand, deeper)])
            case ast.BinOp() if type(node.op) in _BINARY:
                return _apply(
                    _BINARY[type(node.op)], [self.compile(node.left, deeper), self.compile(node.right, deeper)]
                )
            case ast.BoolOp():
                return _logic(isinstance(node.op, ast.And), [self.compile(value, deeper) for value in node.values])
            case ast.Compare() if all(type(op) in _COMPARE for op in node.ops):
                operands = [self.compile(value, deeper) for value in (node.left, *node.comparators)]
                return _chain([_COMPARE[type(op)] for op in node.ops], operands)
            case ast.IfExp():
                return _choose(*(self.compile(part, deeper) for part in (node.test, node.body, node.orelse)))
            case ast.Call():
                return self._call(node, deeper)
            case ast.Subscript():
                return self._item(node)
            case _:
                part = self._line[self._indent + node.col_offset : self._indent + (node.end_col_offset or 0)]
                self._refuse(node, f"{part!r} cannot stand in an expression")

    def _constant(self, node: ast.Constant) -> _Evaluate:
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            self._refuse(node, f"{node.value!r} is not a number")
        try:
            number = float(node.value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            self._refuse(node, "this number is too large")
        return lambda _: number

    def _name(self, node: ast.Name) -> _Evaluate:
        name = node.id
        if name in self._names:
            self.used.add(name)
            return lambda moment: float(moment.signals[name])
        if name in CONSTANTS:
            constant = CONSTANTS[name]
            return lambda _: constant
        if name in FUNCTIONS or name in SMOOTHERS:
            self._refuse(node, f"{name} is a function: write {name}(...)")
        self._refuse(node, f"there is no signal {name!r}; {did_you_mean(name, [*self._names, *CONSTANTS])}")

    def _item(self, node: ast.Subscript) -> _Evaluate:
        """The signal of one of several people: `yaw[1]`."""
        if not isinstance(node.value, ast.Name) or node.value.id not in self._lists:
            self._refuse(
                node, f"only signals that everybody has can be followed by [0]: {join_words(self._lists, 'or')}"
            )
        index = node.slice.value if isinstance(node.slice, ast.Constant) else None
        if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < self._most:
            self._refuse(node, f"{node.value.id}[...] takes a whole number from 0, the nearest, to {self._most - 1}")
        name = f"{node.value.id}[{index}]"
        self.used.add(name)
        return lambda moment: float(moment.signals.get(name, 0.0))

    def _call(self, node: ast.Call, depth: int) -> _Evaluate:
        if not isinstance(node.func, ast.Name):
            self._refuse(node, "only functions by name can be called")
        name = node.func.id
        if name not in FUNCTIONS and name not in SMOOTHERS:
            self._refuse(node, f"there is no function {name!r}; {did_you_mean(name, [*FUNCTIONS, *SMOOTHERS])}")
        fewest, most = FUNCTIONS[name][1:] if name in FUNCTIONS else (2, 2)
        if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
            self._refuse(node, f"{name} takes plain values only")
        if not fewest <= len(node.args) <= most:
            wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
            self._refuse(node, f"{name} takes {wanted} values, not {len(node.args)}")
        operands = [self.compile(argument, depth) for argument in node.args]
        if name in FUNCTIONS:
            return _apply(FUNCTIONS[name][0], operands)
        self._smoothers += 1
        return _smooth(SMOOTHERS[name], self._smoothers, *operands)

    def _refuse(self, node: ast.expr, what: str) -> NoReturn:
        raise ConfigError(f"column {self._indent + node.col_offset + 1}: {what}")


def _apply(function: Callable[..., Any], operands: list[_Evaluate]) -> _Evaluate:
    def evaluate(moment: _Moment) -> float:
        values = [operand(moment) for operand in operands]
        try:
            value = function(*values)
        except (ZeroDivisionError, OverflowError, ValueError):
            return 0.0
        if isinstance(value, complex) or not math.isfinite(value):
            return 0.0
        return float(value)

    return evaluate


def _smooth(
    step: Callable[[float, float, float, float], float], slot: int, operand: _Evaluate, parameter: _Evaluate
) -> _Evaluate:
    def evaluate(moment: _Moment) -> float:
        value = operand(moment)
        value = value if math.isfinite(value) else 0.0
        amount = parameter(moment)
        before = moment.memory.get(slot, value)
        after = step(before, value, amount, moment.dt_s)
        moment.memory[slot] = after if math.isfinite(after) else 0.0
        return moment.memory[slot]

    return evaluate


def _logic(is_and: bool, operands: list[_Evaluate]) -> _Evaluate:
    quantifier = all if is_and else any
    return lambda moment: float(quantifier([operand(moment) != 0.0 for operand in operands]))


def _chain(comparisons: list[Callable[[float, float], bool]], operands: list[_Evaluate]) -> _Evaluate:
    def evaluate(moment: _Moment) -> float:
        values = [operand(moment) for operand in operands]
        pairs = zip(comparisons, values, values[1:], strict=False)
        return float(all(compare(left, right) for compare, left, right in pairs))

    return evaluate


def _choose(test: _Evaluate, then: _Evaluate, otherwise: _Evaluate) -> _Evaluate:
    def evaluate(moment: _Moment) -> float:
        is_true, value, other = test(moment) != 0.0, then(moment), otherwise(moment)
        return value if is_true else other

    return evaluate
