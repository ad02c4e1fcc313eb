"""Batches: which portraits, which latents, which random numbers.

All chance in training is drawn here, with NumPy, so its state can be saved, and a resumed training goes on as if
nothing had been.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.networks.pggan.latent_sphere import normalise
from engine.types import ByteArray, FloatArray
from tools.dataset.portrait_set import PortraitSet
from tools.gan.augmentation import JITTER_NUMBERS, NUMBERS
from tools.gan.training_state import Batch


class Portraits:
    """The portraits of a split, at the resolution of a stage.

    Args:
        portraits: at their full size; drawn by `PortraitSet.probabilities`.
    """

    def __init__(self, portraits: PortraitSet) -> None:
        self._sized = portraits
        self._full = portraits
        self._bounds = np.cumsum(portraits.probabilities)

    def __len__(self) -> int:
        return len(self._full)

    def at_size(self, size_px: int) -> PortraitSet:
        """All of them at a size."""
        if self._sized.size_px != size_px:
            self._sized = self._full.at_size(size_px)
        return self._sized

    def draw(self, count: int, size_px: int, random: np.random.Generator) -> ByteArray:
        """Portraits (N, S, S, 3) uint8, each mirrored or not."""
        sized = self.at_size(size_px)
        chosen = np.searchsorted(self._bounds, random.random(count), side="right").clip(max=len(self) - 1)
        pictures = sized.pictures[chosen]
        is_mirrored = random.random(count) < 0.5
        pictures[is_mirrored] = pictures[is_mirrored, :, ::-1]
        return pictures


class Batches:
    """Draws what a training step needs.

    Args:
        portraits: of the split `train`.
        count: pictures in a batch, a multiple of 8.
        mirrored: of them that are reflected, a multiple of 4; the other drawings are random.
        latent_size: numbers in a latent.
        seed: of the random numbers.
    """

    def __init__(self, portraits: Portraits, count: int, mirrored: int, latent_size: int, seed: int) -> None:
        self.count, self.mirrored = count, mirrored
        self._portraits = portraits
        self._latent_size = latent_size
        self._random = np.random.default_rng(seed)

    @property
    def random_state(self) -> dict[str, Any]:
        """The state of the random numbers, as JSON can hold it."""
        return dict(self._random.bit_generator.state)

    @random_state.setter
    def random_state(self, state: dict[str, Any]) -> None:
        self._random.bit_generator.state = state

    def draw(self, size_px: int) -> Batch:
        """The next batch, at a size."""
        random, mirrored = self._random, self.mirrored
        reals = self._portraits.draw(self.count, size_px, random)
        latents = normalise(random.standard_normal((self.count - mirrored, self._latent_size), np.float32))
        return Batch(
            reals=reals,
            latents=latents,
            augmentation=uniform_numbers((self.count, NUMBERS), random),
            penalty_augmentation=uniform_numbers((mirrored, NUMBERS), random),
            jitter=uniform_numbers((mirrored, JITTER_NUMBERS), random),
        )


def uniform_numbers(shape: tuple[int, ...], random: np.random.Generator) -> FloatArray:
    """Random numbers in [0, 1), float32."""
    return random.random(shape, np.float32)
