"""What a training aims at, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tools.gan.training_state import LossWeights


@dataclass(frozen=True)
class Plan:
    """What a training aims at.

    Attributes:
        resolution: of the networks, px.
        fmap_base, fmap_max: their widths; see `architecture`.
        critic_fmap_max: of the discriminator, which may be narrower.
        batch: pictures in a step, a multiple of 8.
        share: of them that are reflected; the other drawings are random.
        learning_rate: of generator and discriminator.
        encoder_rate: of the encoder; at 0 it stays as it is.
        critic_every: steps from one to the next in which the discriminator takes part.
        ema: half-life of the moving average, thousand pictures.
        seed: of fresh weights and of all chance in training.
        weights: of the losses.
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
        """Pictures of a step that are reflected: a multiple of 4, which the discriminator compares."""
        return max(4, 4 * int(self.batch * self.share / 4))


@dataclass
class Progress:
    """How far a training is.

    Attributes:
        step: steps of this training, from 0.
        kimg: thousand pictures seen.
        count, critic_count: steps since the optimisers began, at the last change of size, and of the discriminator.
        level: of the last step; 0 if there was none.
        random: state of the random numbers; None begins with the seed.
    """

    step: int = 0
    kimg: float = 0.0
    count: int = 0
    critic_count: int = 0
    level: int = 0
    random: dict[str, Any] | None = field(default=None, repr=False, compare=False)
