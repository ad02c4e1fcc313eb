"""The learned inverter: what an encoder sees of a visitor, as a latent; what was drawn is judged by its features.

An encoder answers at once and moves as its viewer moves. While the square of a face cannot be looked at, its last
answer stands. Where the persona has a small bank of drawn faces beside it, that knows how usual a viewer is and how
alike an answer is likely to be, and says which way to go from a face that was drawn and measured; the encoder alone
says where to begin. Neither knows how faces are found or cut.
"""

from __future__ import annotations

from copy import copy
from typing import Self

import numpy as np

from engine.networks.inversion.encoder import FaceEncoder
from engine.networks.inversion.retrieval_inverter import Inverter, InverterWeights
from engine.networks.pggan.latent_sphere import angle_deg
from engine.types import ByteArray, FloatArray

KNOWN_DEG = 30.0  # what steps have taught holds for faces that are nearer than this to where they were made


class EncoderInverter:
    """The latent that answers to a viewer, by an encoder alone. One thread at a time may use it.

    Args:
        encoder: of the persona.

    Attributes:
        needs_crop: it answers to what it sees, not to features.
        latent_size: numbers in a latent.
        typicality, nearness: of the last viewer and answer; without drawn faces to compare with nobody is unusual, and
            nothing is known of the likeness.
    """

    needs_crop = True

    def __init__(self, encoder: FaceEncoder) -> None:
        self._encoder = encoder
        self._answer: FloatArray | None = None
        self.latent_size = encoder.latent_size
        self.typicality, self.nearness = 1.0, 0.0

    def prepare(self, drawn_by: str = "openvino") -> None:
        """Make the encoder ready, so that the first visitor does not wait for it; see `FaceEncoder.prepare`."""
        self._encoder.prepare(drawn_by)

    def another(self) -> Self:
        """The same for another visitor who is answered at the same time."""
        other = copy(self)
        other.reset()
        return other

    def reset(self) -> None:
        """Forget the visitor."""
        self._answer = None

    def __call__(self, vector: FloatArray, pixels: ByteArray | None = None) -> FloatArray:
        """The latent (latent_size,) float32 on the sphere for the square of a face.

        Args:
            vector: features (F,) of the same face.
            pixels: (S, S, 3) uint8 RGB; None where it cannot be looked at, and the last answer stands.

        Raises:
            ValueError: there was no square since `reset`.
        """
        if pixels is not None:
            self._answer = self._encoder(pixels)
        if self._answer is None:
            raise ValueError("an encoder that has seen no square of a face has no answer")
        return self._answer


class RefiningEncoder(EncoderInverter):
    """An encoder whose answers are judged and refined by the features of a bank of faces.

    Args:
        encoder: of the persona.
        bank: of the same generator; it judges and refines, and is never asked for an answer.
    """

    def __init__(self, encoder: FaceEncoder, bank: Inverter) -> None:
        super().__init__(encoder)
        self._bank = bank
        self._learned_at: FloatArray | None = None  # the latent that its steps began from

    @property
    def weights(self) -> InverterWeights:
        """Weights of the bank."""
        return self._bank.weights

    def another(self) -> Self:
        other = copy(self)
        other._bank = self._bank.another()
        other.reset()
        return other

    def reset(self) -> None:
        super().reset()
        self._bank.reset()
        self._learned_at = None

    def __call__(self, vector: FloatArray, pixels: ByteArray | None = None) -> FloatArray:
        answer = super().__call__(vector, pixels)
        self._bank.assess(vector, answer)
        self.typicality, self.nearness = self._bank.typicality, self._bank.nearness
        return answer

    def compare(self, wanted: FloatArray, came: FloatArray) -> float:
        """See `Inverter.compare`."""
        return self._bank.compare(wanted, came)

    def refine(
        self, z: FloatArray, vector: FloatArray, came: FloatArray, exploration_noise: np.random.Generator | None = None
    ) -> FloatArray:
        """See `Inverter.refine`."""
        if self._learned_at is None or angle_deg(z, self._learned_at) > KNOWN_DEG:
            self._bank.reset()
            self._learned_at = z
        return self._bank.refine(z, vector, came, exploration_noise)

    def learn(self, z: FloatArray, came: FloatArray, tried: FloatArray, turned_out: FloatArray) -> None:
        """See `Inverter.learn`."""
        self._bank.learn(z, came, tried, turned_out)
