"""Where the keys of a YAML file stand: nodes that `yaml.compose` makes remember their places in the text."""

from __future__ import annotations

from dataclasses import dataclass, replace

import yaml

KeyPath = tuple[str | int, ...]


class Locator:
    """Where each key of a file stands, and how its value was written.

    Made of one place in a file, or of several that lie over each other, of which the topmost that has a key counts.

    Args:
        places: from the top down.
    """

    def __init__(self, *places: Place) -> None:
        self._places = places

    @property
    def file(self) -> str:
        """How messages call the file; the topmost of several."""
        return self._places[0].file

    def at(self, key_path: KeyPath) -> Locator:
        """The same for keys that stand under `key_path`."""
        return Locator(*(replace(place, prefix=(*place.prefix, *key_path)) for place in self._places))

    def above(self, other: Locator) -> Locator:
        """These places on top of those of another."""
        return Locator(*self._places, *other._places)

    def __call__(self, key_path: KeyPath) -> int:
        """Line (from 1) of a key or list item; of the nearest enclosing one if there is no such key."""
        return self._find(key_path)[1].line

    def written(self, key_path: KeyPath) -> str | None:
        """The text of an unquoted value as it stands in the file; None for anything else."""
        _, spot = self._find(key_path)
        return spot.node.value if isinstance(spot.node, yaml.ScalarNode) and spot.node.style is None else None

    def has(self, key_path: KeyPath) -> bool:
        """Whether there is such a key or list item."""
        return self._find(key_path)[1].is_exact

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
    """Where the keys of a mapping stand.

    Attributes:
        file: how messages call the file.
        root: what the file holds; None if it is empty.
        prefix: where in it the mapping is.
    """

    file: str
    root: yaml.Node | None
    prefix: KeyPath = ()


@dataclass(frozen=True)
class Spot:
    """Where a key was found.

    Attributes:
        line: of it, from 1; of the nearest enclosing key if there is no such key.
        node: what it holds.
        is_exact: whether there is such a key.
    """

    line: int
    node: yaml.Node | None
    is_exact: bool


def find_spot(root: yaml.Node | None, key_path: KeyPath) -> Spot:
    """Where a key stands under `root`: the one function that knows the lines of a file."""
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
    """What stands in a node: what says its line, and what it is."""
    if isinstance(node, yaml.MappingNode):
        pairs: list[tuple[yaml.Node, yaml.Node]] = node.value
        return pairs
    return [(item, item) for item in node.value] if isinstance(node, yaml.SequenceNode) else []


def key_text(key_path: KeyPath) -> str:
    """A key path as people write it: `passes[1].ripple.height`."""
    text = ""
    for key in key_path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}"
    return text.removeprefix(".")


def line_of(node: yaml.Node | yaml.Event) -> int:
    """The line on which it begins, from 1."""
    mark = node.start_mark
    return 1 if mark is None else mark.line + 1
