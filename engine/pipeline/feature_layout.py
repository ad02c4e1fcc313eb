"""What stands where in a feature vector: groups of named numbers with units. Data, without any measuring."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeatureGroup:
    """Numbers of one kind.

    Attributes:
        name: of the group.
        names: of the numbers, in order.
        unit: of each.
        what: how they are measured.
    """

    name: str
    names: tuple[str, ...]
    unit: str
    what: str


@dataclass(frozen=True, slots=True)
class FeatureLayout:
    """The whole vector.

    Attributes:
        version: to be raised by one whenever a number means something else than before; banks and inverters that were
            made for another version are refused.
        groups: in the order of the vector, without gaps.
    """

    version: int
    groups: tuple[FeatureGroup, ...]

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

    @property
    def stamp(self) -> str:
        """Version and digest, as a session keeps them."""
        return f"{self.version} {self.digest}"

    @property
    def digest(self) -> str:
        """Changes with any name or order: a test ties it to `version`."""
        return hashlib.sha256("\n".join(self.names).encode()).hexdigest()[:16]
