"""What a training step takes and gives: the parts of a state, batches, knobs, networks and the weights of losses.

A state holds the weights of all networks that are trained, of the generator's moving average, and the optimisers'
moments, as lists in the order of `variables_of` or of the names in `critics.py`.
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

PENALTY_INTERVAL = 4  # discriminator steps; R1 is computed in every fourth and counts four times there
HEAD_NAMES, VECTOR_NAMES = tuple(critics.head_shapes()), tuple(critics.vector_shapes())
MIXING_NAMES = tuple(critics.mixing_shapes())


@dataclass(frozen=True)
class LossWeights:
    """How much each thing counts that generator and encoder are asked for.

    Attributes:
        rec: a portrait and its reflection agree in EfficientNet's features.
        pix: they agree in pixels, at 32 px.
        face: they agree in FaceRes's features.
        find: the encoder finds random latents again.
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
    """What a step needs: N portraits, M of which are reflected; the other drawings are random.

    Attributes:
        reals: (N, S, S, 3) uint8.
        latents: (N - M, latent_size), on the sphere.
        augmentation: (N, augmentation.NUMBERS) in [0, 1), for portraits and drawn pictures alike.
        penalty_augmentation: (M, augmentation.NUMBERS), for what R1 is computed at.
        jitter: (M, augmentation.JITTER_NUMBERS), for the viewers.
    """

    reals: ByteArray
    latents: FloatArray
    augmentation: FloatArray
    penalty_augmentation: FloatArray
    jitter: FloatArray


@dataclass(frozen=True)
class Knobs:
    """What may change from step to step.

    Attributes:
        count, critic_count: number of the step, and of the discriminator's, since the moments were 0, from 1.
        learning_rate, encoder_rate, heads_rate: of generator and discriminator, of the encoder, of the heads.
        averaging_share: of the generator in its average.
    """

    count: int
    critic_count: int
    learning_rate: float
    encoder_rate: float
    heads_rate: float
    averaging_share: float


@dataclass(frozen=True)
class Networks:
    """The structure of all that is trained, and of what looks; weights of the former come with the state.

    Attributes:
        features: pictures -> four maps; face_features: pictures -> two maps; neither is trained.
    """

    generator: Generator
    discriminator: Discriminator
    encoder: EncoderNetwork
    features: Any
    face_features: Any

    def frozen(self) -> dict[str, list[Any]]:
        """The weights of what looks."""
        looks = {"features": self.features, "face_features": self.face_features}
        return {name: [variable.value for variable in variables_of(network)] for name, network in looks.items()}


def variables_of(network: Any) -> list[Any]:
    """The variables of a network, in the order of its layers."""
    layers = network.by_name.values() if hasattr(network, "by_name") else network.parts
    return [variable for layer in layers for variable in (layer.weight, layer.bias)]
