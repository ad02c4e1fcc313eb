"""Write docs/configuration.md from the settings classes: `python -m tools.dev.describe_config`."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from engine.config.config import Config
from engine.config.validation import allowed

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"
INTRODUCTION = """# Configuration

Generated from the settings classes by `python -m tools.dev.describe_config`; do not edit.

`config.yaml` describes an installation: what is connected, and how the mirror behaves. Its appearance is defined by
[scenes](scenes.md). Every section and key may be omitted; an unknown key is an error that names file, line and key. The
command line overrides the file ([Usage](usage.md)). A dot stands for one level of nesting: `features.pose.beta` is
written `features: {pose: {beta: 1}}`.
"""


def describe() -> str:
    """Text of the whole page."""
    lines = [INTRODUCTION.rstrip()]
    for name, field in Config.model_fields.items():
        section = field.annotation
        assert isinstance(section, type) and issubclass(section, BaseModel)
        lines += ["", f"## {name}", "", _summary(section), "", *_table(section)]
        for key, entry in _listed(section):
            lines += ["", f"Each entry of `{key}`:", "", *_table(entry)]
    return "\n".join([*lines, ""])


def _table(model: type[BaseModel]) -> Iterator[str]:
    schema = model.model_json_schema()
    yield "| key | default | allowed | meaning |"
    yield "|---|---|---|---|"
    for key, about, default in _keys(model, schema):
        cells = (f"`{key}`", _default(default), allowed({**about, "$defs": schema.get("$defs", {})}), _meaning(about))
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _keys(model: type[BaseModel], schema: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every key with its schema and default; nested keys follow their section."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            given = field.get_default()
            for key, about, default in _keys(inner, inner.model_json_schema(), f"{prefix}{name}."):
                path = key.removeprefix(f"{prefix}{name}.").split(".")
                yield key, about, _at(given, path) if given is not None else default
        else:
            yield (
                prefix + name,
                schema["properties"][name],
                ... if field.is_required() else field.get_default(call_default_factory=True),
            )


def _at(settings: BaseModel, path: list[str]) -> Any:
    value: Any = settings
    for name in path:
        value = getattr(value, name)
    return value


def _listed(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """Every key with a list of mappings, and the schema of such a mapping."""
    for name, field in model.model_fields.items():
        for part in get_args(field.annotation):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield name, part


def _default(value: Any) -> str:
    return "required" if value is ... else f"`{json.dumps(value, ensure_ascii=False)}`".replace('"', "")


def _meaning(about: dict[str, Any]) -> str:
    return " ".join(str(about.get("description", "")).split())


def _summary(model: type[BaseModel]) -> str:
    return " ".join((inspect.getdoc(model) or "").split("\n\n")[0].split())


def main() -> int:
    """Write the page."""
    DOCUMENT.write_text(describe(), encoding="utf-8", newline="\n")
    print(DOCUMENT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
