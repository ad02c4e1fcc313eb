"""Validation of data from a file against a pydantic model, with one sentence per problem.

A sentence names the file, line and key, what is allowed and what was found:
`scenes/pool.yaml:12: passes[1].ripple.height: must be between 0 and 1, not 7`. What is allowed comes from the JSON
schema of the model, and is therefore written only once, at the field. This module knows no particular setting.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.config.yaml_locator import KeyPath, Locator
from engine.core.errors import ConfigError
from engine.core.messages import did_you_mean, join_words, shown_value

Model = TypeVar("Model", bound=BaseModel)
Schema = Mapping[str, Any]

MAX_PROBLEMS = 12

IN_WORDS = "x-in-words"
"""Key of a field's `json_schema_extra`: its allowed values in words, where the schema alone would be unclear."""


_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}"


def is_name(text: str) -> bool:
    """Whether a text is a `Name`."""
    return re.fullmatch(_NAME, text) is not None


Name = Annotated[
    str,
    Field(
        pattern=f"^{_NAME}$",
        json_schema_extra={IN_WORDS: "a name of letters, digits, '_', '-' and '.', without a folder or an ending"},
    ),
]
"""Name of a file or folder that cannot lead anywhere else."""


class Settings(BaseModel):
    """Base of every model read from a file: frozen, closed, defaults checked too."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, use_attribute_docstrings=True)


def validate(model: type[Model], data: Any, locate: Locator, *, folder: Path | None = None) -> Model:
    """Build a model from the data of a YAML file.

    JSON's strict rules apply: a list may fill a tuple and a word an enumeration, but `"3"` is not a number and `on` is
    not a word.

    Args:
        model: the class to build.
        data: content of the file.
        locate: lines of its keys.
        folder: for files that the data names; validators find it in pydantic's context.

    Raises:
        ConfigError: one sentence per problem, one per line.
    """
    try:
        return model.model_validate_json(json.dumps(data), strict=True, context={"folder": folder})
    except ValidationError as error:
        raise ConfigError("\n".join(_sentences(model, data, error, locate))) from error


def _sentences(model: type[BaseModel], data: Any, error: ValidationError, locate: Locator) -> list[str]:
    schema = model.model_json_schema()
    sentences: list[str] = []
    for detail in error.errors(include_url=False):
        path = _path_in(data, detail["loc"], is_missing=detail["type"] == "missing")
        problem = _problem(detail, schema, data, path, locate.written(path))
        sentence = locate.problem(path, problem)
        if sentence not in sentences:  # a union reports every alternative
            sentences.append(sentence)
    left_off = len(sentences) - MAX_PROBLEMS
    return sentences[:MAX_PROBLEMS] + ([f"{locate.file}: and {left_off} more"] if left_off > 0 else [])


def _path_in(data: Any, location: tuple[int | str, ...], is_missing: bool) -> KeyPath:
    """The part of pydantic's location that exists in the data: without the names of union members."""
    path: list[str | int] = []
    for index, key in enumerate(location):
        inside = (isinstance(data, dict) and key in data) or (
            isinstance(data, list) and isinstance(key, int) and key < len(data)
        )
        if inside:
            data = data[key]
            path.append(key)
        elif is_missing and index == len(location) - 1 and isinstance(data, dict):
            path.append(key)
    return tuple(path)


def _problem(detail: Any, schema: Schema, data: Any, path: KeyPath, written: str | None) -> str:
    kind = detail["type"]
    if kind == "missing" and path and path[-1] == detail["loc"][-1]:
        return f"is missing; it must be {allowed(_subschema(schema, path))}"
    if kind == "extra_forbidden":
        known = _subschema(schema, path[:-1]).get("properties", {})
        return f"is not a known key; {did_you_mean(str(path[-1]), known)}"
    if detail["loc"][-1:] == ("[key]",):  # of a mapping with restricted names
        names = _subschema(schema, path[:-1]).get("propertyNames")
        return f"must be called {allowed(names)}" if names else "is no name: letters, digits and _ make one"
    if kind in {"value_error", "assertion_error"}:
        return str(detail["ctx"]["error"])
    found = _value_at(data, path)
    must = f"must be {allowed(_subschema(schema, path))}, not {shown_value(found)}"
    if isinstance(found, bool) and written is not None:
        return _explain_boolean(must.removesuffix(shown_value(found)), written, _subschema(schema, path))
    return must


def _explain_boolean(must: str, written: str, schema: Schema) -> str:
    takes_words = any(option.get("type") == "string" for option in _options(schema))
    hint = f': write "{written}" in quotes if the word is meant' if takes_words else ""
    is_plain = written.lower() in {"true", "false"}
    return f"{must}{written}{'' if is_plain else ', which YAML reads as true or false'}{hint}"


def _value_at(data: Any, path: KeyPath) -> Any:
    for key in path:
        data = data[key]
    return data


def _subschema(schema: Schema, path: KeyPath) -> Schema:
    """The schema of a key; empty if the schema does not describe it."""
    root, here = schema, schema
    for key in path:
        for option in _options(here, root):
            if isinstance(key, int):
                items = option.get("prefixItems", [])
                found = items[key] if key < len(items) else option.get("items")
            else:
                found = option.get("properties", {}).get(key) or option.get("additionalProperties")
                found = found or next(iter(option.get("patternProperties", {}).values()), None)
            if isinstance(found, dict):
                here = {**found, "$defs": root.get("$defs", {})}
                break
        else:
            return {}
    merged = _options(here, root)
    return {**here, **merged[0]} if len(merged) == 1 else {**here, "anyOf": merged}


def _options(schema: Schema, root: Schema | None = None) -> list[Schema]:
    """The alternatives that a schema allows, references followed."""
    definitions = (root or schema).get("$defs", {})
    if "$ref" in schema:
        return _options(definitions[schema["$ref"].rsplit("/", 1)[-1]], root or schema)
    options = schema.get("anyOf") or schema.get("oneOf")
    if options is None:
        return [schema]
    return [leaf for option in options for leaf in _options(option, root or schema)]


def allowed(schema: Schema) -> str:
    """Allowed values in words: `between 0 and 1`, `auto or a number from 0.25 to 1`."""
    return join_words(dict.fromkeys(_allowed_one(option) for option in _options(schema)), "or") or "something else"


def _allowed_one(schema: Schema) -> str:
    if IN_WORDS in schema:
        return str(schema[IN_WORDS])
    if "const" in schema:
        return str(schema["const"])
    if "enum" in schema:
        return join_words((str(value) for value in schema["enum"]), "or")
    match schema.get("type"):
        case "number" | "integer":
            return _allowed_number(schema)
        case "string":
            return _allowed_text(schema)
        case "array":
            return _allowed_list(schema)
        case "object":
            return "a mapping of keys and values"
        case "boolean":
            return "true or false"
        case "null":
            return "null"
        case _:
            return "something else"


def _allowed_number(schema: Schema) -> str:
    whole = schema["type"] == "integer"
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    noun = "a whole number" if whole else "a number"
    if low is not None and high is not None:
        return f"{noun + ' ' if whole else ''}between {low:g} and {high:g}"
    bounds = [
        f"{word} {bound:g}"
        for word, bound in (("at least", low), ("more than", above), ("at most", high), ("less than", below))
        if bound is not None
    ]
    return f"{noun}, {' and '.join(bounds)}" if bounds else noun


def _allowed_text(schema: Schema) -> str:
    if "maxLength" in schema:
        return f"text of {schema.get('minLength', 0)} to {schema['maxLength']} characters"
    return "text" if not schema.get("minLength") else "text that is not empty"


def _allowed_list(schema: Schema) -> str:
    items = schema.get("prefixItems")
    if items:
        each = list(dict.fromkeys(allowed(item) for item in items))
        return f"a list of {len(items)} values{f', each {each[0]}' if len(each) == 1 else ''}"
    bounds = [
        f"at {word} {schema[key]}" for key, word in (("minItems", "least"), ("maxItems", "most")) if key in schema
    ]
    return f"a list of {' and '.join(bounds)} items" if bounds else "a list"
