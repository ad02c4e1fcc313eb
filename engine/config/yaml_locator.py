"""Locations of the keys of a YAML file, from the marks of the nodes that `yaml.compose` builds."""

from __future__ import annotations

from dataclasses import dataclass, replace

import yaml

KeyPath = tuple[str | int, ...]

LONGEST_KEY = 60  # letters of a key that messages show


class Locator:
    """Finds the line of each key of a file, and how its value was written.

    Has one place in a file, or several on top of each other; the topmost that has a key counts.

    Args:
        places: from the top down.
    """

    def __init__(self, *places: Place) -> None:
        self._places = places

    @property
    def file(self) -> str:
        """Name of the file in messages; the topmost of several."""
        return self._places[0].file

    def at(self, key_path: KeyPath) -> Locator:
        """The same for the keys under `key_path`."""
        return Locator(*(replace(place, prefix=(*place.prefix, *key_path)) for place in self._places))

    def above(self, other: Locator) -> Locator:
        """These places on top of those of another locator."""
        return Locator(*self._places, *other._places)

    def __call__(self, key_path: KeyPath) -> int:
        """Line (from 1) of a key or list item; of the nearest enclosing one if there is no such key."""
        return self._find(key_path)[1].line

    def written(self, key_path: KeyPath) -> str | None:
        """The text of an unquoted value as written in the file; None for anything else."""
        _, spot = self._find(key_path)
        return spot.node.value if isinstance(spot.node, yaml.ScalarNode) and spot.node.style is None else None

    def has(self, key_path: KeyPath) -> bool:
        """Whether there is such a key or list item."""
        return self._find(key_path)[1].is_exact

    def place(self, key_path: KeyPath) -> str:
        """`file:line` of a key; of the nearest enclosing one if there is no such key."""
        place, spot = self._find(key_path)
        return f"{place.file}:{spot.line}"

    def problem(self, key_path: KeyPath, what: str) -> str:
        """The sentence `file:line: key: what`."""
        place, spot = self._find(key_path)
        full = (*place.prefix, *key_path)
        return f"{place.file}:{spot.line}: {key_text(full)}{': ' if full else ''}{what}"

    def _find(self, key_path: KeyPath) -> tuple[Place, Spot]:
        found = [(place, find_spot(place.root, (*place.prefix, *key_path))) for place in self._places]
        return next((pair for pair in found if pair[1].is_exact), found[0])


@dataclass(frozen=True)
class Place:
    """Location of a mapping in a file.

    Attributes:
        file: its name in messages.
        root: its root node; None if it is empty.
        prefix: path of the mapping in it.
    """

    file: str
    root: yaml.Node | None
    prefix: KeyPath = ()


@dataclass(frozen=True)
class Spot:
    """Location of a key.

    Attributes:
        line: from 1; of the nearest enclosing key if there is no such key.
        node: its value.
        is_exact: whether there is such a key.
    """

    line: int
    node: yaml.Node | None
    is_exact: bool


def find_spot(root: yaml.Node | None, key_path: KeyPath) -> Spot:
    """Locate a key under `root`: the only function that knows the lines of a file."""
    if root is None:
        return Spot(1, None, not key_path)
    line, node = line_of(root), root
    for key in key_path:
        children = {
            name.value if isinstance(node, yaml.MappingNode) else index: (name, value)
            for index, (name, value) in enumerate(_children(node))
        }
        if key not in children:
            return Spot(line, None, False)
        name, node = children[key]
        line = line_of(name)
    return Spot(line, node, True)


def _children(node: yaml.Node) -> list[tuple[yaml.Node, yaml.Node]]:
    """Entries of a node by key: the node that has the line, and the value."""
    if isinstance(node, yaml.MappingNode):
        pairs: list[tuple[yaml.Node, yaml.Node]] = node.value
        return pairs
    return [(item, item) for item in node.value] if isinstance(node, yaml.SequenceNode) else []


def key_text(key_path: KeyPath) -> str:
    """A key path for messages: `passes[1].ripple.height`."""
    text = ""
    for key in key_path:
        text += f"[{key}]" if isinstance(key, int) else f".{_shortened(key)}"
    return text.removeprefix(".")


def _shortened(key: str) -> str:
    return key if len(key) <= LONGEST_KEY else f"{key[: LONGEST_KEY - 3]}..."


def line_of(node: yaml.Node | yaml.Event) -> int:
    """The line on which a node or event begins, from 1."""
    mark = node.start_mark
    return 1 if mark is None else mark.line + 1
