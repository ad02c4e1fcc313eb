"""Fitting of an encoder through a frozen generator: its pictures must be reproduced from what the encoder sees of them.

    random z -> generator -> picture x -> frozen networks -> encoder -> z' -> generator -> x'     x' must resemble x

No portraits are involved: the viewers are the generator's own faces, jittered like camera pictures. Faces it cannot
    draw
are beyond any encoder. Networks, losses and optimiser are those of the trainer (`tools/gan`); a generator of more than
128 px draws at full size, and its pictures are averaged down before they are encoded, which is slow on a processor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from engine.networks.inversion.encoder_network import EncoderNetwork, pooled
from engine.networks.inversion.frozen_features import SEEN_PX
from engine.networks.pggan.latent_sphere import normalise
from engine.networks.pggan.model import Generator
from engine.types import FloatArray
from tools.gan.augmentation import JITTER_NUMBERS, jitter
from tools.gan.backend import training_backend
from tools.gan.data_loader import uniform_numbers
from tools.gan.losses import adam_step, crowding, feature_distance, separation
from tools.gan.training_state import variables_of

BATCH = 8
RATE, FIRST_DECAY = 1e-3, 0.5  # of Adam; beta1
REC, FACE, FIND, SPREAD = 10.0, 10.0, 2.0, 2.0  # weights of the losses, see `training_state.LossWeights`
MEASURES = ("rec", "face", "find", "spread")
STATISTICS_BATCHES, LEAST_DEVIATION = 8, 0.05
State = dict[str, Any]


class EncoderFitting:
    """Encoder being fitted.

    Args:
        generator: frozen generator of the persona.
        looks: frozen networks, from `train_gan.read_looks`.
        encoder: initial encoder, or a new one (`fresh_encoder`).
        seed: random seed.
    """

    def __init__(self, generator: Generator, looks: tuple[Any, Any], encoder: EncoderNetwork, seed: int = 1) -> None:
        self._generator, (self._features, self._face) = generator, looks
        self._level = int(generator.settings.top_level)
        self.encoder = encoder
        self._random = np.random.default_rng(seed)
        self._backend = training_backend()
        self._step = self._backend.compiled(self._train)
        self._weights = [variable.value for variable in variables_of(encoder)]
        self._moments, self._first = ([ops.zeros_like(weight) for weight in self._weights] for _ in range(2))
        self._count = 0
        networks = {"generator": generator, "features": self._features, "face": self._face}
        self._frozen: State = {
            name: [variable.value for variable in variables_of(network)] for name, network in networks.items()
        }
        self._frozen |= self._statistics()

    def train(self) -> dict[str, float]:
        """Take one step on a batch of drawn faces; returns its `MEASURES`."""
        self._count += 1
        latents = self._latents()
        uniform = uniform_numbers((BATCH, JITTER_NUMBERS), self._random)
        state = {"weights": self._weights, "moments": self._moments, "first": self._first}
        new, measures = self._step(state, self._frozen, latents, uniform, np.float32(self._count))
        self._weights, self._moments, self._first = new["weights"], new["moments"], new["first"]
        return {name: float(ops.convert_to_numpy(measures[name])) for name in MEASURES}

    def finish(self) -> EncoderNetwork:
        """Encoder with its current weights."""
        for variable, value in zip(variables_of(self.encoder), self._weights, strict=True):
            variable.assign(value)
        return self.encoder

    def _latents(self) -> FloatArray:
        return normalise(self._random.standard_normal((BATCH, self._generator.settings.latent_size)))

    def _statistics(self) -> State:
        """Deviation of each feature channel over drawn faces, and the mean face descriptor."""
        looked = self._backend.compiled(self._looked)
        maps = [looked(self._frozen, self._latents()) for _ in range(STATISTICS_BATCHES)]

        def deviations(level: int, which: int) -> FloatArray:
            values = np.concatenate([ops.convert_to_numpy(found[which][level]) for found in maps])
            return np.asarray(values.std(axis=(0, 1, 2)) + LEAST_DEVIATION, np.float32)

        known = np.concatenate([ops.convert_to_numpy(found[1][1]) for found in maps])
        return {
            "scale": [deviations(level, 0) for level in range(len(maps[0][0]))],
            "face_scale": [deviations(level, 1) for level in range(len(maps[0][1]))],
            "middle": np.asarray(known.mean(axis=(0, 1, 2)), np.float32),
        }

    def _looked(self, frozen: State, latents: Any) -> tuple[list[Any], list[Any]]:
        return self._seen(frozen, self._pictures(frozen, latents))

    def _train(self, state: State, frozen: State, latents: Any, uniform: Any, count: Any) -> tuple[State, State]:
        shown = self._pictures(frozen, latents)
        goal_maps, goal_known = self._seen(frozen, shown)
        viewer_maps, viewer_known = self._seen(frozen, jitter(shown, uniform))

        def loss(weights: list[Any]) -> tuple[Any, State]:
            codes = _with(variables_of(self.encoder), weights, self.encoder, viewer_maps, viewer_known)
            maps, known = self._seen(frozen, self._pictures(frozen, codes))
            apart = separation(pooled(known) - frozen["middle"], pooled(goal_known) - frozen["middle"])
            measures = {
                "rec": feature_distance(maps, goal_maps, frozen["scale"]),
                "face": feature_distance(known, goal_known, frozen["face_scale"]) + ops.mean(apart),
                "find": ops.mean(separation(codes, latents)),
                "spread": crowding(codes),
            }
            weighed = zip((REC, FACE, FIND, SPREAD), measures.values(), strict=True)
            return sum(weight * measure for weight, measure in weighed), measures

        total, measures, back = self._backend.pull_back(loss, state["weights"])
        rates = [RATE] * len(state["weights"])
        gradients = back(ops.ones_like(total))
        weights, moments, first = adam_step(
            state["weights"], state["moments"], gradients, count, rates, state["first"], FIRST_DECAY
        )
        return {"weights": weights, "moments": moments, "first": first}, measures

    def _pictures(self, frozen: State, latents: Any) -> Any:
        """Pictures (N, S, S, 3) in [-1, 1], reduced to the size of the encoder's input."""

        def draw(z: Any) -> Any:
            return self._generator.draw(z, self._level)

        drawn = ops.clip(_with(variables_of(self._generator), frozen["generator"], draw, latents), -1.0, 1.0)
        times = int(drawn.shape[1]) // SEEN_PX
        if times > 1:
            drawn = ops.average_pool(drawn, times, strides=times, padding="valid", data_format="channels_last")
        return drawn

    def _seen(self, frozen: State, pictures: Any) -> tuple[list[Any], list[Any]]:
        features = _with(variables_of(self._features), frozen["features"], self._features, pictures)
        return features, _with(variables_of(self._face), frozen["face"], self._face, pictures)


def fresh_encoder(latent_size: int, seed: int = 1) -> EncoderNetwork:
    """New encoder with random weights, scaled by each layer's number of inputs."""
    random, encoder = np.random.default_rng(seed), EncoderNetwork(latent_size)
    for part in encoder.parts:
        bound = part.fan_in**-0.5
        for variable in (part.weight, part.bias):
            variable.assign(random.uniform(-bound, bound, variable.shape).astype(np.float32))
    return encoder


def _with(variables: list[Any], values: list[Any], function: Callable[..., Any], *arguments: Any) -> Any:
    """Evaluate a network's function with other values in its variables."""
    with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
        return function(*arguments)
