"""Durations and counts for the overlay and `--stats`. Knows no step by name and reads no clock."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence

import numpy as np


class Samples:
    """Newest values of one quantity; thread-safe.

    Args:
        capacity: number of values to keep; older ones are dropped.
    """

    def __init__(self, capacity: int = 2048) -> None:
        self._values: deque[float] = deque(maxlen=capacity)
        self._lock = threading.Lock()

    def add(self, value: float) -> None:
        with self._lock:
            self._values.append(value)

    def percentiles(self, ranks: Sequence[int] = (50, 95)) -> dict[str, float]:
        """`{"p50": ..., "p95": ...}` in the unit of the values, rounded to 0.01; empty if there are none."""
        with self._lock:
            values = list(self._values)
        if not values:
            return {}
        found = np.percentile(values, ranks)
        return {f"p{rank}": round(float(value), 2) for rank, value in zip(ranks, found, strict=True)}

    def rate_per_s(self) -> float:
        """Events per second for intervals in ms; 0 without any."""
        with self._lock:
            values = list(self._values)
        return 1000 / float(np.mean(values)) if values else 0.0


def rate_per_s(count: int, seconds: float) -> float:
    """Events per second, rounded to 0.01; 0 when no time has passed."""
    return round(count / seconds, 2) if seconds > 0 else 0.0


def describe(percentiles: Mapping[str, float]) -> str:
    """Percentiles in ms for the overlay, e.g. `12 / 19 ms`."""
    return f"{percentiles['p50']:.0f} / {percentiles['p95']:.0f} ms" if percentiles else "-"
