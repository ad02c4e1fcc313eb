"""Comparison of methods on held-out faces and portraits: the tables of `tools.evaluate --steps` and `tools.compare`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from engine.core.errors import ModelError
from engine.features.featurizer import LAYOUT
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import seed_latents
from engine.types import ByteArray, FloatArray
from tools.bank.builder import FaceDrawer
from tools.bank.held_out import HELD_OUT_SEED
from tools.baselines.methods import Method
from tools.baselines.trial import Outcome, Viewers, compare
from tools.dataset.portrait_set import PortraitSet
from tools.gan_eval.evaluation import draw, measure_faces
from tools.gan_eval.feature_sets import found
from tools.likeness.figures import FEWEST
from tools.likeness.scale import LikenessScale
from tools.likeness.trial import FEWEST_RANDOM, RANDOM_SEED

Outcomes = dict[str, Outcome]


def before_all(
    persona: Persona, methods: Sequence[Method], count: int, portraits: PortraitSet | None
) -> Iterator[tuple[str, Outcomes]]:
    """Results of methods for each kind of viewer: `synthetic`, then, of portraits, `real` (in colour) and `real_mono`.

    Args:
        count: number of held-out faces to draw.

    Raises:
        ModelError: no faces are found in the generator's pictures.
    """
    layouts = {method.layout.name for method in methods}
    with FaceDrawer(persona, threads=1) as drawer:
        scale = scale_of(persona, drawer)
        for kind, pictures in _pictures(persona, drawer, count, portraits):
            viewers = Viewers(persona, pictures, layouts)
            if len(viewers) >= FEWEST:
                yield kind, compare(methods, viewers, drawer, scale)


def _pictures(
    persona: Persona, drawer: FaceDrawer, count: int, portraits: PortraitSet | None
) -> Iterator[tuple[str, ByteArray]]:
    yield "synthetic", draw(drawer, _seeds(persona, HELD_OUT_SEED, count), "held-out faces")
    if portraits is not None:
        is_mono = np.array([label.kind == "mono" for label in portraits.labels], bool)
        for kind, chosen in (("real", ~is_mono), ("real_mono", is_mono)):
            if chosen.any():
                yield kind, np.ascontiguousarray(portraits.pictures[chosen][:, :, ::-1])  # as in a mirror


def scale_of(persona: Persona, drawer: FaceDrawer) -> LikenessScale:
    """Standard deviations of random faces.

    Raises:
        ModelError: no faces are found in the generator's pictures.
    """
    latents = _seeds(persona, RANDOM_SEED, FEWEST_RANDOM)
    others = found(measure_faces(drawer.measure, draw(drawer, latents, "random faces"), "measuring random faces"))
    if len(others) < FEWEST:
        raise ModelError(f"{persona.generator_path} draws no detectable faces: there is nothing to measure")
    return LikenessScale(others)


def _seeds(persona: Persona, first: int, count: int) -> FloatArray:
    return seed_latents(range(first, first + count), persona.settings.latent_size)


def as_figures(outcomes: Outcomes) -> dict[str, dict[str, Any]]:
    """Outcomes as plain values, by method title."""
    return {
        title: {**asdict(outcome.likeness), "trembling_deg_s": outcome.trembling_deg_s, "layout": LAYOUT.stamp}
        for title, outcome in outcomes.items()
    }
