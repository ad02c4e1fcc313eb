"""Settings and progress of a training run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tools.gan.training_state import LossWeights


@dataclass(frozen=True)
class Plan:
    """Settings of a training run.

    Attributes:
        resolution: final resolution, px.
        fmap_base, fmap_max: widths of the networks; see `architecture`.
        critic_fmap_max: width of the discriminator, which may be narrower.
        batch: batch size, a multiple of 8.
        share: share of reflections in it; the other pictures are drawn from random latents.
        learning_rate: for generator and discriminator.
        encoder_rate: for the encoder; 0 freezes it.
        critic_every: interval in steps between those that include the discriminator.
        ema: half-life of the moving average, thousand pictures.
        seed: seed of new weights and of all randomness in training.
        weights: weights of the losses.
    """

    resolution: int = 128
    fmap_base: int = 2048
    fmap_max: int = 256
    critic_fmap_max: int = 256
    batch: int = 16
    share: float = 0.75
    learning_rate: float = 0.002
    encoder_rate: float = 0.0
    critic_every: int = 4
    ema: float = 3.0
    seed: int = 1
    weights: LossWeights = field(default_factory=LossWeights)

    @property
    def mirrored(self) -> int:
        """Number of reflections in a step: a multiple of 4, which the discriminator compares."""
        return max(4, 4 * int(self.batch * self.share / 4))


@dataclass
class Progress:
    """Progress of a training run.

    Attributes:
        step: steps of this run, from 0.
        kimg: thousand pictures seen.
        count, critic_count: steps since the optimisers were reset, in total and with the discriminator.
        level: level of the last step; 0 if there was none.
        random: state of the random generator; None starts from the seed.
    """

    step: int = 0
    kimg: float = 0.0
    count: int = 0
    critic_count: int = 0
    level: int = 0
    random: dict[str, Any] | None = field(default=None, repr=False, compare=False)
