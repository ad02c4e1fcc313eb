"""The form of a scene as a JSON schema (draft 07), from which editors complete and explain what is typed.

Made from the settings of the passes, so that nothing about a knob is written twice. `scenes/schema.json` is its output.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.scene import SIGNALS, PassSettings, SceneFile

_EXPRESSION = "Arithmetic over signals: " + "; ".join(f"{name}: {what}" for name, what in SIGNALS.items()) + "."


def scene_schema(registry: Mapping[str, type[PassSettings]], summaries: Mapping[str, str]) -> dict[str, Any]:
    """The schema of scene files.

    Args:
        registry: the settings class of each pass.
        summaries: one sentence for each pass.
    """
    outer = _draft_07(SceneFile.model_json_schema())
    passes = {kind: _pass_schema(settings, summaries[kind]) for kind, settings in sorted(registry.items())}
    outer["properties"]["passes"]["items"] = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "properties": {kind: {"anyOf": [schema, {"type": "null"}]} for kind, schema in passes.items()},
    }
    return {"$schema": "http://json-schema.org/draft-07/schema#", **outer, "title": "A scene of Narcissus"}


def _pass_schema(settings: type[PassSettings], summary: str) -> dict[str, Any]:
    schema = _draft_07(settings.model_json_schema())
    knobs = schema["properties"]
    expression = {"type": ["string", "number"], "description": _EXPRESSION}
    bound = {name: expression for name, knob in knobs.items() if knob.get("type") == "number"}
    knobs["bind"] = {
        "type": "object",
        "description": "Knobs that follow signals, each with an expression.",
        "additionalProperties": False,
        "properties": bound,
    }
    return {**schema, "description": summary}


def _draft_07(schema: Any) -> Any:
    """Pydantic's schema (2020-12) in the older draft that editors read: tuples differ, titles say nothing."""
    if isinstance(schema, list):
        return [_draft_07(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    converted = {key: _draft_07(value) for key, value in schema.items() if key != "title" or isinstance(value, dict)}
    if "prefixItems" in converted:
        converted["items"] = converted.pop("prefixItems")
        converted["additionalItems"] = False
    return converted
