"""One step of training as a pure function: state and batch in, state and measures out, on any backend.

A state holds the weights of both networks, of the generator's moving average, and the optimisers' moments, in the order
of `variables_of`. As nothing is changed in place, an interrupted step leaves the old state whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from engine.networks.pggan.model import Discriminator, Generator, downscale, upscale
from engine.types import ByteArray, FloatArray
from tools.gan.augmentation import augment
from tools.gan.backend import training_backend
from tools.gan.losses import adam_step, discriminator_loss, generator_loss, gradient_penalty, moving_average

State = dict[str, Any]
NETWORKS = ("generator", "discriminator", "average")
MOMENTS = ("generator_moments", "discriminator_moments")
MEASURES = ("d_loss", "g_loss", "real_score", "fake_score")

PENALTY_INTERVAL = 8  # steps; R1 is computed in every eighth and counts eight times there (Karras et al. 2020)


@dataclass(frozen=True)
class Batch:
    """What a step needs, N a multiple of 8.

    Attributes:
        reals: (N, S, S, 3) uint8.
        latents: (N, latent_size).
        augmentation: (3, N, augmentation.NUMBERS) in [0, 1): for the reals, and for the drawn, once a network.
    """

    reals: ByteArray
    latents: FloatArray
    augmentation: FloatArray


@dataclass(frozen=True)
class Knobs:
    """What may change from step to step.

    Attributes:
        fade: of the stage, 0 to 1.
        count: number of the step since the moments were 0, from 1.
        learning_rate: of both networks.
        penalty: gamma of R1.
        averaging_share: of the generator in its average.
    """

    fade: float
    count: int
    learning_rate: float
    penalty: float
    averaging_share: float


def variables_of(network: Any) -> list[Any]:
    """The variables of a network, in the order of its layers."""
    return [variable for layer in network.by_name.values() for variable in (layer.weight, layer.bias)]


class Steps:
    """The compiled functions of training, one set for each level of the networks.

    Args:
        generator, discriminator: their structure; the weights come with the state.
        precision: that the networks compute in; weights, losses and optimisers stay in float32.
    """

    def __init__(self, generator: Generator, discriminator: Discriminator, precision: str) -> None:
        self._generator = generator
        self._discriminator = discriminator
        self._precision = precision
        self._backend = training_backend()
        self._compiled: dict[tuple[Any, ...], Callable[..., Any]] = {}

    def train(self, state: State, batch: Batch, knobs: Knobs, level: int, has_penalty: bool) -> tuple[State, Any]:
        """Train both networks on a batch.

        Returns:
            The new state, and measures: MEASURES -> scalar tensor. On a GPU both may still be in computation.
        """
        is_fading = knobs.fade < 1
        function = self._function(
            ("train", level, is_fading, has_penalty),
            partial(self._train, level=level, is_fading=is_fading, has_penalty=has_penalty),
        )
        scalars = {name: np.asarray(value, np.float32) for name, value in vars(knobs).items()}
        result: tuple[State, Any] = function(state, vars(batch), scalars)
        return result

    def scores(self, weights: list[Any], reals: ByteArray, uniform: FloatArray, level: int, fade: float) -> FloatArray:
        """What the discriminator gives to real pictures (N, S, S, 3) uint8, augmented: (N,)."""
        is_fading = fade < 1
        function = self._function(("scores", level, is_fading), partial(self._scores, level=level, is_fading=is_fading))
        return np.asarray(ops.convert_to_numpy(function(weights, reals, uniform, np.asarray(fade, np.float32))))[:, 0]

    def draw(self, weights: list[Any], latents: FloatArray, level: int, fade: float) -> FloatArray:
        """Pictures (N, S, S, 3) of a generator or its average, float32, nominal range [-1, 1], unclipped."""
        is_fading = fade < 1
        function = self._function(("draw", level, is_fading), partial(self._draw, level=level, is_fading=is_fading))
        return np.asarray(ops.convert_to_numpy(function(weights, latents, np.asarray(fade, np.float32))))

    def _function(self, key: tuple[Any, ...], function: Callable[..., Any]) -> Callable[..., Any]:
        if key not in self._compiled:
            self._compiled[key] = self._backend.compiled(function)
        return self._compiled[key]

    def _train(
        self, state: State, batch: Any, knobs: Any, *, level: int, is_fading: bool, has_penalty: bool
    ) -> tuple[State, Any]:
        coarser_share = 1 - knobs["fade"] if is_fading else None
        reals = _shown(batch["reals"], coarser_share)
        judge = partial(self._judge, level=level, coarser_share=coarser_share)

        def draw(weights: list[Any]) -> tuple[Any, None]:
            return self._pictures(weights, batch["latents"], level, coarser_share), None

        # the same drawn pictures serve both networks: the generator has not changed in between
        fakes, _, to_generator = self._backend.pull_back(draw, state["generator"])
        augmentation = batch["augmentation"]
        seen_reals, seen_fakes = augment(reals, augmentation[0]), augment(ops.stop_gradient(fakes), augmentation[1])

        def judged(weights: list[Any]) -> tuple[Any, tuple[Any, Any, Any]]:
            real_scores, fake_scores = judge(weights, seen_reals), judge(weights, seen_fakes)
            loss = total = discriminator_loss(real_scores, fake_scores)
            if has_penalty:
                some = seen_reals[: int(seen_reals.shape[0]) // 2]
                total = loss + self._penalty(partial(judge, weights), some) * knobs["penalty"] / 2 * PENALTY_INTERVAL
            return total, (loss, ops.mean(real_scores), ops.mean(fake_scores))

        total, (d_loss, real_score, fake_score), back = self._backend.pull_back(judged, state["discriminator"])
        discriminator, discriminator_moments = adam_step(
            state["discriminator"],
            state["discriminator_moments"],
            back(ops.ones_like(total)),
            knobs["count"],
            knobs["learning_rate"],
        )

        def deceived(pictures: Any) -> tuple[Any, None]:
            return generator_loss(judge(discriminator, augment(pictures, augmentation[2]))), None

        g_loss, _, to_pictures = self._backend.pull_back(deceived, ops.stop_gradient(fakes))
        generator, generator_moments = adam_step(
            state["generator"],
            state["generator_moments"],
            to_generator(to_pictures(ops.ones_like(g_loss))),
            knobs["count"],
            knobs["learning_rate"],
        )
        new = {
            "generator": generator,
            "discriminator": discriminator,
            "average": moving_average(state["average"], generator, knobs["averaging_share"]),
            "generator_moments": generator_moments,
            "discriminator_moments": discriminator_moments,
        }
        measures = (d_loss, g_loss, real_score, fake_score)
        return new, dict(zip(MEASURES, measures, strict=True))

    def _penalty(self, judge: Callable[[Any], Any], pictures: Any) -> Any:
        def total_score(pictures: Any) -> tuple[Any, None]:
            return ops.sum(judge(pictures)), None

        total, _, back = self._backend.pull_back(total_score, pictures)
        return gradient_penalty(back(ops.ones_like(total)))

    def _scores(self, weights: list[Any], reals: Any, uniform: Any, fade: Any, *, level: int, is_fading: bool) -> Any:
        coarser_share = 1 - fade if is_fading else None
        return self._judge(weights, augment(_shown(reals, coarser_share), uniform), level, coarser_share)

    def _draw(self, weights: list[Any], latents: Any, fade: Any, *, level: int, is_fading: bool) -> Any:
        return self._pictures(weights, latents, level, 1 - fade if is_fading else None)

    def _judge(self, weights: list[Any], pictures: Any, level: int, coarser_share: Any) -> Any:
        with keras.StatelessScope(state_mapping=list(zip(variables_of(self._discriminator), weights, strict=True))):
            scores = self._discriminator.judge(ops.cast(pictures, self._precision), level, coarser_share)
        return ops.cast(scores, "float32")

    def _pictures(self, weights: list[Any], latents: Any, level: int, coarser_share: Any) -> Any:
        with keras.StatelessScope(state_mapping=list(zip(variables_of(self._generator), weights, strict=True))):
            pictures = self._generator.draw(ops.cast(latents, self._precision), level, coarser_share)
        return ops.cast(pictures, "float32")


def _shown(reals: Any, coarser_share: Any) -> Any:
    """Real pictures uint8 as the discriminator sees them at a stage: nominal range, as coarse as what is drawn."""
    pictures = ops.cast(reals, "float32") / 127.5 - 1
    if coarser_share is None:
        return pictures
    return pictures + (upscale(downscale(pictures)) - pictures) * coarser_share
