"""Clamping of features to the range of the drawn faces, so that unusual input does not produce extreme faces.

A face unlike any that the generator draws - oddly lit, half hidden, badly measured - still has a nearest neighbour, at
the very edge of the bank. Features further from the bank's mean than 995 of 1000 of its faces are scaled back towards
it, with some leeway. Distances are Mahalanobis distances (1936) among the bank's codes, measured in standard deviations
along each axis, so that an implausible combination counts as far even if each number is normal.

Does not know how a latent is found, nor what the features mean.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np

from engine.networks.inversion.retrieval_inverter import CLIP_SD, InverterWeights
from engine.types import FloatArray

USUAL_SHARE = 99.5  # percent of the bank's faces that count as within range
# Portraits lie further out than drawn faces. More than one in four is beyond the bare limit, where clamping costs part
# of their pose and likeness; with this leeway one in thirty is, and their likeness does not suffer.
LEEWAY = 1.3
SAMPLED_FACES = 6000  # number of the bank's faces used to estimate its spread
NARROWEST = 1e-4  # variance along an axis, relative to the widest, below which it is rounding error


@runtime_checkable
class KnowsItsBank(Protocol):
    """Interface that an inverter needs for its features to be clamped."""

    @property
    def weights(self) -> InverterWeights: ...


class FeatureClamp:
    """Clamps features to the range of a bank's faces.

    Args:
        weights: weights of an inverter.

    Attributes:
        furthest: maximum distance, in standard deviations of the bank along each axis.
        share: how far the last features were scaled back: 1 not at all, 0.5 to half their distance.
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
        """Clamp finite features (F,); those within range are returned unchanged."""
        apart = self.distance(vector)
        self.share = min(1.0, self.furthest / apart) if apart > 0 else 1.0
        if self.share == 1.0:
            return vector
        middle = self._weights.mean
        beyond = np.clip(vector - middle, -self._range, self._range)
        return np.asarray(middle + np.float32(self.share) * beyond, np.float32)

    def distance(self, vector: FloatArray) -> float:
        """Mahalanobis distance of features (F,) from the bank's mean."""
        return float(np.linalg.norm((self._weights.encode(vector) - self._middle) @ self._whitening))

    def unclamped_typicality(self, typicality: float) -> float:
        """Typicality (`Inverter.typicality`) of the unclamped features, from that of the clamped ones."""
        drawn_back = self.share**2
        return typicality * drawn_back / (1.0 - typicality * (1.0 - drawn_back))


def clamp_for(inverter: object) -> FeatureClamp | None:
    """Clamp for an inverter; None if there is none, or it has no bank."""
    return FeatureClamp(inverter.weights) if isinstance(inverter, KnowsItsBank) else None
