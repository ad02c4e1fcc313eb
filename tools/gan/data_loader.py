"""Data loader: random portraits, latents and augmentation numbers.

All randomness in training comes from here, with NumPy, so its state can be saved and a resumed run continues exactly.
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
    """Portraits of a split, at the resolution of a stage.

    Args:
        portraits: at full size; sampled by `PortraitSet.probabilities`.
    """

    def __init__(self, portraits: PortraitSet) -> None:
        self._sized = portraits
        self._full = portraits
        self._bounds = np.cumsum(portraits.probabilities)

    def __len__(self) -> int:
        return len(self._full)

    def at_size(self, size_px: int) -> PortraitSet:
        """All portraits at a size."""
        if self._sized.size_px != size_px:
            self._sized = self._full.at_size(size_px)
        return self._sized

    def draw(self, count: int, size_px: int, random: np.random.Generator) -> ByteArray:
        """Sample portraits (N, S, S, 3) uint8, randomly mirrored."""
        sized = self.at_size(size_px)
        chosen = np.searchsorted(self._bounds, random.random(count), side="right").clip(max=len(self) - 1)
        pictures = sized.pictures[chosen]
        is_mirrored = random.random(count) < 0.5
        pictures[is_mirrored] = pictures[is_mirrored, :, ::-1]
        return pictures


class Batches:
    """Samples the inputs of training steps.

    Args:
        portraits: split `train`.
        count: batch size, a multiple of 8.
        mirrored: number of reflections in it, a multiple of 4; the other pictures are drawn from random latents.
        latent_size: dimensions of a latent.
        seed: random seed.
    """

    def __init__(self, portraits: Portraits, count: int, mirrored: int, latent_size: int, seed: int) -> None:
        self.count, self.mirrored = count, mirrored
        self._portraits = portraits
        self._latent_size = latent_size
        self._random = np.random.default_rng(seed)

    @property
    def random_state(self) -> dict[str, Any]:
        """State of the random generator, JSON-serialisable."""
        return dict(self._random.bit_generator.state)

    @random_state.setter
    def random_state(self, state: dict[str, Any]) -> None:
        self._random.bit_generator.state = state

    def draw(self, size_px: int) -> Batch:
        """Sample the next batch, at a size."""
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
    """Uniform random numbers in [0, 1), float32."""
    return random.random(shape, np.float32)
