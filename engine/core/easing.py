"""Easing curves: from a share of a way, or of a time, to how far something has come. Numbers only."""

from __future__ import annotations


def clamp(x: float, low: float = 0.0, high: float = 1.0) -> float:
    """`x`, no lower than `low` and no higher than `high`."""
    return max(low, min(high, x))


def smoothstep(x: float, low: float = 0.0, high: float = 1.0) -> float:
    """0 up to `low`, 1 from `high` on, and a cubic between them that starts and ends level, as in GLSL.

    `low` may lie above `high`; then it falls. Where they are equal, it is a step.
    """
    if low == high:
        return 0.0 if x < low else 1.0
    t = clamp((x - low) / (high - low))
    return t * t * (3.0 - 2.0 * t)
