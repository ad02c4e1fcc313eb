"""One pass of a scene: its settings, and the knobs of it that follow signals or the states of a visit.

What passes there are is told by a registry; this module knows no pass by name, and no file.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import Field

from engine.config.validation import Settings, validate
from engine.config.yaml_loader import KeyPath, Locator, StackedLocator
from engine.core.errors import ConfigError, gathered_problems
from engine.core.messages import did_you_mean, join_words, shown_value
from engine.scene.expression import Expression, Memory, compile_expression
from engine.scene.values import Rgb, is_colour, linear_light, screen_colour
from engine.visitor.signals import SIGNALS, STATE_SIGNALS
from engine.visitor.visit_state import VisitState

BIND, STATES = "bind", "states"
_LIKE = {VisitState.NOTICE: VisitState.IDLE, VisitState.ARRIVE: VisitState.DWELL, VisitState.LEAVE: VisitState.IDLE}
"""The state from which another takes a value that it is not given."""


class PassSettings(Settings):
    """Base of the settings of every pass: one field per knob, each with a range, a default and a docstring."""

    opacity: float = Field(default=1.0, ge=0.0, le=1.0)
    """How much of the pass is seen, 0 to 1; at 0 it changes nothing."""

    def bindable(self) -> Mapping[str, Mapping[str, Any]]:
        """The schema of all that `bind` may name: knobs, and as `knob.name` the numbers in a knob that is a mapping."""
        schemas = dict(type(self).model_json_schema()["properties"])
        for knob, value in self:
            named = value if isinstance(value, dict) else {}
            numbers = (name for name, item in named.items() if isinstance(item, int | float))
            schemas.update({f"{knob}.{name}": {"type": "number"} for name in numbers})
        return schemas


@dataclass(frozen=True)
class PassSpec:
    """One pass of a scene.

    Attributes:
        kind: its name in the registry, e.g. `reflection`.
        settings: its knobs as the file sets them.
        bind: knobs that follow signals, or the states of a visit, instead.
        limits: range of each bound knob.
        colours: knobs that are colours and follow the states of a visit: their red, green and blue, linear light.
        locate: where its knobs stand; None if it was made otherwise.
    """

    kind: str
    settings: PassSettings
    bind: Mapping[str, Expression] = field(default_factory=dict)
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    colours: Mapping[str, tuple[Expression, Expression, Expression]] = field(default_factory=dict)
    locate: Locator | None = field(default=None, compare=False)

    @property
    def moving(self) -> tuple[str, ...]:
        """All knobs that do not stay as the file sets them."""
        return (*self.bind, *self.colours)

    def problem(self, told: str) -> str:
        """What is wrong with what it draws with, after file, line and key of the scene that says so.

        Args:
            told: one sentence or more, one per line; one may begin with the knob, as `isf.inputs.speed: `.
        """
        return "\n".join(self._located(line) for line in told.splitlines())

    def _located(self, line: str) -> str:
        if self.locate is None:
            return line
        key, _, what = line.partition(": ")
        if key.startswith(f"{self.kind}."):
            return self.locate.problem(tuple(key.split(".")[1:]), what)
        return self.locate.problem(("file",) if self.locate.has(("file",)) else (), line)

    def bound_values(
        self, signals: Mapping[str, float], dt_s: float = 0.0, memories: Mapping[str, Memory] | None = None
    ) -> dict[str, float | Rgb]:
        """The moving knobs at this moment, held within their ranges.

        Args:
            signals: values by name.
            dt_s: time since the last call with these memories.
            memories: what the smoothing of each knob remembers; None does not smooth.
        """
        values: dict[str, float | Rgb] = {}
        for knob, expression in self.bind.items():
            low, high = self.limits.get(knob, (-math.inf, math.inf))
            value = expression(signals, dt_s, memories[knob] if memories is not None else None)
            values[knob] = min(max(value, low), high)
        for knob, light in self.colours.items():
            red, green, blue = (min(max(share(signals), 0.0), 1.0) for share in light)
            values[knob] = screen_colour((red, green, blue))
        return values


def read_pass(
    kind: str,
    knobs: Mapping[str, Any],
    registry: Mapping[str, type[PassSettings]],
    locate: Locator,
    prefix: KeyPath,
    folder: Path,
) -> PassSpec:
    """Make a pass of what a scene file says of it.

    Args:
        kind: its name.
        knobs: what stands under that name, `bind` and `states` among it.
        registry: the settings class of each pass.
        locate: where the keys stand.
        prefix: where `knobs` stand.
        folder: where pictures and other files that it names are.

    Raises:
        ConfigError: one sentence per problem, one per line.
    """
    if kind not in registry:
        raise ConfigError(locate.problem(prefix, f"is not a known pass; {did_you_mean(kind, registry)}"))
    own = {key: value for key, value in knobs.items() if key not in {BIND, STATES}}
    settings = validate(registry[kind], own, locate, prefix, folder=folder)
    movable = _Movable(settings, own, locate, prefix, folder)
    bound = movable.bindings(knobs.get(BIND))
    given = movable.states(knobs.get(STATES), taken=set(bound))
    colours = {knob: _colour_by_state(given.pop(knob), base) for knob, base in movable.colours() if knob in given}
    bound |= {knob: _by_state(values, getattr(settings, knob)) for knob, values in given.items()}
    limits = {knob: movable.limits(knob) for knob in bound}
    return PassSpec(
        kind,
        settings,
        MappingProxyType(bound),
        MappingProxyType(limits),
        MappingProxyType(colours),
        StackedLocator([(locate, prefix)]),
    )


class _Movable:
    """Reads what moves the knobs of one pass: `bind` and `states`."""

    def __init__(
        self, settings: PassSettings, own: Mapping[str, Any], locate: Locator, prefix: KeyPath, folder: Path
    ) -> None:
        self._settings = settings
        self._own = own
        self._locate = locate
        self._prefix = prefix
        self._folder = folder
        self._properties = settings.bindable()

    def bindings(self, bind: Any) -> dict[str, Expression]:
        """Knob -> expression, of `bind`."""
        prefix = (*self._prefix, BIND)
        expressions: dict[str, Expression] = {}
        with gathered_problems() as problem:
            for knob, text in self._mapping(bind, "from knobs to expressions", prefix).items():
                with problem():
                    expressions[knob] = self._expression(knob, text, (*prefix, knob))
        return expressions

    def states(self, states: Any, taken: set[str]) -> dict[str, dict[VisitState, Any]]:
        """Knob -> its values by state, of `states`."""
        prefix = (*self._prefix, STATES)
        given: dict[str, dict[VisitState, Any]] = {}
        with gathered_problems() as problem:
            for state, values in self._mapping(states, "from states of a visit to knobs", prefix).items():
                with problem():
                    for knob, value in self._state(state, values, taken, (*prefix, state)).items():
                        given.setdefault(knob, {})[VisitState(state)] = value
        return given

    def colours(self) -> list[tuple[str, Rgb]]:
        """Knobs that are colours, and what they are set to."""
        return [(knob, value) for knob, value in self._settings if is_colour(self._properties[knob])]

    def limits(self, knob: str) -> tuple[float, float]:
        """Lowest and highest value of a knob."""
        schema = self._properties[knob]
        low = schema.get("minimum", schema.get("exclusiveMinimum", -math.inf))
        high = schema.get("maximum", schema.get("exclusiveMaximum", math.inf))
        return float(low), float(high)

    def _expression(self, knob: str, text: Any, path: KeyPath) -> Expression:
        self._check_knob(knob, path)
        if self._properties[knob].get("type") != "number":
            what = "cannot be bound: only a knob that is one number can follow a signal"
            raise ConfigError(self._locate.problem(path, what))
        if isinstance(text, bool) or not isinstance(text, str | int | float):
            raise ConfigError(self._locate.problem(path, f"must be an expression of signals, not {shown_value(text)}"))
        try:
            return compile_expression(str(text), SIGNALS)
        except ConfigError as error:
            raise ConfigError(self._locate.problem(path, str(error))) from error

    def _state(self, state: str, values: Any, taken: set[str], prefix: KeyPath) -> dict[str, Any]:
        if state not in STATE_SIGNALS:
            known = join_words(VisitState, "and")
            raise ConfigError(self._locate.problem(prefix, f"is no state of a visit; there are {known}"))
        knobs = self._mapping(values, "from knobs to their values in this state", prefix)
        for knob in knobs:
            self._check_knob(knob, (*prefix, knob))
            if self._properties[knob].get("type") != "number" and not is_colour(self._properties[knob]):
                what = "cannot have states: only a knob that is one number, or a colour, can pass from one to another"
                raise ConfigError(self._locate.problem((*prefix, knob), what))
            if knob in taken:
                what = "follows signals already, in bind; take one of the two"
                raise ConfigError(self._locate.problem((*prefix, knob), what))
        checked = validate(type(self._settings), {**self._own, **knobs}, self._locate, prefix, folder=self._folder)
        return {knob: getattr(checked, knob) for knob in knobs}

    def _mapping(self, value: Any, of_what: str, prefix: KeyPath) -> dict[str, Any]:
        if value is not None and not isinstance(value, dict):
            what = f"must be a mapping {of_what}, not {shown_value(value)}"
            raise ConfigError(self._locate.problem(prefix, what))
        return value or {}

    def _check_knob(self, knob: str, path: KeyPath) -> None:
        if knob not in self._properties:
            what = f"is not a knob of this pass; {did_you_mean(knob, self._properties)}"
            raise ConfigError(self._locate.problem(path, what))


def _by_state(given: Mapping[VisitState, float], base: float) -> Expression:
    def value(state: VisitState) -> float:
        if state in given:
            return float(given[state])
        return value(_LIKE[state]) if state in _LIKE else float(base)

    terms = (f"({value(state)!r}) * {signal}" for state, signal in STATE_SIGNALS.items())
    return compile_expression(" + ".join(terms), SIGNALS)


def _colour_by_state(given: Mapping[VisitState, Rgb], base: Rgb) -> tuple[Expression, Expression, Expression]:
    """Red, green and blue as light: half-way between two colours lies their mixture, which is not darker than both."""
    light = {state: linear_light(colour) for state, colour in given.items()}
    ground = linear_light(base)
    red, green, blue = (_by_state({state: rgb[i] for state, rgb in light.items()}, ground[i]) for i in range(3))
    return red, green, blue
