"""Easing curves: functions of a share of a distance or time. Numbers only."""

from __future__ import annotations


def clamp(x: float, low: float = 0.0, high: float = 1.0) -> float:
    """Clamp `x` to `low` and `high`."""
    return max(low, min(high, x))


def smoothstep(x: float, low: float = 0.0, high: float = 1.0) -> float:
    """Cubic from 0 at `low` to 1 at `high`, with level ends, as in GLSL.

    If `low` is above `high`, it falls. If they are equal, it is a step.
    """
    if low == high:
        return 0.0 if x < low else 1.0
    t = clamp((x - low) / (high - low))
    return t * t * (3.0 - 2.0 * t)
