"""Architectures to time, and their minimum time on a card with measured peaks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.networks.pggan.architecture import GeneratorSettings
from tools.bench.roofline import Peaks, network_bound_ms, network_costs

SHAPES = {
    128: GeneratorSettings(128, fmap_base=4096, fmap_max=256),  # shipped persona
    1024: GeneratorSettings(1024),  # official CelebA-HQ network
}


def bound_ms(size: int, precision: str, peaks: Mapping[str, Any]) -> float:
    """Roofline of the run-time form, ms.

    Args:
        size: one of `SHAPES`.
        precision: `float32` or `bfloat16`.
        peaks: result of `generator.measure_peaks`.
    """
    costs = network_costs(SHAPES[size], "fused", precision)
    return network_bound_ms(costs, Peaks.from_json({"device": "card"} | dict(peaks)), precision)
