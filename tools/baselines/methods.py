"""The ways from faces to latents that can be compared: the persona's own, and the contenders that were fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.features.featurizer import LAYOUT
from engine.features.layout import FeatureLayout
from engine.networks.inversion.inverter_file import need_inverter
from engine.networks.persona import Persona
from engine.pipeline.latent_follower import Inverts
from tools.baselines.baseline import contender_path, open_contender
from tools.baselines.registry import ContenderName

SHIPPED = "shipped"
FROM_2019_ON = ("mlp-512x512@original342", "mlp-512x512", "ridge", "completed", "knn")
"""From the artwork's method on, each a step: its numbers, ours, no hidden layers, no stretching, faces that exist."""


@dataclass(frozen=True)
class Method:
    """One way.

    Attributes:
        title: as it was named.
        inverter: what answers.
        layout: of the features that it hears.
    """

    title: str
    inverter: Inverts
    layout: FeatureLayout


def open_methods(persona: Persona, names: Sequence[str]) -> list[Method]:
    """The methods of those names: `shipped`, or a contender's.

    Raises:
        ModelError: one is unknown, was not fitted, or is damaged.
    """
    methods = []
    for name in names:
        if name == SHIPPED:
            methods.append(Method(SHIPPED, need_inverter(persona), LAYOUT))
        else:
            contender = open_contender(persona, ContenderName.parse(name))
            methods.append(Method(str(contender.name), contender, contender.layout))
    return methods


def steps_from_2019(persona: Persona) -> tuple[list[Method], list[str]]:
    """The steps from the method of 2019 to the one that ships, and the names of those that were not fitted."""
    missing = [name for name in FROM_2019_ON if not contender_path(persona, ContenderName.parse(name)).exists()]
    return open_methods(persona, [*(name for name in FROM_2019_ON if name not in missing), SHIPPED]), missing
