"""A training in progress: its state, one step of it, its checkpoints. It knows neither clock nor command line."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np

from engine.core.errors import DeviceError, ModelError
from engine.networks.persona import network_arrays
from engine.networks.pggan.weight_file import write_network
from engine.types import FloatArray
from tools.dataset.portrait_set import PortraitSet, read_portraits
from tools.gan.checkpoint import newest_checkpoint, write_checkpoint
from tools.gan.data_loader import Batches, Portraits, uniform_numbers
from tools.gan.growth_schedule import Stage, averaging_share, stage_at
from tools.gan.initial_state import Beginning, exact_arrays
from tools.gan.train_step import MEASURES, MOMENTS, NETWORKS, PENALTY_INTERVAL, Knobs, State, Steps, variables_of

SNAPSHOT_KIMG = 50.0
SNAPSHOTS_FOLDER = "snapshots"
HELD_OUT_BATCHES = 4


class Training:
    """A training in progress.

    Args:
        folder: that it writes to.
        beginning: where it begins.
        portraits, held_out: the splits `train` and `val`.
        precision: `float32` or `bfloat16`.

    Attributes:
        plan, progress: what it aims at, and how far it is.

    Raises:
        DeviceError: the portraits are too small.
    """

    def __init__(
        self, folder: Path, beginning: Beginning, portraits: PortraitSet, held_out: PortraitSet, precision: str
    ) -> None:
        self.plan = beginning.plan
        self.progress = beginning.progress
        self._folder = folder
        self._generator, self._discriminator = beginning.generator, beginning.discriminator
        self._state: State = beginning.state
        self._steps = Steps(self._generator, self._discriminator, precision)
        self._held_out = Portraits(held_out)
        latent_size = self._generator.settings.latent_size
        self._batches = Batches(Portraits(portraits), self.plan.batch, latent_size, self.plan.seed)
        if self.progress.random is not None:
            try:
                self._batches.random_state = self.progress.random
            except (KeyError, TypeError, ValueError) as error:
                raise ModelError(f"random in state.json is no state of NumPy's random numbers: {error}") from error
        self._unconfirmed: dict[str, Any] = {}
        self._confirmed: list[dict[str, float]] = []

    @property
    def stage(self) -> Stage:
        """Where the schedule stands."""
        return stage_at(self.progress.kimg, self._generator.settings.top_level, self.plan.kimg_per_stage)

    def advance(self) -> None:
        """Train with one batch. The losses are looked at when the next step is under way, so that a GPU need not wait.

        Raises:
            ModelError: the losses of the step before are not finite.
        """
        stage, progress, plan = self.stage, self.progress, self.plan
        if stage.level != progress.level:  # new layers, so the optimisers begin anew (Karras et al. 2018)
            progress.level, progress.count = stage.level, 0
            self._state |= {name: [np.zeros(v.shape, np.float32) for v in self._state[name]] for name in MOMENTS}
        knobs = Knobs(
            stage.fade,
            progress.count + 1,
            plan.learning_rate,
            plan.r1 * math.sqrt(stage.size_px / plan.resolution),
            averaging_share(progress.kimg, plan.batch),
        )
        batch = self._batches.draw(stage.size_px)
        has_penalty = progress.count % PENALTY_INTERVAL == 0
        state, measures = self._steps.train(self._state, batch, knobs, stage.level, has_penalty)
        self._confirm()
        self._state, self._unconfirmed = state, measures
        progress.step += 1
        progress.count += 1
        progress.kimg += plan.batch / 1000

    def take_measures(self) -> dict[str, float]:
        """Means of the losses and scores since they were last taken, and `overfitting`; there must have been a step.

        Overfitting is r_v of Karras et al. 2020 (arXiv 2006.06676): 0 where held-out portraits look as real as those of
        training, 1 where they look as drawn ones do.

        Raises:
            ModelError: a loss is not finite.
        """
        self._confirm()
        measures = {name: float(np.mean([entry[name] for entry in self._confirmed])) for name in MEASURES}
        self._confirmed.clear()
        gap = measures["real_score"] - measures["fake_score"]
        unseen = self._held_out_score()
        measures["held_out_score"] = unseen
        measures["overfitting"] = (measures["real_score"] - unseen) / (gap if abs(gap) > 1e-6 else 1e-6)
        return measures

    def _held_out_score(self) -> float:
        """Mean score of held-out portraits; its random numbers are its own, so looking does not change the training."""
        stage, random = self.stage, np.random.default_rng((self.plan.seed, self.progress.step))
        scores = []
        for _ in range(HELD_OUT_BATCHES):
            reals = self._held_out.draw(self.plan.batch, stage.size_px, random)
            uniform = uniform_numbers((self.plan.batch,), random)
            scores.append(self._steps.scores(self._state["discriminator"], reals, uniform, stage.level, stage.fade))
        return float(np.mean(scores))

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
            "--learning-rate or a higher --r1"
        )

    def draw(self, latents: FloatArray) -> FloatArray:
        """Pictures (N, S, S, 3) of the moving average, nominal range, as the stage shows them."""
        stage = self.stage
        return self._steps.draw(self._state["average"], latents, stage.level, stage.fade)

    @property
    def latent_size(self) -> int:
        return int(self._generator.settings.latent_size)

    def save(self) -> Path:
        """Write a checkpoint; returns its folder.

        Raises:
            ModelError: a loss or a weight is not finite.
            DeviceError: it cannot be written. In either case the checkpoint before stays.
        """
        self._confirm()
        state = {part: [_numpy(value) for value in values] for part, values in self._state.items()}
        exact = exact_arrays(self._generator, self._discriminator, state)
        for name, array in exact.items():
            if not np.isfinite(array).all():
                raise self._divergence(f"{name} holds a number that is not finite")
        networks = {name: self._official(name, state[name]) for name in NETWORKS}
        return write_checkpoint(self._folder, networks, exact, self._description())

    def _official(self, name: str, values: list[Any]) -> tuple[Any, dict[str, Any]]:
        network = self._discriminator if name == "discriminator" else self._generator
        for variable, value in zip(variables_of(network), values, strict=True):
            variable.assign(value)
        return network.settings, network_arrays(network)

    def _description(self) -> dict[str, Any]:
        progress = self.progress
        return {
            **asdict(self.plan),
            "kimg": progress.kimg,
            "stage": self.stage.level - 2,  # as other trainers count
            "step": progress.step,
            "count": progress.count,
            "level": progress.level,
            "random": self._batches.random_state,
        }

    def write_snapshot(self) -> Path:
        """Keep the average as it is now, for later comparison: snapshots/average-NNNNNkimg.safetensors, float16."""
        path = self._folder / SNAPSHOTS_FOLDER / f"average-{self.progress.kimg:05.0f}kimg.safetensors"
        settings, arrays = self._official("average", [_numpy(value) for value in self._state["average"]])
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            notes = {"kimg": f"{self.progress.kimg:.3f}"}
            write_network(path, settings, {name: a.astype(np.float16) for name, a in arrays.items()}, notes=notes)
        except OSError as error:
            raise DeviceError(f"{path} cannot be written: {error.strerror or error}") from error
        return path


def _numpy(value: Any) -> Any:
    return np.asarray(keras.ops.convert_to_numpy(value), np.float32)


def read_splits(path: Path, resolution: int) -> tuple[PortraitSet, PortraitSet]:
    """The splits `train` and `val` of a portrait set, at a resolution.

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
