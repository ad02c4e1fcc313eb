"""Inputs and outputs of a training step: state, batches, per-step parameters, networks and loss weights.

A state holds the weights of all trained networks, of the generator's moving average, and the optimisers' moments, as
lists in the order of `variables_of` or of the names in `critics.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.networks.inversion.encoder_network import EncoderNetwork
from engine.networks.pggan.model import Discriminator, Generator
from engine.types import ByteArray, FloatArray
from tools.gan import critics

State = dict[str, Any]
TRAINED = ("generator", "discriminator", "encoder", "heads")
WEIGHTS = (*TRAINED, "average")
MOMENTS = tuple(f"{name}_moments" for name in TRAINED)
FIRST_MOMENTS = "encoder_first_moments"
VECTORS = "vectors"  # singular vectors of the heads
MEASURES = ("rec", "pix", "face", "find", "spread", "heads")

PENALTY_INTERVAL = 4  # discriminator steps; R1 is computed in every fourth and weighted fourfold there
HEAD_NAMES, VECTOR_NAMES = tuple(critics.head_shapes()), tuple(critics.vector_shapes())
MIXING_NAMES = tuple(critics.mixing_shapes())


@dataclass(frozen=True)
class LossWeights:
    """Weights of the loss terms for generator and encoder.

    Attributes:
        rec: a portrait and its reflection agree in EfficientNet's features.
        pix: they agree in pixels, at 32 px.
        face: they agree in FaceRes's features.
        find: the encoder inverts random latents.
        spread: the latents of different portraits stay apart.
        heads: critics on the frozen features.
        critic: the discriminator.
    """

    rec: float = 10.0
    pix: float = 40.0
    face: float = 10.0
    find: float = 0.0
    spread: float = 2.0
    heads: float = 0.4
    critic: float = 3.0


@dataclass(frozen=True)
class Batch:
    """Inputs of a step: N portraits, M of which are reflected; the other pictures are drawn from random latents.

    Attributes:
        reals: (N, S, S, 3) uint8.
        latents: (N - M, latent_size), on the sphere.
        augmentation: (N, augmentation.NUMBERS) in [0, 1), for both portraits and drawn pictures.
        penalty_augmentation: (M, augmentation.NUMBERS), for the R1 pictures.
        jitter: (M, augmentation.JITTER_NUMBERS), for the viewers.
    """

    reals: ByteArray
    latents: FloatArray
    augmentation: FloatArray
    penalty_augmentation: FloatArray
    jitter: FloatArray


@dataclass(frozen=True)
class Knobs:
    """Parameters that may change from step to step.

    Attributes:
        count, critic_count: number of the step, and of the discriminator's, since the moments were 0, from 1.
        learning_rate, encoder_rate, heads_rate: for generator and discriminator, for the encoder, for the heads.
        averaging_share: weight of the generator in its average.
    """

    count: int
    critic_count: int
    learning_rate: float
    encoder_rate: float
    heads_rate: float
    averaging_share: float


@dataclass(frozen=True)
class Networks:
    """Structure of all trained networks, and the frozen ones; weights of the former are in the state.

    Attributes:
        features: pictures -> four maps; face_features: pictures -> two maps; neither is trained.
    """

    generator: Generator
    discriminator: Discriminator
    encoder: EncoderNetwork
    features: Any
    face_features: Any

    def frozen(self) -> dict[str, list[Any]]:
        """Weights of the frozen networks."""
        looks = {"features": self.features, "face_features": self.face_features}
        return {name: [variable.value for variable in variables_of(network)] for name, network in looks.items()}


def variables_of(network: Any) -> list[Any]:
    """Variables of a network, in the order of its layers."""
    layers = network.by_name.values() if hasattr(network, "by_name") else network.parts
    return [variable for layer in layers for variable in (layer.weight, layer.bias)]
