"""An encoder that tells people apart before anything is trained: computed from portraits, in NumPy.

Each portrait is looked at twice, as two frames of a camera would have cut it. Of both looks' features the directions
are taken in which people differ most compared with other cuts of the same portrait (linear discriminants, Fisher 1936,
with a ridge), whitened, so that the codes of portraits fill the sphere as random latents do. An encoder that was
trained from nothing through its generator used ten of 512 directions: everybody became one of a few.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.types import FloatArray

Matrix = NDArray[np.float64]

KEPT = 1024  # principal directions that discriminants are sought among
SHRINKAGE = 0.1  # of the kept directions' mean variance, added to each
SCALE = 20.0  # only for the numbers' sake
LEAST_SD = 1e-3
TINY = 1e-12


def discriminants(
    first: FloatArray, second: FloatArray, weights: NDArray[np.float64], parts: tuple[int, ...], size: int
) -> tuple[FloatArray, FloatArray]:
    """The linear map from features to codes.

    Args:
        first, second: features (N, F) of two cuts of the same N portraits.
        weights: (N,), how much each portrait counts.
        parts: how many of the F features each look has, in turn; every look weighs the same.
        size: numbers in a code.

    Returns:
        Weights (F, size) and biases (size,), float32. A code's first direction is what shows most in the features.
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
    """Directions (F, size) that change least from cut to cut, in units of how much they change at all."""
    values, vectors = np.linalg.eigh(within + between)
    values, vectors = np.maximum(values[-KEPT:], 0), vectors[:, -KEPT:]
    whitened = vectors / np.sqrt(values + SHRINKAGE * values.mean() + TINY)
    return whitened @ np.linalg.eigh(whitened.T @ within @ whitened)[1][:, :size]
