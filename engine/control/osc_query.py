"""OSCQuery: the parameters as a tree of JSON (Vidvox, OSC Query Proposal, third revision). Knows no socket.

Booleans are of the type `T` or `F`, as their value is, and bangs of the type `I`, as other hosts publish them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

SERVED = ("ACCESS", "VALUE", "RANGE", "DESCRIPTION", "UNIT", "CLIPMODE", "OVERLOADS")
STREAMED = ("LISTEN", "IGNORE", "PATH_CHANGED")
KNOWN = frozenset({*SERVED, "FULL_PATH", "CONTENTS", "TYPE", "TAGS", "EXTENDED_TYPE", "CRITICAL", "HTML"})
READ, WRITE = 1, 2

Value = bool | int | float | str | Sequence[float] | None


class Described(Protocol):
    """What is said of a parameter."""

    @property
    def address(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def minimum(self) -> float | None: ...
    @property
    def maximum(self) -> float | None: ...
    @property
    def choices(self) -> Sequence[str]: ...
    @property
    def unit(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def is_writable(self) -> bool: ...


def host_info(name: str, port: int) -> dict[str, Any]:
    """What a client learns of this host; OSC and websockets have the number of the web's port."""
    return {
        "NAME": name,
        "OSC_PORT": port,
        "OSC_TRANSPORT": "UDP",
        "EXTENSIONS": {name: True for name in (*SERVED, *STREAMED)},
    }


def tree(parameters: Iterable[tuple[Described, Value]], containers: Mapping[str, str]) -> dict[str, Any]:
    """The whole address space, from `/` on.

    Args:
        parameters: each with its value.
        containers: descriptions of the branches, by their path.
    """
    root = _container("/", containers)
    for parameter, value in parameters:
        *branches, leaf = parameter.address.strip("/").split("/")
        node, path = root, ""
        for branch in branches:
            path += f"/{branch}"
            node = node["CONTENTS"].setdefault(branch, _container(path, containers))
        node["CONTENTS"][leaf] = method(parameter, value)
    return root


def _container(path: str, containers: Mapping[str, str]) -> dict[str, Any]:
    about = {"DESCRIPTION": containers[path]} if path in containers else {}
    return {"FULL_PATH": path, **about, "ACCESS": 0, "CONTENTS": {}}


def method(parameter: Described, value: Value) -> dict[str, Any]:
    """One parameter."""
    node: dict[str, Any] = {
        "FULL_PATH": parameter.address,
        "DESCRIPTION": parameter.description,
        "TYPE": type_tags(parameter.kind, value),
    }
    if parameter.kind == "trigger":
        return {**node, "ACCESS": WRITE}
    count = 3 if parameter.kind == "colour" else 1
    node |= {"ACCESS": READ | WRITE if parameter.is_writable else READ}
    if value is not None:
        node["VALUE"] = list(value) if parameter.kind == "colour" and not isinstance(value, str) else [value]
    allowed = _range(parameter)
    if allowed:
        node["RANGE"] = [allowed] * count
        node["CLIPMODE"] = ["both" if "MIN" in allowed and "MAX" in allowed else "none"] * count
    if parameter.unit:
        node["UNIT"] = [parameter.unit] * count
    if parameter.kind == "bool" and parameter.is_writable:
        node["OVERLOADS"] = [{"TYPE": "i", "RANGE": [{"VALS": [0, 1]}]}, {"TYPE": "f", "RANGE": [{"VALS": [0.0, 1.0]}]}]
    if parameter.kind == "colour" and parameter.is_writable:
        node["OVERLOADS"] = [{"TYPE": "r"}]
    return node


def type_tags(kind: str, value: Value) -> str:
    """The OSC types of a value."""
    if kind == "bool":
        return "T" if value else "F"
    return {"float": "f", "int": "i", "colour": "fff", "trigger": "I"}.get(kind, "s")


def _range(parameter: Described) -> dict[str, Any]:
    if parameter.choices:
        return {"VALS": list(parameter.choices)}
    ends = {"MIN": parameter.minimum, "MAX": parameter.maximum}
    return {name: end for name, end in ends.items() if end is not None}


def find(root: Mapping[str, Any], path: str) -> Mapping[str, Any] | None:
    """The node at a path; None where there is none."""
    node: Any = root
    for part in filter(None, path.split("/")):
        node = node.get("CONTENTS", {}).get(part)
        if node is None:
            return None
    return dict(node)


def answer(root: Mapping[str, Any], path: str, attribute: str | None) -> tuple[int, str]:
    """The status and the text that answer a request for a node, or for one of its attributes."""
    node = find(root, path)
    if node is None:
        return 404, ""
    if attribute is None:
        return 200, json.dumps(node)
    if attribute not in KNOWN:
        return 400, ""
    if attribute == "VALUE" and not node.get("ACCESS", 0) & READ:
        return 204, ""
    if attribute in node:
        return 200, json.dumps({attribute: node[attribute]})
    return (200, "{}") if attribute in SERVED or attribute in ("TYPE", "CONTENTS") else (204, "")
