"""What stands where in a feature vector: groups of named numbers with units. Data, without any measuring."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class FeatureGroup:
    """Numbers of one kind.

    Attributes:
        name: of the group.
        names: of the numbers, in order.
        unit: of each.
        what: how they are measured.
        meanings: of numbers, or of what several names begin with, whose name does not say enough.
        neutral: what each number is where nothing is known; empty where all of them are always measured.
    """

    name: str
    names: tuple[str, ...]
    unit: str
    what: str
    meanings: Mapping[str, str] = field(default_factory=dict)
    neutral: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class FeatureLayout:
    """The whole vector.

    Attributes:
        name: by which tools choose it.
        version: to be raised by one whenever a number means something else than before; banks that were made for
            another version are refused, inverters too unless it is a predecessor.
        groups: in the order of the vector, without gaps.
        predecessors: earlier layouts whose numbers this one still has.
    """

    name: str
    version: int
    groups: tuple[FeatureGroup, ...]
    predecessors: tuple[Predecessor, ...] = ()

    @property
    def size(self) -> int:
        """How many numbers the vector has."""
        return sum(len(group.names) for group in self.groups)

    @property
    def names(self) -> tuple[str, ...]:
        """Name of every number as group.name, e.g. `expression.smile`."""
        return tuple(f"{group.name}.{name}" for group in self.groups for name in group.names)

    def __getitem__(self, name: str) -> slice:
        """Where a group stands, e.g. `vector[LAYOUT["pose"]]`."""
        start = 0
        for group in self.groups:
            if group.name == name:
                return slice(start, start + len(group.names))
            start += len(group.names)
        raise KeyError(f"no feature group {name!r}; there are {', '.join(group.name for group in self.groups)}")

    def index(self, name: str) -> int:
        """Where one number stands, e.g. `LAYOUT.index("expression.smile")`."""
        return self.names.index(name)

    def columns_of(self, stamp: str) -> NDArray[np.intp] | None:
        """Where each number of the layout with that stamp stands in this one; None if it is no predecessor.

        `vector[columns]` is the vector as the other layout has it. No two numbers stand at one place.
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
        """Version and digest, as banks, inverters and sessions keep them."""
        return f"{self.version} {self.digest}"

    @property
    def digest(self) -> str:
        """Changes with any name or order: a test ties it to `version`."""
        return hashlib.sha256("\n".join(self.names).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Predecessor:
    """An earlier layout, each of whose numbers a later one still measures, or measures better.

    Attributes:
        layout: the earlier one.
        renamed: names that are others by now, as group.name.
    """

    layout: FeatureLayout
    renamed: Mapping[str, str] = field(default_factory=dict)
