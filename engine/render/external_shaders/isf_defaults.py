"""INPUTS of an ISF header: limits, choices and defaults, with common mistakes in artists' files corrected."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from engine.core.errors import ConfigError
from engine.core.messages import join_words, shown_value
from engine.render.external_shaders.isf_entry import Entry, as_number
from engine.render.external_shaders.isf_input import GLSL_TYPES, MAX_SAMPLES, SOUNDS, Input, Value

MAX_CHOICES = 256
_KINDS: Mapping[str, str] = {kind.lower(): kind for kind in GLSL_TYPES} | {"int": "long", "point": "point2D"}


def read_input(entry: Entry) -> Input:
    """Read one of the INPUTS.

    Raises:
        ConfigError: file, line and key: it has no name, or an unknown TYPE.
    """
    name, line = entry.name("NAME"), entry.line("NAME")
    kind = _kind(entry)
    label = entry.data.get("LABEL")
    label = label if isinstance(label, str) else ""
    if kind == "image":
        return Input(name, kind, line=line, label=label)
    if kind in SOUNDS:
        samples = entry.number("MAX")
        return Input(name, kind, line=line, label=label, samples=min(max(int(samples or 0), 0), MAX_SAMPLES))
    low, high = _limits(entry) if kind == "float" else (-math.inf, math.inf)
    values = _choices(entry) if kind == "long" else {}
    plain = Input(name, kind, 0.0, low, high, values or None, line, label)
    return Input(name, kind, _default(entry, plain), low, high, values or None, line, label)


def _kind(entry: Entry) -> str:
    found = entry.data.get("TYPE")
    if found is None:
        raise entry.wrong("TYPE", "is missing")
    kind = _KINDS.get(str(found).lower())
    if kind is None:
        raise entry.wrong("TYPE", f"must be {join_words(GLSL_TYPES, 'or')}, not {shown_value(found)}")
    if kind != found:
        entry.tell("TYPE", f"is {shown_value(found)} and read as {kind}")
    return kind


def _limits(entry: Entry) -> tuple[float, float]:
    low, high = entry.number("MIN"), entry.number("MAX")
    if low is not None and high is not None and low > high:
        entry.tell("MIN", f"is larger than MAX, {high:g}; they are swapped")
        low, high = high, low
    return (-math.inf if low is None else low), (math.inf if high is None else high)


def _choices(entry: Entry) -> dict[int, str]:
    """Read VALUES with their LABELS."""
    listed, labels = entry.data.get("VALUES"), entry.data.get("LABELS")
    values = listed if isinstance(listed, list) else []
    names = labels if isinstance(labels, list) else []
    if not values and names:
        values = list(range(len(names)))
    if len(values) > MAX_CHOICES:
        raise entry.wrong("VALUES", f"must be a list of at most {MAX_CHOICES} items, not {len(values)}")
    numbers = [as_number(value) for value in values]
    if any(number is None for number in numbers):
        entry.tell("VALUES", "are not all numbers; they are used as labels and numbered from 0")
        names, numbers = [str(value) for value in values], [float(index) for index in range(len(values))]
    elif names and len(names) != len(values):
        entry.tell("LABELS", f"are {len(names)}, but VALUES {len(values)}; missing labels are replaced by the values")
    shown = [str(name) for name in names] + [str(value) for value in values[len(names) :]]
    return {int(number): label for number, label in zip(numbers, shown, strict=False) if number is not None}


def _default(entry: Entry, plain: Input) -> Value:
    given = entry.data.get("DEFAULT")
    if given is None:
        return _unsaid(plain)
    value = _as_kind(given, plain)
    if plain.kind == "float" and isinstance(value, float):
        held = min(max(value, plain.low), plain.high)
        if held != value:
            entry.tell("DEFAULT", f"is {value:g} but must be {plain.limits}; it is held at {held:g}")
        value = held
    try:
        return plain.read(value)
    except ConfigError as error:
        unsaid = _unsaid(plain)
        entry.tell("DEFAULT", f"{error}; it is {_written(unsaid)} instead")
        return unsaid


def _as_kind(given: Any, plain: Input) -> Any:
    """Interpret a value leniently: a word for true or false, a number in quotes or alone in a list."""
    if plain.kind in ("point2D", "color"):
        return given
    if isinstance(given, list) and len(given) == 1:
        given = given[0]
    if plain.kind == "long" and plain.values and given in plain.values.values():
        return given
    if isinstance(given, str) and given.strip().lower() in ("true", "false") and plain.kind in ("bool", "event"):
        return given.strip().lower() == "true"
    number = as_number(given)
    return given if number is None else int(number) if plain.kind == "long" else number


def _unsaid(plain: Input) -> Value:
    """Default of an input whose header states none."""
    match plain.kind:
        case "point2D":
            return (0.0, 0.0)
        case "color":
            return (0.0, 0.0, 0.0, 1.0)
        case "long":
            return next(iter(plain.values or {}), 0)
        case "float":
            return min(max(0.0, plain.low), plain.high)
        case _:
            return False


def _written(value: Value) -> str:
    return shown_value(list(value) if isinstance(value, tuple) else value)
