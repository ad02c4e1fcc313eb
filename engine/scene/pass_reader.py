"""One pass of a scene file -> `PassSpec`: its settings are validated once, and each value of a state by its own knob.

What passes there are is told by a registry; this module knows no pass by name, and no file.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import create_model

from engine.config.validation import Settings, validate
from engine.config.yaml_locator import Locator
from engine.core.errors import ConfigError, gathered_problems
from engine.core.messages import did_you_mean, join_words, shown_value
from engine.scene.expression import Expression, compile_expression
from engine.scene.pass_spec import PassSettings, PassSpec
from engine.scene.scene_file import BIND, STATES, PassEntry
from engine.scene.state_values import by_state, colour_by_state
from engine.scene.values import is_colour
from engine.visitor.signals import LISTED, PEOPLE, SIGNALS, STATE_SIGNALS
from engine.visitor.visit_state import VisitState

Schemas = Mapping[str, Mapping[str, Any]]


def read_pass(entry: PassEntry, registry: Mapping[str, type[PassSettings]], folder: Path) -> PassSpec:
    """Make a pass of what a scene file says of it.

    Args:
        entry: what it says.
        registry: the settings class of each pass.
        folder: where pictures and other files that it names are.

    Raises:
        ConfigError: one sentence per problem, one per line.
    """
    kind, knobs, locate = entry.kind, entry.knobs, entry.locate
    if kind not in registry:
        raise ConfigError(locate.problem((), f"is not a known pass; {did_you_mean(kind, registry)}"))
    own = {key: value for key, value in knobs.items() if key not in {BIND, STATES}}
    settings = validate(registry[kind], own, locate, folder=folder)
    schemas = _schemas(settings)
    bind = _read_bind(knobs.get(BIND), schemas, locate.at((BIND,)))
    given = _read_states(knobs.get(STATES), type(settings), schemas, set(bind), locate.at((STATES,)))
    limits = {knob: _limits(schemas[knob]) for knob in (*bind, *given) if not is_colour(schemas[knob])}
    colours: dict[str, tuple[Expression, Expression, Expression]] = {}
    for knob, values in given.items():
        if is_colour(schemas[knob]):
            colours[knob] = colour_by_state(values, getattr(settings, knob))
        else:
            bind[knob] = by_state(values, getattr(settings, knob))
    return PassSpec(
        kind,
        settings,
        MappingProxyType(bind),
        MappingProxyType(limits),
        MappingProxyType(colours),
        locate,
        entry.name,
        frozenset(given),
    )


def _schemas(settings: PassSettings) -> Schemas:
    """The schema of all that may move: knobs, and as `knob.name` the numbers in a knob that is a mapping."""
    schemas = dict(type(settings).model_json_schema()["properties"])
    for knob, value in settings:
        named = value if isinstance(value, dict) else {}
        numbers = (name for name, item in named.items() if isinstance(item, int | float))
        schemas.update({f"{knob}.{name}": {"type": "number"} for name in numbers})
    return schemas


def _read_bind(bind: Any, schemas: Schemas, locate: Locator) -> dict[str, Expression]:
    """Knob -> expression."""
    expressions: dict[str, Expression] = {}
    with gathered_problems() as problem:
        for knob, text in _mapping(bind, "from knobs to expressions", locate).items():
            with problem():
                expressions[knob] = _expression(knob, text, schemas, locate)
    return expressions


def _expression(knob: str, text: Any, schemas: Schemas, locate: Locator) -> Expression:
    _check_knob(knob, schemas, locate)
    if schemas[knob].get("type") != "number":
        what = "cannot be bound: only a knob that is one number can follow a signal"
        raise ConfigError(locate.problem((knob,), what))
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise ConfigError(locate.problem((knob,), f"must be an expression of signals, not {shown_value(text)}"))
    try:
        return compile_expression(str(text), SIGNALS, LISTED, PEOPLE)
    except ConfigError as error:
        raise ConfigError(locate.problem((knob,), str(error))) from error


def _read_states(
    states: Any, model: type[PassSettings], schemas: Schemas, bound: set[str], locate: Locator
) -> dict[str, dict[VisitState, Any]]:
    """Knob -> its values by state."""
    given: dict[str, dict[VisitState, Any]] = {}
    with gathered_problems() as problem:
        for state, values in _mapping(states, "from states of a visit to knobs", locate).items():
            with problem():
                for knob, value in _state(state, values, model, schemas, bound, locate).items():
                    given.setdefault(knob, {})[VisitState(state)] = value
    return given


def _state(
    state: str, values: Any, model: type[PassSettings], schemas: Schemas, bound: set[str], locate: Locator
) -> dict[str, Any]:
    """The values of knobs in one state, each checked by itself."""
    if state not in STATE_SIGNALS:
        known = join_words(VisitState, "and")
        raise ConfigError(locate.problem((state,), f"is no state of a visit; there are {known}"))
    locate = locate.at((state,))
    knobs = _mapping(values, "from knobs to their values in this state", locate)
    for knob in knobs:
        _check_knob(knob, schemas, locate)
        if schemas[knob].get("type") != "number" and not is_colour(schemas[knob]):
            what = "cannot have states: only a knob that is one number, or a colour, can pass from one to another"
            raise ConfigError(locate.problem((knob,), what))
        if knob in bound:
            what = "follows signals already, in bind; take one of the two"
            raise ConfigError(locate.problem((knob,), what))
    checked: dict[str, Any] = {}
    with gathered_problems() as problem:
        for knob, value in knobs.items():
            with problem():
                checked[knob] = getattr(validate(_model_of(model, knob), {knob: value}, locate), knob)
    return checked


def _model_of(model: type[PassSettings], knob: str) -> type[Settings]:
    """What checks one knob of a pass, and no other."""
    field = model.model_fields.get(knob)  # None of a number in a knob that is a mapping: it has no states
    fields: dict[str, Any] = {} if field is None else {knob: (field.annotation, field)}
    return create_model(f"{model.__qualname__}.{knob}", __base__=Settings, **fields)


def _mapping(value: Any, of_what: str, locate: Locator) -> dict[str, Any]:
    if value is not None and not isinstance(value, dict):
        raise ConfigError(locate.problem((), f"must be a mapping {of_what}, not {shown_value(value)}"))
    return value or {}


def _check_knob(knob: str, schemas: Schemas, locate: Locator) -> None:
    if knob not in schemas:
        raise ConfigError(locate.problem((knob,), f"is not a knob of this pass; {did_you_mean(knob, schemas)}"))


def _limits(schema: Mapping[str, Any]) -> tuple[float, float]:
    """Lowest and highest value of a knob."""
    low = schema.get("minimum", schema.get("exclusiveMinimum", -math.inf))
    high = schema.get("maximum", schema.get("exclusiveMaximum", math.inf))
    return float(low), float(high)
