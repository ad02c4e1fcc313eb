"""Measured peak rates of a machine, and the resulting minimum times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from tools.bench.roofline.costs import LayerCost


@dataclass(frozen=True)
class Peaks:
    """Measured rates of one device.

    Attributes:
        device: its name.
        operations_per_s: by precision: multiplications and additions in large matrix products.
        bytes_per_s: by working set in bytes, the rate of repeated reading or writing: what fits a cache is faster. At
                least one.
    """

    device: str
    operations_per_s: Mapping[str, float]
    bytes_per_s: Mapping[int, float]

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Parse the result of `to_json`."""
        by_set = {int(size): float(rate) for size, rate in content["bytes_per_s"].items()}
        return cls(content["device"], dict(content["operations_per_s"]), by_set)

    def to_json(self) -> dict[str, Any]:
        """Convert to plain values."""
        by_set = {str(size): rate for size, rate in sorted(self.bytes_per_s.items())}
        return {"device": self.device, "operations_per_s": dict(self.operations_per_s), "bytes_per_s": by_set}

    def merged(self, other: Self) -> Self:
        """Maximum of each rate."""
        operations = _best(self.operations_per_s, other.operations_per_s)
        return type(self)(self.device, operations, _best(self.bytes_per_s, other.bytes_per_s))

    def bandwidth(self, n_bytes: int) -> float:
        """Bytes per second for a working set of this size: the best rate of any that was at least as large.

        Beyond the largest measured set, its rate.
        """
        large_enough = [rate for size, rate in self.bytes_per_s.items() if size >= n_bytes]
        return max(large_enough) if large_enough else self.bytes_per_s[max(self.bytes_per_s)]


@dataclass(frozen=True)
class Bound:
    """Minimum time of some work, `ms`, the greater of two.

    Attributes:
        operations_ms, bytes_ms: for arithmetic alone, and for memory traffic alone.
    """

    operations_ms: float
    bytes_ms: float

    @property
    def ms(self) -> float:
        return max(self.operations_ms, self.bytes_ms)

    @property
    def by(self) -> str:
        """Which of the two it is."""
        return "operations" if self.operations_ms >= self.bytes_ms else "bytes"


def bound_of(operations: int, n_bytes: int, peaks: Peaks, precision: str = "float32") -> Bound:
    """Minimum time of work on a device.

    Raises:
        KeyError: the precision was not measured.
    """
    return Bound(1000 * operations / peaks.operations_per_s[precision], 1000 * n_bytes / peaks.bandwidth(n_bytes))


def network_bound_ms(costs: Iterable[LayerCost], peaks: Peaks, precision: str) -> float:
    """Minimum time of a network whose layers run sequentially, ms."""
    return sum(bound_of(cost.operations, cost.bytes, peaks, precision).ms for cost in costs)


def _best(one: Mapping[Any, float], other: Mapping[Any, float]) -> dict[Any, float]:
    return {key: max(one.get(key, 0.0), other.get(key, 0.0)) for key in {**one, **other}}
