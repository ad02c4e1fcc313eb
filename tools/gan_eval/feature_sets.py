"""Pictures as points in feature spaces, and metrics between two sets: distances and overlaps."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from engine.types import FloatArray
from tools.dataset.reference_set import Indices
from tools.metrics.kid import measure_kernel_distance
from tools.metrics.precision_recall import measure_overlap

FEWEST_FACES = 20  # with fewer, metrics in feature space are meaningless
Figures = dict[str, Any]


@dataclass(frozen=True)
class Clouds:
    """Pictures as points.

    Attributes:
        features: (N, F) the mirror's own, NaN without a face.
        textures: (N, 448) from the random network, standardised.
        pixels: (N, 64) principal components.
    """

    features: FloatArray
    textures: FloatArray
    pixels: FloatArray

    def take(self, indices: Indices) -> Clouds:
        """Subset of the pictures."""
        return Clouds(self.features[indices], self.textures[indices], self.pixels[indices])

    @property
    def faces(self) -> FloatArray:
        """Features (M, F) of the faces found."""
        return found(self.features)


def found(features: FloatArray) -> FloatArray:
    """Rows of features with a face."""
    return features[~np.isnan(features[:, 0])]


def compare(real: Clouds, drawn: Clouds) -> Figures:
    """Kernel distances and overlaps of two sets of pictures; None in feature space with too few faces."""
    names = ("kid", "kid_interval", "precision", "recall", "density", "coverage")
    in_features: Figures = dict.fromkeys(names)
    if min(len(real.faces), len(drawn.faces)) >= FEWEST_FACES:
        in_features = {**_kernel_figures(real.faces, drawn.faces), **_overlap_figures(real.faces, drawn.faces)}
    return {
        **in_features,
        "random_network": _kernel_figures(real.textures, drawn.textures),
        "pixels": _overlap_figures(real.pixels, drawn.pixels),
    }


def _kernel_figures(real: FloatArray, drawn: FloatArray) -> Figures:
    distance = measure_kernel_distance(real, drawn)
    return {"kid": distance.value, "kid_interval": [distance.low, distance.high]}


def _overlap_figures(real: FloatArray, drawn: FloatArray) -> Figures:
    count = min(len(real), len(drawn))
    return asdict(measure_overlap(real[:count], drawn[:count]))
