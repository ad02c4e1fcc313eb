"""OSCQuery: the parameters as a tree of JSON (Vidvox, OSC Query Proposal, third revision). Knows no socket.

Booleans are of the type `T` or `F`, as their value is, and bangs of the type `I`, as other hosts publish them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from engine.control.parameter import Access, Kind, Parameter, Value

SERVED = ("ACCESS", "VALUE", "RANGE", "DESCRIPTION", "UNIT", "CLIPMODE", "OVERLOADS")
STREAMED = ("LISTEN", "IGNORE", "PATH_CHANGED")
KNOWN = frozenset({*SERVED, "FULL_PATH", "CONTENTS", "TYPE", "TAGS", "EXTENDED_TYPE", "CRITICAL", "HTML"})
READ, WRITE = 1, 2
ACCESS = {Access.READ: READ, Access.WRITE: WRITE, Access.READ_WRITE: READ | WRITE}
OVERLOADS = {
    Kind.BOOL: [{"TYPE": "i", "RANGE": [{"VALS": [0, 1]}]}, {"TYPE": "f", "RANGE": [{"VALS": [0.0, 1.0]}]}],
    Kind.COLOUR: [{"TYPE": "r"}],
}


def host_info(name: str, port: int) -> dict[str, Any]:
    """What a client learns of this host; OSC and websockets have the number of the web's port."""
    return {
        "NAME": name,
        "OSC_PORT": port,
        "OSC_TRANSPORT": "UDP",
        "EXTENSIONS": {name: True for name in (*SERVED, *STREAMED)},
    }


def tree(parameters: Iterable[tuple[Parameter, Value]], containers: Mapping[str, str]) -> dict[str, Any]:
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


def method(parameter: Parameter, value: Value) -> dict[str, Any]:
    """One parameter."""
    node: dict[str, Any] = {
        "FULL_PATH": parameter.address,
        "DESCRIPTION": parameter.description,
        "TYPE": type_tags(parameter.kind, value),
        "ACCESS": ACCESS[parameter.access],
    }
    if parameter.kind is Kind.TRIGGER:
        return node
    count = 3 if parameter.kind is Kind.COLOUR else 1
    if value is not None:
        node["VALUE"] = list(value) if isinstance(value, tuple) else [value]
    allowed = _range(parameter)
    if allowed:
        node["RANGE"] = [allowed] * count
        node["CLIPMODE"] = ["both" if "MIN" in allowed and "MAX" in allowed else "none"] * count
    if parameter.unit:
        node["UNIT"] = [parameter.unit] * count
    if parameter.kind in OVERLOADS and node["ACCESS"] & WRITE:
        node["OVERLOADS"] = OVERLOADS[parameter.kind]
    return node


def type_tags(kind: Kind, value: Value) -> str:
    """The OSC types of a value."""
    if kind is Kind.BOOL:
        return "T" if value else "F"
    return {Kind.FLOAT: "f", Kind.INT: "i", Kind.COLOUR: "fff", Kind.TRIGGER: "I"}.get(kind, "s")


def _range(parameter: Parameter) -> dict[str, Any]:
    if parameter.choices:
        return {"VALS": list(parameter.choices)}
    ends = {"MIN": parameter.low, "MAX": parameter.high}
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
