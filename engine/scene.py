"""scenes/*.yaml -> Scene: which passes a look consists of, in order, with their settings and bindings.

A scene file says only what differs from the defaults. What passes there are is told by a registry; this module knows
no OpenGL, and no pass by name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field

from engine.errors import ConfigError
from engine.expression import Expression, compile_expression
from engine.validation import Settings, validate
from engine.wording import did_you_mean, shown_value
from engine.yaml_file import KeyPath, Locator, load_yaml

SIGNALS: Mapping[str, str] = MappingProxyType(
    {
        "presence": "0 nobody is there, 1 somebody is; eased",
        "dwell": "seconds since somebody came, 0 while nobody is there",
        "speed": "how fast the face moves, picture heights per second",
        "yaw": "head turned to the right of the picture, degrees",
        "pitch": "head raised, degrees",
        "mouth": "0 closed, 1 wide open",
        "time": "seconds since the show began",
    }
)
"""What an expression in `bind` may read."""


class PassSettings(Settings):
    """Base of the settings of every pass: one field per knob, each with a range, a default and a docstring."""

    opacity: float = Field(default=1.0, ge=0.0, le=1.0)
    """How much of the pass is seen, 0 to 1; at 0 it changes nothing."""


@dataclass(frozen=True)
class PassSpec:
    """One pass of a scene.

    Attributes:
        kind: its name in the registry, e.g. `reflection`.
        settings: its knobs as the file sets them.
        bind: knobs that follow signals instead.
        limits: range of each bound knob.
    """

    kind: str
    settings: PassSettings
    bind: Mapping[str, Expression] = field(default_factory=dict)
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def bound_values(self, signals: Mapping[str, float]) -> dict[str, float]:
        """The bound knobs at this moment, held within their ranges."""
        values: dict[str, float] = {}
        for knob, expression in self.bind.items():
            low, high = self.limits.get(knob, (-math.inf, math.inf))
            values[knob] = min(max(expression(signals), low), high)
        return values


@dataclass(frozen=True)
class Scene:
    """One look.

    Attributes:
        title: for people.
        size_wh: width and height of the stage, px.
        passes: in the order in which they are drawn.
        path: the file that it came from; None if it was made otherwise.
    """

    title: str
    size_wh: tuple[int, int]
    passes: tuple[PassSpec, ...]
    path: Path | None = None


class SceneFile(Settings):
    """The outer form of a scene file."""

    format: Literal[1]
    title: Annotated[str, Field(min_length=1, max_length=100)]
    size: tuple[Annotated[int, Field(ge=16, le=8192)], Annotated[int, Field(ge=16, le=8192)]]
    passes: Annotated[list[dict[str, dict[str, Any] | None]], Field(min_length=1, max_length=64)]


def load_scene(path: Path, registry: Mapping[str, type[PassSettings]]) -> Scene:
    """Read a scene.

    Args:
        path: a file of the form that design and `scenes/` show.
        registry: the settings class of each pass.

    Raises:
        ConfigError: one sentence per problem, one per line.
    """
    data, locate = load_yaml(path)
    outer = validate(SceneFile, data, locate)
    passes: list[PassSpec] = []
    problems: list[str] = []
    for index, entry in enumerate(outer.passes):
        try:
            passes.append(_read_pass(entry, ("passes", index), registry, locate))
        except ConfigError as error:
            problems.append(str(error))
    if problems:
        raise ConfigError("\n".join(problems))
    return Scene(outer.title, outer.size, tuple(passes), path)


def _read_pass(
    entry: Mapping[str, dict[str, Any] | None],
    prefix: KeyPath,
    registry: Mapping[str, type[PassSettings]],
    locate: Locator,
) -> PassSpec:
    if len(entry) != 1:
        names = ", ".join(entry) or "nothing"
        raise ConfigError(locate.problem(prefix, f"must name one pass, not {names}; begin each pass with its own dash"))
    kind, knobs = next(iter(entry.items()))
    if kind not in registry:
        raise ConfigError(locate.problem((*prefix, kind), f"is not a known pass; {did_you_mean(kind, registry)}"))
    prefix = (*prefix, kind)
    own = {key: value for key, value in (knobs or {}).items() if key != "bind"}
    settings = validate(registry[kind], own, locate, prefix)
    bind, limits = _read_bindings((knobs or {}).get("bind"), settings, (*prefix, "bind"), locate)
    return PassSpec(kind, settings, bind, limits)


def _read_bindings(
    bind: Any, settings: PassSettings, prefix: KeyPath, locate: Locator
) -> tuple[Mapping[str, Expression], Mapping[str, tuple[float, float]]]:
    if bind is None:
        return {}, {}
    if not isinstance(bind, dict):
        what = f"must be a mapping from knobs to expressions, not {shown_value(bind)}"
        raise ConfigError(locate.problem(prefix, what))
    properties = type(settings).model_json_schema()["properties"]
    expressions: dict[str, Expression] = {}
    limits: dict[str, tuple[float, float]] = {}
    problems: list[str] = []
    for knob, text in bind.items():
        try:
            expressions[knob] = _read_expression(knob, text, properties)
            limits[knob] = _limits(properties[knob])
        except ConfigError as error:
            problems.append(locate.problem((*prefix, knob), str(error)))
    if problems:
        raise ConfigError("\n".join(problems))
    return MappingProxyType(expressions), MappingProxyType(limits)


def _read_expression(knob: str, text: Any, properties: Mapping[str, Mapping[str, Any]]) -> Expression:
    if knob not in properties:
        raise ConfigError(f"is not a knob of this pass; {did_you_mean(knob, properties)}")
    if properties[knob].get("type") != "number":
        raise ConfigError("cannot be bound: only a knob that is one number can follow a signal")
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise ConfigError(f"must be an expression of signals, not {shown_value(text)}")
    return compile_expression(str(text), SIGNALS)


def _limits(schema: Mapping[str, Any]) -> tuple[float, float]:
    low = schema.get("minimum", schema.get("exclusiveMinimum", -math.inf))
    high = schema.get("maximum", schema.get("exclusiveMaximum", math.inf))
    return float(low), float(high)
