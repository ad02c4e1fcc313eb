"""JSON schema (draft 07) of scene files, for completion and help in editors.

Generated from the settings of the passes: nothing about a knob is written twice. `scenes/schema.json` is its output.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from engine.core.messages import join_words
from engine.scene.expression import CONSTANTS, FUNCTIONS
from engine.scene.scene import SIGNALS, PassSettings
from engine.scene.scene_file import PassPlace, SceneExtension, SceneFile
from engine.scene.values import is_colour
from engine.visitor.visit_state import VisitState

_EXPRESSION = {
    "type": ["string", "number"],
    "description": "Arithmetic over signals: "
    + "; ".join(f"{name}: {what}" for name, what in SIGNALS.items())
    + f". Functions: {join_words(FUNCTIONS, 'and')}; lag(x, seconds) follows x gently, slew(x, per_second) no faster "
    + f"than that; constants: {join_words(CONSTANTS, 'and')}.",
    "examples": ["0.2 + 0.8 * presence", "lag(speed, 1.5)", "slew(dwell > 10, 0.2)", "smoothstep(0, 60, dwell)"],
}


def scene_schema(registry: Mapping[str, type[PassSettings]], summaries: Mapping[str, str]) -> dict[str, Any]:
    """The schema of scene files.

    Args:
        registry: the settings class of each pass.
        summaries: one sentence for each pass.
    """
    definitions: dict[str, Any] = {"expression": _EXPRESSION}
    outer = _schema(SceneExtension, definitions)
    passes = {
        kind: {"anyOf": [_pass_schema(kind, settings, summaries[kind], definitions), {"type": "null"}]}
        for kind, settings in sorted(registry.items())
    }
    outer["properties"]["passes"]["items"] = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "properties": passes,
    }
    outer["properties"]["size"]["examples"] = [[1920, 1080], [1080, 1920]]
    alone = sorted(key for key, field in SceneFile.model_fields.items() if field.is_required() and key != "format")
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        **outer,
        "title": "A scene of Narcissus",
        "description": "A look: passes in order, or what differs from another scene.",
        "anyOf": [{"required": ["extends"]}, {"required": alone}],
        "definitions": definitions,
    }


def _pass_schema(kind: str, settings: type[PassSettings], summary: str, definitions: dict[str, Any]) -> dict[str, Any]:
    schema = _schema(settings, definitions)
    knobs = schema["properties"]
    numbers = {name: knob for name, knob in knobs.items() if knob.get("type") == "number"}
    passing = numbers | {name: knob for name, knob in knobs.items() if is_colour(knob)}
    definitions[f"{kind}-values"] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: {k: v for k, v in knob.items() if k != "default"} for name, knob in passing.items()},
    }
    mappings = [name for name, knob in knobs.items() if knob.get("type") == "object"]
    within = {rf"^{name}\.": {"$ref": "#/definitions/expression"} for name in mappings}
    knobs["bind"] = {
        "type": "object",
        "description": "Knobs that follow signals, each with an expression.",
        "additionalProperties": False,
        "properties": {name: {"$ref": "#/definitions/expression"} for name in numbers},
        **({"patternProperties": within} if within else {}),
        "examples": [{"opacity": "0.2 + 0.8 * presence"}],
    }
    knobs["states"] = {
        "type": "object",
        "description": "Values of knobs in the parts of a visit; they pass smoothly into each other. What notice and "
        "leave do not say is as in idle, arrive as in dwell, and idle and dwell as the pass itself says.",
        "additionalProperties": False,
        "properties": {str(state): {"$ref": f"#/definitions/{kind}-values"} for state in VisitState},
        "examples": [{"idle": {"opacity": 0.1}, "dwell": {"opacity": 1.0}}],
    }
    knobs.update(_schema(PassPlace, definitions)["properties"])
    return {**schema, "description": summary}


def _schema(model: type[BaseModel], definitions: dict[str, Any]) -> dict[str, Any]:
    """Schema of a model; models that it refers to go to `definitions`."""
    schema: dict[str, Any] = _draft_07(model.model_json_schema(ref_template="#/definitions/{model}"))
    definitions.update(schema.pop("$defs", {}))
    schema.pop("description", None)
    return schema


def _draft_07(schema: Any) -> Any:
    """Pydantic's schema (2020-12) in the older draft that editors read, without its titles."""
    if isinstance(schema, list):
        return [_draft_07(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    converted = {key: _draft_07(value) for key, value in schema.items() if key != "title" or isinstance(value, dict)}
    if "prefixItems" in converted:
        converted["items"] = converted.pop("prefixItems")
        converted["additionalItems"] = False
    return converted
