"""The shapes that are timed, and the least time that their layers can take on a card whose peaks were measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.networks.pggan.architecture import GeneratorSettings
from tools.bench.roofline import Peaks, network_bound_ms, network_costs

SHAPES = {
    128: GeneratorSettings(128, fmap_base=4096, fmap_max=256),  # the persona that ships
    1024: GeneratorSettings(1024),  # the official CelebA-HQ network
}


def bound_ms(size: int, precision: str, peaks: Mapping[str, Any]) -> float:
    """The roofline of the run-time form.

    Args:
        size: of `SHAPES`.
        precision: `float32` or `bfloat16`.
        peaks: what `generator.measure_peaks` found.
    """
    costs = network_costs(SHAPES[size], "fused", precision)
    return network_bound_ms(costs, Peaks.from_json({"device": "card"} | dict(peaks)), precision)
