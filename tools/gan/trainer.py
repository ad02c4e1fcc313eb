"""Training run: its state, one step of it, its checkpoints. Knows neither clock nor command line."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np
from tqdm import tqdm

from engine.core.errors import DeviceError, ModelError
from engine.networks.inversion.encoder_network import FACE_MAP_CHANNELS, encoder_arrays
from engine.networks.persona import network_arrays
from engine.networks.pggan.weight_file import write_arrays, write_network
from engine.types import ByteArray, FloatArray
from tools.dataset.portrait_set import PortraitSet, read_portraits
from tools.gan import critics
from tools.gan.augmentation import JITTER_NUMBERS
from tools.gan.checkpoint import Content, newest_checkpoint, weights_file, write_checkpoint
from tools.gan.computed_encoder import discriminants
from tools.gan.data_loader import Batches, Portraits, uniform_numbers
from tools.gan.growth_schedule import averaging_share
from tools.gan.initial_state import Beginning, exact_arrays
from tools.gan.train_step import Steps
from tools.gan.training_state import (
    FIRST_MOMENTS,
    HEAD_NAMES,
    MEASURES,
    MIXING_NAMES,
    MOMENTS,
    PENALTY_INTERVAL,
    VECTOR_NAMES,
    VECTORS,
    Knobs,
    Networks,
    State,
    variables_of,
)

SNAPSHOT_KIMG = 50.0
SNAPSHOTS_FOLDER = "snapshots"
HEADS_RATE = 4e-4
LOOKS_AT_ONCE = 32  # portraits per batch of evaluation
HELD_OUT = 48  # portraits for evaluation, always the same ones
STATISTICS_BATCHES, STATISTICS_COUNT = 4, 64  # of portraits, to measure the deviation of each feature channel
LEAST_DEVIATIONS = {"features": 1e-2, "face_features": 5e-2}  # added to it


class Training:
    """Training run.

    Args:
        folder: output folder.
        beginning: initial state.
        looks: frozen networks, `features` and `face_features`.
        portraits, held_out: the splits `train` and `val`.
        precision: `float32` or `bfloat16`.
        steps: of another run with the same structure and plan, to share its compiled functions.

    Attributes:
        plan, progress: its settings, and its progress.
        networks, state: trained networks.
        batches: data loader.
        steps: compiled functions.

    Raises:
        ModelError: the state of the random generator is damaged.
    """

    def __init__(
        self,
        folder: Path,
        beginning: Beginning,
        looks: tuple[Any, Any],
        portraits: PortraitSet,
        held_out: PortraitSet,
        precision: str,
        steps: Steps | None = None,
    ) -> None:
        self.plan = beginning.plan
        self.progress = beginning.progress
        self._folder = folder
        self.networks = Networks(beginning.generator, beginning.discriminator, beginning.encoder, *looks)
        self.state: State = beginning.state
        self.steps = steps or Steps(self.networks, self.plan.weights, self.plan.encoder_rate > 0, precision)
        self._held_out = Portraits(held_out)
        self._portraits = Portraits(portraits)
        plan = self.plan
        self.batches = Batches(self._portraits, plan.batch, plan.mirrored, self.latent_size, plan.seed)
        if self.progress.random is not None:
            try:
                self.batches.random_state = self.progress.random
            except (KeyError, TypeError, ValueError) as error:
                raise ModelError(f"random in progress.json is no state of NumPy's random numbers: {error}") from error
        self._frozen = {**self.networks.frozen(), "mixing": beginning.mixing}
        self._frozen |= self._measured_features()
        self._unconfirmed: dict[str, Any] = {}
        self._confirmed: list[dict[str, float]] = []

    def _measured_features(self) -> State:
        """Deviations of the portraits' features, and the mean face descriptor."""
        random, found = np.random.default_rng(self.plan.seed), []
        for _ in range(STATISTICS_BATCHES):
            reals = self._portraits.draw(STATISTICS_COUNT, self.plan.resolution, random)
            found.append(self.steps.statistics(self._frozen, reals))

        def over_batches(name: str) -> list[FloatArray]:
            return [np.mean(rows, axis=0) for rows in zip(*(batch[name] for batch in found), strict=True)]

        scales = {}
        for name, least in LEAST_DEVIATIONS.items():
            pairs = zip(over_batches(f"{name}_mean"), over_batches(f"{name}_square"), strict=True)
            deviations = [np.sqrt(np.maximum(square - mean**2, 0)) + least for mean, square in pairs]
            scales[name] = [value.astype(np.float32) for value in deviations]
        middle = over_batches("face_features_mean")[1].astype(np.float32)
        return {"scale": scales["features"], "face_scale": scales["face_features"], "middle": middle}

    def compute_encoder(self) -> None:
        """Initialise the encoder from all portraits, so that it distinguishes people; see `computed_encoder`."""
        portraits, random = self._portraits.at_size(self.plan.resolution), np.random.default_rng(self.plan.seed)
        count = min(LOOKS_AT_ONCE, len(portraits))
        used = len(portraits) // count * count  # batches have the compiled size
        cuts: list[list[FloatArray]] = [[], []]
        for begin in tqdm(range(0, used, count), desc="computing the encoder", leave=False, disable=None):
            reals = portraits.pictures[begin : begin + count]
            for cut in cuts:
                uniform = uniform_numbers((count, JITTER_NUMBERS), random)
                cut.append(self.steps.gathered(self.state, self._frozen, reals, uniform))
        first, second = (np.concatenate(cut) for cut in cuts)
        parts = (first.shape[1] - FACE_MAP_CHANNELS[1], FACE_MAP_CHANNELS[1])
        computed = discriminants(first, second, portraits.probabilities[:used], parts, self.latent_size)
        names = [part.file_name for part in self.networks.encoder.parts]
        values, direct, latent = list(self.state["encoder"]), names.index("direct"), names.index("latent")
        values[2 * direct : 2 * direct + 2] = computed
        values[2 * latent : 2 * latent + 2] = [np.zeros_like(value) for value in values[2 * latent : 2 * latent + 2]]
        self.state["encoder"] = values

    def advance(self, level: int, rate_factor: float = 1.0) -> None:
        """Train on one batch. Losses are read during the next step, so that a GPU need not wait.

        Args:
            level: base-2 logarithm of the picture size.
            rate_factor: factor of the learning rates.

        Raises:
            ModelError: the losses of the previous step are not finite.
        """
        progress, plan = self.progress, self.plan
        if level != progress.level:  # new layers, so the optimisers are reset (Karras et al. 2018)
            progress.level, progress.count, progress.critic_count = level, 0, 0
            moments = (*MOMENTS, FIRST_MOMENTS)
            self.state |= {name: [np.zeros(v.shape, np.float32) for v in self.state[name]] for name in moments}
        is_judged = plan.weights.critic > 0 and progress.count % plan.critic_every == 0
        has_penalty = is_judged and progress.critic_count % PENALTY_INTERVAL == 0
        knobs = Knobs(
            progress.count + 1,
            progress.critic_count + 1,
            plan.learning_rate * rate_factor,
            plan.encoder_rate * rate_factor,
            HEADS_RATE * rate_factor,
            averaging_share(plan.batch, plan.ema),
        )
        batch = self.batches.draw(1 << level)
        critic = "penalty" if has_penalty else "plain" if is_judged else "none"
        state, measures = self.steps.train(self.state, self._frozen, batch, knobs, level, critic)
        self._confirm()
        self.state, self._unconfirmed = state, measures
        progress.step += 1
        progress.count += 1
        progress.critic_count += is_judged
        progress.kimg += plan.batch / 1000

    def wait(self) -> None:
        """Wait until the last step has been computed.

        Raises:
            ModelError: its losses are not finite.
        """
        self._confirm()

    def take_measures(self) -> dict[str, float]:
        """Mean losses since the last call, and the quality of reflections; there must have been a step.

                `ratio` is the feature distance from held-out portraits to their reflections, divided by that to another
                person's portrait: 1 is a stranger, 0 the same picture. `trained_ratio` is the same for training
                portraits: if it falls and `ratio` does not, they are being memorised.

        Raises:
            ModelError: a loss is not finite.
        """
        self._confirm()
        measures = {name: float(np.mean([entry[name] for entry in self._confirmed])) for name in MEASURES}
        self._confirmed.clear()
        near = self._nearness(self._portraits)
        measures["trained_ratio"] = near["held_out"] / near["another"]
        near = self._nearness(self._held_out)
        return {**measures, **near, "ratio": near["held_out"] / near["another"]}

    def _nearness(self, portraits: Portraits) -> dict[str, float]:
        chosen = portraits.draw(HELD_OUT, 1 << self.progress.level, np.random.default_rng(self.plan.seed))
        return self.steps.reflect(self.state, self._frozen, chosen, self.progress.level)[1]

    def _confirm(self) -> None:
        if not self._unconfirmed:
            return
        measures = {name: float(keras.ops.convert_to_numpy(value)) for name, value in self._unconfirmed.items()}
        self._unconfirmed = {}
        if not all(math.isfinite(value) for value in measures.values()):
            raise self._divergence(", ".join(f"{name} {value:g}" for name, value in measures.items()))
        self._confirmed.append(measures)

    def _divergence(self, what: str) -> ModelError:
        kept = newest_checkpoint(self._folder)
        left = f"{kept} is intact: go on from it" if kept else "nothing was saved yet: begin anew"
        return ModelError(
            f"the training has diverged after {self.progress.kimg:.1f} kimg ({what}); {left} with a lower "
            "--learning-rate"
        )

    def draw(self, latents: FloatArray) -> FloatArray:
        """Pictures (N, S, S, 3) of the moving average, nominal range, at the current size."""
        return self.steps.draw(self.state["average"], latents, self.progress.level)

    def viewers(self) -> tuple[ByteArray, FloatArray]:
        """Held-out portraits (HELD_OUT, S, S, 3) uint8, always the same ones, and their reflections by the average."""
        size_px = 1 << self.progress.level
        chosen = self._held_out.draw(HELD_OUT, size_px, np.random.default_rng(self.plan.seed))
        return chosen, self.steps.reflect(self.state, self._frozen, chosen, self.progress.level)[0]

    @property
    def latent_size(self) -> int:
        return int(self.networks.generator.settings.latent_size)

    def save(self) -> Path:
        """Write a checkpoint; returns its folder.

        Raises:
            ModelError: a loss or a weight is not finite.
            DeviceError: it cannot be written. In either case the previous checkpoint stays.
        """
        self._confirm()
        state = {part: [_numpy(value) for value in values] for part, values in self.state.items()}
        networks = self.networks
        exact = exact_arrays(networks.generator, networks.discriminator, networks.encoder, state)
        for name, array in exact.items():
            if not np.isfinite(array).all():
                raise self._divergence(f"{name} holds a number that is not finite")
        named = {"generator": networks.generator, "average": networks.generator}
        named["discriminator"] = networks.discriminator
        content = Content(
            networks={name: self._official(network, state[name]) for name, network in named.items()},
            encoder=self._encoder(state["encoder"]),
            heads=critics.to_file(
                dict(zip(HEAD_NAMES, state["heads"], strict=True)),
                dict(zip(VECTOR_NAMES, state[VECTORS], strict=True)),
                dict(zip(MIXING_NAMES, (_numpy(value) for value in self._frozen["mixing"]), strict=True)),
            ),
            exact=exact,
            state=self._description(),
            progress=self._details(),
        )
        return write_checkpoint(self._folder, content)

    def _official(self, network: Any, values: list[Any]) -> tuple[Any, dict[str, Any]]:
        for variable, value in zip(variables_of(network), values, strict=True):
            variable.assign(value)
        return network.settings, network_arrays(network)

    def _encoder(self, values: list[Any]) -> dict[str, Any]:
        for variable, value in zip(variables_of(self.networks.encoder), values, strict=True):
            variable.assign(value)
        return encoder_arrays(self.networks.encoder)

    def _description(self) -> dict[str, Any]:
        """State that any trainer needs."""
        plan = self.plan
        sizes = {name: getattr(plan, name) for name in ("resolution", "fmap_base", "fmap_max", "critic_fmap_max")}
        stage = max(self.progress.level - 2, 1)  # counted as by other trainers
        return {**sizes, "kimg": self.progress.kimg, "stage": stage}

    def _details(self) -> dict[str, Any]:
        """Further state that this trainer needs to continue exactly."""
        progress = self.progress
        counts = {name: getattr(progress, name) for name in ("step", "count", "critic_count", "level")}
        return {**asdict(self.plan), **counts, "random": self.batches.random_state}

    def write_snapshot(self) -> Path:
        """Save the current average and encoder, float16, for later comparison; returns their folder,
        snapshots/NNNNNkimg, which `tools.adopt_generator` accepts."""
        folder = self._folder / SNAPSHOTS_FOLDER / f"{self.progress.kimg:05.0f}kimg"
        average = [_numpy(value) for value in self.state["average"]]
        settings, arrays = self._official(self.networks.generator, average)
        encoder = self._encoder([_numpy(value) for value in self.state["encoder"]])
        notes = {"kimg": f"{self.progress.kimg:.3f}"}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_network(folder / weights_file("average"), settings, _halves(arrays), notes=notes)
            write_arrays(folder / weights_file("encoder"), _halves(encoder), notes)
        except OSError as error:
            raise DeviceError(f"{folder} cannot be written: {error.strerror or error}") from error
        return folder


def _halves(arrays: dict[str, Any]) -> dict[str, Any]:
    return {name: array.astype(np.float16) for name, array in arrays.items()}


def _numpy(value: Any) -> Any:
    return np.asarray(keras.ops.convert_to_numpy(value), np.float32)


def read_splits(path: Path, resolution: int) -> tuple[PortraitSet, PortraitSet]:
    """Read the splits `train` and `val` of a portrait set, at a resolution.

    Raises:
        DeviceError: the file cannot be used, a split is empty, or its portraits are too small.
    """
    sets = []
    for split in ("train", "val"):
        portraits = read_portraits(path, split)
        try:
            sets.append(portraits.at_size(resolution))
        except ValueError as error:
            raise DeviceError(
                f"{path} cannot train a network of {resolution} px: {error}; give --resolution"
            ) from error
    return sets[0], sets[1]
