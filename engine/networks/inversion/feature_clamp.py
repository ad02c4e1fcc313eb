"""How far the drawn faces reach, and features brought back to there: no strange face is answered by an extreme one.

A face unlike any that the generator draws - lit oddly, half hidden, measured wrongly - has a nearest neighbour all the
same, at the very edge of the bank. Features further from its middle than 995 of 1000 of its faces are drawn towards
the middle by that ratio, with some leeway. Distances are Mahalanobis's (1936) among the bank's codes: in units of how
much faces differ along each axis, so that a combination which no face has counts as far although each number is usual.

It does not know how a face is found for what is left, nor what the features mean.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np

from engine.networks.inversion.retrieval_inverter import CLIP_SD, InverterWeights
from engine.types import FloatArray

USUAL_SHARE = 99.5  # percent of the bank's faces that count as within reach
# Portraits lie further out than drawn faces do. More than one in four is beyond the bare distance, where being drawn
# back costs some of their turn and of their own face; with this one in thirty is, and their likeness is as before.
LEEWAY = 1.3
SAMPLED_FACES = 6000  # of the bank, from which its spread is known
NARROWEST = 1e-4  # variance along an axis, as a share of the widest, below which it is rounding


@runtime_checkable
class KnowsItsBank(Protocol):
    """What an inverter must offer, or its features are taken as they are."""

    @property
    def weights(self) -> InverterWeights: ...


class FeatureClamp:
    """Features -> the same, no further from the middle of a bank than its faces reach.

    Args:
        weights: of an inverter.

    Attributes:
        furthest: distance that is within reach, in standard deviations of the bank along each axis.
        share: how far the last features were drawn towards the middle: 1 not at all, 0.5 to half of their distance.
    """

    def __init__(self, weights: InverterWeights) -> None:
        self._weights = weights
        self._range = CLIP_SD * weights.sd
        codes = weights.codes[:: -(-len(weights.codes) // SAMPLED_FACES)].astype(np.float64)
        self._middle = codes.mean(axis=0)
        centred = codes - self._middle
        variance, axes = np.linalg.eigh(centred.T @ centred / len(codes))
        self._whitening = axes / np.sqrt(np.maximum(variance, NARROWEST * max(float(variance[-1]), 1e-12)))
        self.furthest = LEEWAY * float(np.percentile(np.linalg.norm(centred @ self._whitening, axis=1), USUAL_SHARE))
        self.share = 1.0

    def __call__(self, vector: FloatArray) -> FloatArray:
        """Features (F,) within reach for features (F,), finite; those that are so already come back unchanged."""
        apart = self.distance(vector)
        self.share = min(1.0, self.furthest / apart) if apart > 0 else 1.0
        if self.share == 1.0:
            return vector
        middle = self._weights.mean
        beyond = np.clip(vector - middle, -self._range, self._range)
        return np.asarray(middle + np.float32(self.share) * beyond, np.float32)

    def distance(self, vector: FloatArray) -> float:
        """How far features (F,) are from the middle, in standard deviations of the bank along each axis."""
        return float(np.linalg.norm((self._weights.encode(vector) - self._middle) @ self._whitening))

    def unclamped_typicality(self, typicality: float) -> float:
        """Typicality (`Inverter.typicality`) of a viewer, of what it is of the last features that came back."""
        drawn_back = self.share**2
        return typicality * drawn_back / (1.0 - typicality * (1.0 - drawn_back))


def clamp_for(inverter: object) -> FeatureClamp | None:
    """The reach of an inverter; None if there is none, or it knows no bank."""
    return FeatureClamp(inverter.weights) if isinstance(inverter, KnowsItsBank) else None
