"""Encoder-based inverter: the latent comes from an encoder, and the drawn face is judged by its features.

An encoder responds at once and follows every movement. While the face cannot be cropped, the last latent is kept. If
the persona also has a small bank of drawn faces, the bank rates how typical a viewer is and how close the reflection
is, and proposes refinement steps from a drawn and measured face; the starting point always comes from the encoder.
Neither knows how faces are found or cropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Self

import numpy as np

from engine.networks.inversion.encoder import FaceEncoder
from engine.networks.inversion.retrieval_inverter import Inverter, InverterWeights
from engine.networks.pggan.latent_sphere import angle_deg
from engine.types import ByteArray, FloatArray

KNOWN_DEG = 30.0  # learned steps are valid for faces closer than this to where they were learned


class EncoderInverter:
    """Latent of a viewer, from an encoder alone. One thread at a time may use it.

    Args:
        encoder: encoder of the persona.

    Attributes:
        needs_crop: True: it reads pixels, not features.
        latent_size: dimensions of a latent.
        typicality, nearness: of the last viewer and reflection; without a bank, every viewer is typical and the
                nearness is unknown.
    """

    needs_crop = True

    def __init__(self, encoder: FaceEncoder) -> None:
        self._encoder = encoder
        self._answer: FloatArray | None = None
        self.latent_size = encoder.latent_size
        self.typicality, self.nearness = 1.0, 0.0

    def prepare(self, drawn_by: str = "openvino") -> None:
        """Warm up the encoder, so that the first visitor does not wait; see `FaceEncoder.prepare`."""
        self._encoder.prepare(drawn_by)

    def another(self) -> Self:
        """Inverter for another, simultaneous visitor."""
        other = copy(self)
        other.reset()
        return other

    def look_together(self, squares: Sequence[ByteArray]) -> None:
        """Look at the squares of all visitors of one turn at once, before each of them is answered."""
        self._encoder.look_together(squares)

    def reset(self) -> None:
        """Forget the visitor."""
        self._answer = None

    def __call__(self, vector: FloatArray, pixels: ByteArray | None = None) -> FloatArray:
        """Compute the latent (latent_size,) float32 on the sphere for the square of a face.

        Args:
            vector: features (F,) of the same face.
            pixels: (S, S, 3) uint8 RGB; None if the face cannot be cropped, which keeps the last latent.

        Raises:
            ValueError: there has been no square since `reset`.
        """
        if pixels is not None:
            self._answer = self._encoder(pixels)
        if self._answer is None:
            raise ValueError("the encoder has not seen a face yet")
        return self._answer


class RefiningEncoder(EncoderInverter):
    """Encoder with a bank of faces that judges and refines its latents by features.

    Args:
        encoder: encoder of the persona.
        bank: bank of the same generator; it judges and refines, but is never searched for a latent.
    """

    def __init__(self, encoder: FaceEncoder, bank: Inverter) -> None:
        super().__init__(encoder)
        self._bank = bank
        self._learned_at: FloatArray | None = None  # where its learned steps started

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
