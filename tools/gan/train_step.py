"""Training step as a pure function: state and batch in, state and measures out, on any backend.

    portrait ──► jittered ──► frozen looks ──► encoder ──► latent ──► generator ──► reflection
                                               random latent ──► generator ──► drawing

A portrait and its reflection must agree in the features of both frozen networks and coarsely in their pixels; the
encoder must invert random latents; the portraits' latents must stay apart; critics on the frozen features and the
discriminator keep both kinds of pictures plausible. Portraits and their reflections are augmented alike for the
critics.

As nothing is changed in place, an interrupted step leaves the old state intact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from engine.networks.inversion.encoder_network import pooled
from engine.types import ByteArray, FloatArray
from tools.gan import critics
from tools.gan.augmentation import augment, jitter
from tools.gan.backend import training_backend
from tools.gan.losses import (
    adam_step,
    crowding,
    discriminator_loss,
    feature_distance,
    generator_loss,
    gradient_penalty,
    heads_loss,
    moving_average,
    pixel_distance,
    separation,
)
from tools.gan.training_state import (
    FIRST_MOMENTS,
    HEAD_NAMES,
    MIXING_NAMES,
    PENALTY_INTERVAL,
    VECTOR_NAMES,
    VECTORS,
    Batch,
    Knobs,
    LossWeights,
    Networks,
    State,
    variables_of,
)

ENCODER_DECAY = 0.5  # beta1 of its optimiser; that of the others is 0
PENALTY = 1.0  # gamma of R1
FIRST_LAYER_TIMES = 10.0  # the meaning of codes has to be learned first
PACE_HALVED_AT, LEAST_PACE = 8, 0.15  # especially that of a code's first directions, which matter most


class Steps:
    """Compiled training functions, one set per level of the networks.

    Args:
        networks: their structure.
        weights: weights of the losses.
        is_encoder_trained: whether the encoder is trained.
        precision: type of generator and discriminator; everything else is float32.
    """

    def __init__(self, networks: Networks, weights: LossWeights, is_encoder_trained: bool, precision: str) -> None:
        self.networks = networks
        self._weights = weights
        self._is_encoder_trained = is_encoder_trained
        self._pace = _first_layer_pace(int(networks.generator.settings.latent_size))
        self._precision = precision
        self._backend = training_backend()
        self._compiled: dict[tuple[Any, ...], Callable[..., Any]] = {}

    def train(
        self, state: State, frozen: State, batch: Batch, knobs: Knobs, level: int, critic: str
    ) -> tuple[State, Any]:
        """Train all networks on a batch.

        Args:
            frozen: `Networks.frozen()`, plus the critics' `mixing`, and statistics of the portraits' features: `scale`,
                        `face_scale` (deviation of each channel) and `middle` (mean face descriptor of FaceRes).
            level: base-2 logarithm of the picture size.
            critic: `none`, or `plain` or `penalty` in steps that include the discriminator, without and with R1.

        Returns:
            The new state, and measures: MEASURES -> scalar tensor. On a GPU both may still be computing.
        """
        function = self._function(("train", level, critic), partial(self._train, level=level, critic=critic))
        scalars = {name: np.asarray(value, np.float32) for name, value in vars(knobs).items()}
        result: tuple[State, Any] = function(state, frozen, vars(batch), scalars)
        return result

    def reflect(self, state: State, frozen: State, reals: ByteArray, level: int) -> tuple[FloatArray, dict[str, float]]:
        """Reflections of portraits (N, S, S, 3) uint8 by the moving average, without jitter.

        Returns:
            Reflections (N, S, S, 3) float32, nominal range, and `held_out` and `another`: feature distance of the
                        portraits to their reflections and to the next portrait; `face_own` and `face_other`: the same
                        for FaceRes,
                        as 1 - cosine.
        """
        function = self._function(("reflect", level), partial(self._reflect, level=level))
        needed = {name: state[name] for name in ("average", "encoder")}
        pictures, measures = function(needed, frozen, reals)
        return _array(pictures), {name: float(_array(value)) for name, value in measures.items()}

    def draw(self, weights: list[Any], latents: FloatArray, level: int) -> FloatArray:
        """Pictures (N, S, S, 3) of a generator or its average, float32, nominal range [-1, 1], unclipped."""
        function = self._function(("draw", level), partial(self._pictures, level=level))
        return _array(function(weights, latents))

    def statistics(self, frozen: State, reals: ByteArray) -> dict[str, list[FloatArray]]:
        """Mean and mean square (C,) of each channel in the portraits' maps: `features_mean`, `features_square`, ..."""
        function = self._function(("statistics", reals.shape), self._statistics)
        return {name: [_array(value) for value in values] for name, values in function(frozen, reals).items()}

    def gathered(self, state: State, frozen: State, reals: ByteArray, uniform: FloatArray) -> FloatArray:
        """Inputs of the encoder's dense layers (N, F) for portraits (N, S, S, 3) uint8, jittered by uniform numbers."""
        needed = {"encoder": state["encoder"]}
        return _array(self._function(("gathered", reals.shape), self._gathered)(needed, frozen, reals, uniform))

    def _gathered(self, state: State, frozen: State, reals: Any, uniform: Any) -> Any:
        viewers, encoder = jitter(_nominal(reals), uniform), self.networks.encoder
        maps, known = self._seen(frozen, viewers), self._known(frozen, viewers)
        seen = _with(variables_of(encoder), state["encoder"], encoder.gather, maps, known)
        return ops.concatenate(seen, axis=1)

    def _function(self, key: tuple[Any, ...], function: Callable[..., Any]) -> Callable[..., Any]:
        if key not in self._compiled:
            self._compiled[key] = self._backend.compiled(function)
        return self._compiled[key]

    def _train(self, state: State, frozen: State, batch: Any, knobs: Any, *, level: int, critic: str) -> Any:
        reals = _nominal(batch["reals"])
        mirrored = int(batch["jitter"].shape[0])
        viewers = self._backend.fused(jitter)(reals[:mirrored], batch["jitter"])
        viewer_maps, viewer_known = self._seen(frozen, viewers), self._known(frozen, viewers)
        mixing = dict(zip(MIXING_NAMES, frozen["mixing"], strict=True))

        def draw(weights: dict[str, list[Any]]) -> tuple[list[Any], None]:
            codes = self._encoded(
                weights["encoder"] if "encoder" in weights else state["encoder"], viewer_maps, viewer_known
            )
            latents = ops.concatenate([codes, batch["latents"]], axis=0)
            return [codes, self._pictures(weights["generator"], latents, level)], None

        def look(pictures: Any) -> tuple[list[Any], None]:
            drawn = augment(pictures, batch["augmentation"])
            maps = self._seen(frozen, drawn)
            return [drawn, *maps, *critics.mixed(mixing, maps)], None

        asked = {name: state[name] for name in ("generator", *(("encoder",) if self._is_encoder_trained else ()))}
        (codes, pictures), _, to_networks = self._backend.pull_back(draw, asked)
        seen, _, to_pictures = self._backend.pull_back(look, pictures)
        augmented = self._backend.fused(augment)  # only without gradients: with them it is slower
        shown = augmented(reals, batch["augmentation"])
        real_maps = self._seen(frozen, shown)

        new, heads_measure = self._train_heads(state, critics.mixed(mixing, real_maps), seen[5:], knobs)
        if critic != "none":
            penalised = augmented(reals[:mirrored], batch["penalty_augmentation"]) if critic == "penalty" else None
            new |= self._train_discriminator(state, shown, seen[0], penalised, knobs, level)
        else:
            new |= {name: state[name] for name in ("discriminator", "discriminator_moments")}

        goals = _Goals(reals[:mirrored], real_maps, self._known(frozen, reals[:mirrored]), batch["latents"])
        loss = partial(self._loss, frozen=frozen, goals=goals, new=new, level=level, has_critic=critic != "none")
        values = {"codes": codes, "pictures": pictures, "seen": seen, "encoder": state["encoder"]}
        total, measures, back = self._backend.pull_back(loss, values)
        slopes = back(ops.ones_like(total))
        at_pictures = slopes["pictures"] + to_pictures(slopes["seen"])
        gradients = to_networks([slopes["codes"], at_pictures])
        if self._is_encoder_trained:
            pairs = zip(gradients["encoder"], slopes["encoder"], strict=True)
            gradients["encoder"] = [one + other for one, other in pairs]
        return self._stepped(state, new, gradients, knobs), {**measures, "heads": heads_measure}

    def _train_heads(self, state: State, real: list[Any], fake: list[Any], knobs: Any) -> tuple[State, Any]:
        vectors = dict(zip(VECTOR_NAMES, state[VECTORS], strict=True))
        vectors = critics.iterated(dict(zip(HEAD_NAMES, state["heads"], strict=True)), vectors)
        fake = [ops.stop_gradient(x) for x in fake]

        def judged(weights: list[Any]) -> tuple[Any, None]:
            heads = dict(zip(HEAD_NAMES, weights, strict=True))
            return heads_loss(critics.scores(heads, vectors, real), critics.scores(heads, vectors, fake)), None

        loss, _, back = self._backend.pull_back(judged, state["heads"])
        gradients, rates = back(ops.ones_like(loss)), [knobs["heads_rate"]] * len(HEAD_NAMES)
        heads, moments, _ = adam_step(state["heads"], state["heads_moments"], gradients, knobs["count"], rates)
        return {"heads": heads, "heads_moments": moments, VECTORS: [vectors[name] for name in VECTOR_NAMES]}, loss

    def _train_discriminator(
        self, state: State, shown: Any, drawn: Any, penalised: Any, knobs: Any, level: int
    ) -> State:
        drawn = ops.stop_gradient(drawn)

        def judged(weights: list[Any]) -> tuple[Any, None]:
            judge = partial(self._judge, weights, level=level)
            loss = discriminator_loss(judge(shown), judge(drawn))
            if penalised is not None:
                loss = loss + self._penalty(judge, penalised) * PENALTY / 2 * PENALTY_INTERVAL
            return loss, None

        loss, _, back = self._backend.pull_back(judged, state["discriminator"])
        weights, moments, _ = adam_step(
            state["discriminator"],
            state["discriminator_moments"],
            back(ops.ones_like(loss)),
            knobs["critic_count"],
            [knobs["learning_rate"]] * len(state["discriminator"]),
        )
        return {"discriminator": weights, "discriminator_moments": moments}

    def _penalty(self, judge: Callable[[Any], Any], pictures: Any) -> Any:
        def total_score(pictures: Any) -> tuple[Any, None]:
            return ops.sum(judge(pictures)), None

        total, _, back = self._backend.pull_back(total_score, pictures)
        return gradient_penalty(back(ops.ones_like(total)))

    def _loss(
        self, values: Mapping[str, Any], frozen: State, goals: _Goals, new: State, level: int, has_critic: bool
    ) -> tuple[Any, dict[str, Any]]:
        weights, pictures, maps, mixed = self._weights, values["pictures"], values["seen"][1:5], values["seen"][5:]
        half = int(goals.portraits.shape[0])
        sought = (
            int(goals.latents.shape[0]) // 2 if weights.find else 0
        )  # of the random pictures: the frozen networks are expensive
        known = self._known(frozen, pictures[: half + sought])
        reflected = [x[:half] for x in known]
        apart = separation(pooled(reflected) - frozen["middle"], pooled(goals.known) - frozen["middle"])
        measures = {
            "rec": feature_distance([x[:half] for x in maps], [x[:half] for x in goals.maps], frozen["scale"]),
            "pix": pixel_distance(pictures[:half], goals.portraits),
            "face": feature_distance(reflected, goals.known, frozen["face_scale"]) + ops.mean(apart),
            "find": ops.zeros(()),
            "spread": crowding(values["codes"]),
        }
        if sought:
            seen = self._seen(frozen, pictures[half : half + sought])
            found = self._encoded(values["encoder"], seen, [x[half:] for x in known])
            measures["find"] = ops.mean(separation(found, goals.latents[:sought]))
        total = sum(getattr(weights, name) * measure for name, measure in measures.items())
        heads = dict(zip(HEAD_NAMES, new["heads"], strict=True))
        given = critics.scores(heads, dict(zip(VECTOR_NAMES, new[VECTORS], strict=True)), mixed)
        total = total - weights.heads * sum(ops.mean(scores) for scores in given) / len(given)
        if has_critic:
            scores = self._judge(new["discriminator"], values["seen"][0], level=level)
            total = total + weights.critic * generator_loss(scores)
        return total, measures

    def _stepped(self, state: State, new: State, gradients: Mapping[str, Any], knobs: Any) -> State:
        first_rate, count = knobs["learning_rate"] * FIRST_LAYER_TIMES, knobs["count"]
        others = [knobs["learning_rate"]] * (len(state["generator"]) - 2)
        rates = [first_rate * self._pace, first_rate, *others]
        names = ("generator", "generator_moments", "average")
        weights, moments, average = (state[name] for name in names)
        stepped = self._backend.fused(_averaged_step)(
            weights, moments, gradients["generator"], average, count, rates, knobs["averaging_share"]
        )
        new |= dict(zip(names, stepped, strict=True))
        kept = ("encoder", "encoder_moments", FIRST_MOMENTS)
        if not self._is_encoder_trained:
            return {**new, **{name: state[name] for name in kept}}
        weights, moments, first = (state[name] for name in kept)
        rates = [knobs["encoder_rate"]] * len(weights)
        stepped = adam_step(weights, moments, gradients["encoder"], count, rates, first, ENCODER_DECAY)
        return {**new, **dict(zip(kept, stepped, strict=True))}

    def _reflect(self, weights: State, frozen: State, reals: Any, *, level: int) -> tuple[Any, dict[str, Any]]:
        portraits = _nominal(reals)
        maps, known = self._seen(frozen, portraits), self._known(frozen, portraits)
        latents = self._encoded(weights["encoder"], maps, known)
        pictures = ops.clip(self._pictures(weights["average"], latents, level), -1.0, 1.0)
        middle = frozen["middle"]
        face, drawn_face = pooled(known) - middle, pooled(self._known(frozen, pictures)) - middle
        measures = {
            "held_out": feature_distance(self._seen(frozen, pictures), maps, frozen["scale"]),
            "another": feature_distance([ops.roll(x, 1, axis=0) for x in maps], maps, frozen["scale"]),
            "face_own": ops.mean(separation(drawn_face, face)),
            "face_other": ops.mean(separation(drawn_face, ops.roll(face, 1, axis=0))),
        }
        return pictures, measures

    def _statistics(self, frozen: State, reals: Any) -> dict[str, list[Any]]:
        portraits, found = _nominal(reals), {}
        for name, look in (("features", self._seen), ("face_features", self._known)):
            maps = look(frozen, portraits)
            found[f"{name}_mean"] = [ops.mean(x, axis=(0, 1, 2)) for x in maps]
            found[f"{name}_square"] = [ops.mean(ops.square(x), axis=(0, 1, 2)) for x in maps]
        return found

    def _seen(self, frozen: State, pictures: Any) -> list[Any]:
        network = self.networks.features
        return _with(variables_of(network), frozen["features"], network, pictures)

    def _known(self, frozen: State, pictures: Any) -> list[Any]:
        network = self.networks.face_features
        return _with(variables_of(network), frozen["face_features"], network, pictures)

    def _encoded(self, weights: list[Any], maps: list[Any], known: list[Any]) -> Any:
        return _with(variables_of(self.networks.encoder), weights, self.networks.encoder, maps, known)

    def _judge(self, weights: list[Any], pictures: Any, *, level: int) -> Any:
        network = self.networks.discriminator
        judge = partial(network.judge, level=level)
        return ops.cast(_with(variables_of(network), weights, judge, ops.cast(pictures, self._precision)), "float32")

    def _pictures(self, weights: list[Any], latents: Any, level: int) -> Any:
        network = self.networks.generator
        draw = partial(network.draw, level=level)
        return ops.cast(_with(variables_of(network), weights, draw, ops.cast(latents, self._precision)), "float32")


@dataclass(frozen=True)
class _Goals:
    """Targets of reflections and latents."""

    portraits: Any
    maps: list[Any]
    known: list[Any]
    latents: Any


def _averaged_step(
    weights: list[Any],
    moments: list[Any],
    gradients: list[Any],
    average: list[Any],
    count: Any,
    rates: list[Any],
    share: Any,
) -> tuple[list[Any], list[Any], list[Any]]:
    """New weights, moments and average: in one pass if fused."""
    weights, moments, _ = adam_step(weights, moments, gradients, count, rates)
    return weights, moments, moving_average(average, weights, share)


def _with(variables: list[Any], values: list[Any], function: Callable[..., Any], *arguments: Any) -> Any:
    """Evaluate a network's function with other values in its variables."""
    with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
        return function(*arguments)


def _first_layer_pace(latent_size: int) -> FloatArray:
    """Factors (latent_size, 1) of the generator's first-layer learning rate, by latent dimension."""
    pace = 1 / np.sqrt(1 + np.arange(latent_size, dtype=np.float32) / PACE_HALVED_AT)
    return np.maximum(pace, np.float32(LEAST_PACE))[:, None]


def _nominal(reals: Any) -> Any:
    return ops.cast(reals, "float32") / 127.5 - 1


def _array(value: Any) -> FloatArray:
    return np.asarray(ops.convert_to_numpy(value), np.float32)
