"""Layout of a feature vector: groups of named numbers with units. Data only; measures nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class FeatureGroup:
    """Group of related numbers.

    Attributes:
        name: name of the group.
        names: names of the numbers, in order.
        unit: unit of each.
        what: how they are measured.
        meanings: explanations of numbers, or of shared name prefixes, that are not self-explanatory.
        neutral: value of each number if unknown; empty if all of them are always measured.
    """

    name: str
    names: tuple[str, ...]
    unit: str
    what: str
    meanings: Mapping[str, str] = field(default_factory=dict)
    neutral: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class FeatureLayout:
    """Layout of the whole vector.

    Attributes:
        name: used by tools to select it.
        version: raise by one whenever a number changes its meaning; banks made for another version are refused, and so
                are inverters unless it is a predecessor.
        groups: in vector order, without gaps.
        predecessors: earlier layouts whose numbers this one still contains.
    """

    name: str
    version: int
    groups: tuple[FeatureGroup, ...]
    predecessors: tuple[Predecessor, ...] = ()

    @property
    def size(self) -> int:
        """Number of features."""
        return sum(len(group.names) for group in self.groups)

    @property
    def names(self) -> tuple[str, ...]:
        """Name of every number as group.name, e.g. `expression.smile`."""
        return tuple(f"{group.name}.{name}" for group in self.groups for name in group.names)

    def __getitem__(self, name: str) -> slice:
        """Position of a group, e.g. `vector[LAYOUT["pose"]]`."""
        start = 0
        for group in self.groups:
            if group.name == name:
                return slice(start, start + len(group.names))
            start += len(group.names)
        raise KeyError(f"no feature group {name!r}; there are {', '.join(group.name for group in self.groups)}")

    def index(self, name: str) -> int:
        """Position of one number, e.g. `LAYOUT.index("expression.smile")`."""
        return self.names.index(name)

    def columns_of(self, stamp: str) -> NDArray[np.intp] | None:
        """Positions of another layout's numbers in this one; None if it is not a predecessor.

        `vector[columns]` is the vector in the other layout. No two numbers share a position.
        """
        if stamp == self.stamp:
            return np.arange(self.size)
        for predecessor in self.predecessors:
            if predecessor.layout.stamp == stamp:
                places = {name: place for place, name in enumerate(self.names)}
                names = [predecessor.renamed.get(name, name) for name in predecessor.layout.names]
                return np.array([places[name] for name in names], np.intp)
        return None

    @property
    def stamp(self) -> str:
        """Version and digest, as stored in banks, inverters and sessions."""
        return f"{self.version} {self.digest}"

    @property
    def digest(self) -> str:
        """Hash of all names in order: a test ties it to `version`."""
        return hashlib.sha256("\n".join(self.names).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Predecessor:
    """Earlier layout, all of whose numbers a later one still measures, or measures better.

    Attributes:
        layout: the earlier layout.
        renamed: old to new names, as group.name.
    """

    layout: FeatureLayout
    renamed: Mapping[str, str] = field(default_factory=dict)
