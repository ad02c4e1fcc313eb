"""Methods that can be compared: the persona's own inverter, and the fitted baselines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.features.featurizer import LAYOUT
from engine.features.layout import FeatureLayout
from engine.networks.inversion.inverter_file import need_inverter
from engine.networks.persona import Persona
from engine.pipeline.latent_follower import Inverts
from tools.baselines.baseline import baseline_path, open_baseline
from tools.baselines.registry import BaselineName

SHIPPED = "shipped"
FROM_2019_ON = ("mlp-512x512@original342", "mlp-512x512", "ridge", "completed", "knn")
"""Steps from the method of 2019: its features, ours, no hidden layers, no stretching, existing faces."""


@dataclass(frozen=True)
class Method:
    """Method under comparison.

    Attributes:
        title: its name.
        inverter: its inverter.
        layout: layout of its features.
    """

    title: str
    inverter: Inverts
    layout: FeatureLayout


def open_methods(persona: Persona, names: Sequence[str]) -> list[Method]:
    """Open methods by name: `shipped`, or a baseline.

    Raises:
        ModelError: one is unknown, not fitted, or damaged.
    """
    methods = []
    for name in names:
        if name == SHIPPED:
            methods.append(Method(SHIPPED, need_inverter(persona), LAYOUT))
        else:
            baseline = open_baseline(persona, BaselineName.parse(name))
            methods.append(Method(str(baseline.name), baseline, baseline.layout))
    return methods


def steps_from_2019(persona: Persona) -> tuple[list[Method], list[str]]:
    """Steps from the method of 2019 to the shipped one, and the names of those not fitted."""
    missing = [name for name in FROM_2019_ON if not baseline_path(persona, BaselineName.parse(name)).exists()]
    return open_methods(persona, [*(name for name in FROM_2019_ON if name not in missing), SHIPPED]), missing
