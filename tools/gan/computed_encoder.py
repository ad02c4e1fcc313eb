"""Encoder computed from portraits before any training, in NumPy: it already distinguishes people.

Each portrait is seen twice, cropped as in two frames of a camera. From the features of both, those directions are taken
in which people differ most relative to crops of the same portrait (linear discriminants, Fisher 1936, with a ridge),
whitened so that the portraits' codes fill the sphere like random latents. An encoder trained from scratch through its
generator used only ten of 512 directions: everybody became one of a few faces.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.types import FloatArray

Matrix = NDArray[np.float64]

KEPT = 1024  # principal directions used for the discriminants
SHRINKAGE = 0.1  # relative to the mean variance of these directions, added to each
SCALE = 20.0  # for numerical reasons only
LEAST_SD = 1e-3
TINY = 1e-12


def discriminants(
    first: FloatArray, second: FloatArray, weights: NDArray[np.float64], parts: tuple[int, ...], size: int
) -> tuple[FloatArray, FloatArray]:
    """Linear map from features to codes.

    Args:
        first, second: features (N, F) of two crops of the same N portraits.
        weights: (N,) sample weights.
        parts: number of features from each network, in order; all networks get the same weight.
        size: dimensions of a code.

    Returns:
        Weights (F, size) and biases (size,), float32. The first direction of a code explains most of the features.
    """
    both = np.concatenate([first, second])
    mean, sd = both.mean(0, dtype=np.float64), both.std(0, dtype=np.float64) + LEAST_SD
    scale = np.concatenate([np.full(count, SCALE / count**0.5) for count in parts]) / sd
    one, other = ((cut - mean) * scale for cut in (first, second))
    share = (weights / weights.mean())[:, None]
    person, change = (one + other) / 2, (one - other) / 2
    centre = (person * share).mean(0)
    person -= centre
    within = change.T @ (change * share) / len(first)
    project = _most_telling(within, person.T @ (person * share) / len(first), size)
    codes = (one - centre) @ project
    spread = np.sqrt((codes**2 * share).mean(0)) + TINY
    project, codes = project / spread, codes / spread
    on_sphere = codes * (size**0.5 / (np.linalg.norm(codes, axis=1, keepdims=True) + TINY))
    project = project @ np.linalg.svd((person * share).T @ on_sphere / len(first), full_matrices=False)[2].T
    return (project * scale[:, None]).astype(np.float32), (-(mean * scale + centre) @ project).astype(np.float32)


def _most_telling(within: Matrix, between: Matrix, size: int) -> Matrix:
    """Directions (F, size) that change least between crops, relative to their total variance."""
    values, vectors = np.linalg.eigh(within + between)
    values, vectors = np.maximum(values[-KEPT:], 0), vectors[:, -KEPT:]
    whitened = vectors / np.sqrt(values + SHRINKAGE * values.mean() + TINY)
    return whitened @ np.linalg.eigh(whitened.T @ within @ whitened)[1][:, :size]
