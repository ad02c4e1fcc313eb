"""Agreement of results with requests: errors, slopes, correlations, skill."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.types import FloatArray

NOTHING = 1e-9  # a smaller deviation is no variation

Floats = FloatArray | NDArray[np.float64]


def rms(values: Floats) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


def gain(asked: Floats, came: Floats) -> float | None:
    """Slope of results on requests, (N, D) in standard deviations about the mean of the scale.

    Least squares over all numbers together, each with its own mean: 1 is faithful, less is timid, more is caricature.
        None
    if the requests do not vary.
    where nothing was asked for that varies.
    """
    asked, came = asked.astype(np.float64), came.astype(np.float64)
    asked = asked - asked.mean(axis=0)
    square = float((asked * asked).sum())
    return float((asked * (came - came.mean(axis=0))).sum()) / square if square > NOTHING else None


def correlation(asked: Floats, came: Floats) -> float | None:
    """Pearson's r of two rows (N,); None if one of them does not vary."""
    asked, came = asked.astype(np.float64), came.astype(np.float64)
    spread = float(asked.std() * came.std())
    if spread <= NOTHING:
        return None
    return float(((asked - asked.mean()) * (came - came.mean())).mean()) / spread


def skill(error: float, error_of_fixed: float) -> float | None:
    """Reduction of the error relative to the best fixed face: 1 is perfect, 0 no better, negative worse."""
    return 1 - error / error_of_fixed if error_of_fixed > NOTHING else None


def landmark_error(asked: FloatArray, came: FloatArray, outer_eyes: tuple[int, int]) -> FloatArray:
    """Mean distance of corresponding points over the distance of the outer eye corners, (N,).

    Each result is first moved, rotated and scaled onto its request (Procrustes analysis; Umeyama 1991): the position of
    a face is not part of its likeness. 1991): where a face stands is no part of its likeness.

    Args:
        asked, came: (N, P, 2).
        outer_eyes: indices of the outer eye corners among the P points.
    """
    centre = asked.mean(axis=1, keepdims=True)
    wanted = _complex(asked - centre)
    points = _complex(came - came.mean(axis=1, keepdims=True))
    square = np.maximum((np.abs(points) ** 2).sum(axis=1), NOTHING)
    turn = (wanted * points.conj()).sum(axis=1) / square  # a plane similarity is one complex factor
    apart = np.abs(turn[:, None] * points - wanted).mean(axis=1)
    left, right = outer_eyes
    return np.asarray(apart / np.maximum(np.abs(wanted[:, left] - wanted[:, right]), NOTHING), np.float32)


def _complex(points: FloatArray) -> NDArray[np.complex128]:
    return np.asarray(points[..., 0] + 1j * points[..., 1], np.complex128)
