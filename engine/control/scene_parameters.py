"""The knobs of a scene as parameters, with what their files, states and bindings say of them.

What a knob is, its range and its description come from the settings class of its pass; nothing is written twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.control.layers import Holding, Layer
from engine.control.parameter import ROOT, Kind, Parameter, Value
from engine.render.passes import pass_class
from engine.scene.pass_spec import PassSpec
from engine.scene.scene import Scene
from engine.scene.scene_file import BIND, STATES
from engine.scene.values import is_colour

_UNITS = {"_s": "s", "_hz": "Hz", "_deg": "deg", "_px": "px", "_db": "dB", "_ms": "ms"}
_SAID_UNIT = re.compile(r", (degrees|1/s|per minute|stage heights|thousandths of the stage's height)[.;:,]")
_BAKED = re.compile(r"\s+Baked\.$")


@dataclass(frozen=True, slots=True)
class Knob:
    """A knob of a pass of the scene.

    Attributes:
        pass_name, knob: where it is; `inputs.speed` for a number in a mapping.
        parameter: what it is.
        ground: what its scene says of it, lowest layer first.
    """

    pass_name: str
    knob: str
    parameter: Parameter
    ground: tuple[Holding, ...]


def knob_address(pass_name: str, knob: str) -> str:
    """The address of a knob."""
    return f"{ROOT}/scene/{pass_name}/{knob.replace('.', '/')}"


def scene_knobs(scene: Scene, since_s: float | None = None, local_s: float | None = None) -> dict[str, Knob]:
    """The knobs of a scene by address.

    Args:
        scene: as it was read.
        since_s, local_s: when it came onto the wall.
    """
    return {knob.parameter.address: knob for spec in scene.passes for knob in pass_knobs(spec, since_s, local_s)}


def pass_knobs(spec: PassSpec, since_s: float | None = None, local_s: float | None = None) -> Iterator[Knob]:
    """The knobs of a pass that are numbers, truths, choices or colours; names of files are none."""
    schemas: Mapping[str, Any] = type(spec.settings).model_json_schema()["properties"]
    baked = pass_class(spec.kind).baked
    for knob, value in spec.settings:
        schema = schemas[knob]
        if isinstance(value, dict):
            for name, item in value.items():
                if isinstance(item, int | float) and not isinstance(item, bool):
                    key = f"{knob}.{name}"
                    number = Parameter(knob_address(spec.name, key), Kind.FLOAT, f"{name} of the shader", default=item)
                    yield Knob(spec.name, key, number, _ground(spec, key, item, item, since_s, local_s))
            continue
        kind = _kind(schema)
        if kind is None:
            continue
        default = type(spec.settings).model_fields[knob].default
        parameter = _parameter(knob_address(spec.name, knob), kind, knob, schema, default, is_baked=knob in baked)
        yield Knob(spec.name, knob, parameter, _ground(spec, knob, value, default, since_s, local_s))


def _kind(schema: Mapping[str, Any]) -> Kind | None:
    if is_colour(schema):
        return Kind.COLOUR
    if "enum" in schema:
        return Kind.CHOICE
    return {"number": Kind.FLOAT, "integer": Kind.INT, "boolean": Kind.BOOL}.get(schema.get("type", ""))


def _parameter(
    address: str, kind: Kind, knob: str, schema: Mapping[str, Any], default: Value, *, is_baked: bool
) -> Parameter:
    said = " ".join(str(schema.get("description", "")).split())
    return Parameter(
        address,
        kind,
        _BAKED.sub("", said),
        default=default,
        low=schema.get("minimum"),
        high=schema.get("maximum"),
        choices=tuple(schema.get("enum", ())),
        unit=_unit(knob, said),
        is_rebuilt=is_baked,
    )


def _unit(knob: str, said: str) -> str:
    for ending, unit in _UNITS.items():
        if knob.endswith(ending):
            return unit
    found = _SAID_UNIT.search(said)
    return found[1].replace("degrees", "deg") if found else ""


def _ground(
    spec: PassSpec, knob: str, value: Value, default: Value, since_s: float | None, local_s: float | None
) -> tuple[Holding, ...]:
    """What default, scene, states and bindings say, lowest first."""
    ground = [Holding(Layer.DEFAULT, default, f"the pass {spec.kind}")]
    path = tuple(knob.split(".", 1))

    def place(*keys: str) -> str:
        return "" if spec.locate is None else spec.locate.place(keys)

    if spec.locate is not None and spec.locate.has(path):
        ground.append(Holding(Layer.SCENE, value, place(*path), since_s, local_s))
    elif value != default:
        ground.append(Holding(Layer.SCENE, value, "the scene", since_s, local_s))
    if knob in spec.by_state:
        ground.append(Holding(Layer.STATE, value, f"the parts of a visit, {place(STATES)}", since_s, local_s))
    elif knob in spec.bind:
        by = f"{spec.bind[knob].text}, {place(BIND, knob)}"
        ground.append(Holding(Layer.BINDING, value, by, since_s, local_s))
    return tuple(ground)
