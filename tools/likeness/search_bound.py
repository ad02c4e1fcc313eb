"""Search bound: the most similar face that a search can find in the generator, independent of the inverter.

FaceMesh has no gradient, so the search draws and measures: an evolution strategy on the sphere of latents. It starts
with the inverter's latent and the nearest faces of its bank, and continues from the best face so far, half of the steps
towards other near faces of the bank and half in random directions; steps grow while they succeed and shrink otherwise
(Rechenberg's one-fifth rule). It bounds the generator's range from one side: the generator can do at least this well.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.networks.inversion.retrieval_inverter import InverterWeights
from engine.networks.pggan.latent_sphere import normalise, seed_latents
from engine.types import Features, FloatArray
from tools.likeness.figures import points
from tools.likeness.scale import LikenessScale

DRAWS = 200  # per viewer
BROOD = 10  # faces drawn from the best one before a new best is chosen
FROM_BANK = 5
DIRECTIONS = 32  # near faces of the bank used as directions
FIRST_STEP_DEG, LONGEST_STEP_DEG, SHORTEST_STEP_DEG = 25.0, 45.0, 1.0
LONGER, SHORTER = 1.25, 0.85

Measure = Callable[[FloatArray], list[Features | None]]


def nearest_seeds(weights: InverterWeights, vector: FloatArray, count: int) -> list[int]:
    """Seeds of the faces in an inverter's bank nearest to features (F,), nearest first."""
    apart = ((weights.codes - weights.encode(vector)) ** 2).sum(axis=1)
    return [int(seed) for seed in weights.seeds[np.argsort(apart)[:count]]]


class Oracle:
    """Search for the most similar face.

    Args:
        weights: weights of the inverter with the bank.
        measure: features of the faces drawn from latents (N, n).
        scale: scale of the distance.
        draws: maximum number of faces to draw per viewer.
    """

    def __init__(self, weights: InverterWeights, measure: Measure, scale: LikenessScale, draws: int = DRAWS) -> None:
        self._weights = weights
        self._measure = measure
        self._scale = scale
        self._draws = draws

    def __call__(self, asked: FloatArray, answer: FloatArray, random: np.random.Generator) -> FloatArray:
        """Features (F,) of the best face for a viewer's (F,), NaN if no drawing has a face.

        Args:
            answer: the inverter's latent (n,).
            random: random generator.
        """
        near = seed_latents(nearest_seeds(self._weights, asked, DIRECTIONS), len(answer))
        target = points(self._scale, asked[None])[0]
        latents = np.vstack([answer[None], near[:FROM_BANK]])
        best, best_error, best_features, step_deg, drawn = (
            answer,
            np.inf,
            np.full_like(asked, np.nan),
            FIRST_STEP_DEG,
            0,
        )
        while drawn < self._draws:
            latents = latents[: self._draws - drawn]
            vectors, errors = self._errors(latents, target)
            drawn += len(latents)
            succeeded = int((errors < best_error).sum())
            if succeeded:
                first = int(np.argmin(errors))
                best, best_error, best_features = latents[first], float(errors[first]), vectors[first]
            step_deg *= LONGER if 5 * succeeded >= len(latents) else SHORTER
            step_deg = float(np.clip(step_deg, SHORTEST_STEP_DEG, LONGEST_STEP_DEG))
            latents = _brood(best, near, step_deg, random)
        return best_features

    def _errors(self, latents: FloatArray, target: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Features (N, F) of drawn latents, and their errors; infinite without a face."""
        faces = self._measure(latents)
        nothing = np.full_like(self._scale.mean, np.nan)
        vectors = np.stack([nothing if face is None else face.vector for face in faces])
        errors = np.linalg.norm(points(self._scale, vectors) - target, axis=1)
        return vectors, np.where(np.isnan(errors), np.inf, errors).astype(np.float32)


def _brood(origin: FloatArray, near: FloatArray, step_deg: float, random: np.random.Generator) -> FloatArray:
    """Latents (BROOD, n) at `step_deg` from `origin`: half towards mixtures of `near`, half in random directions."""
    directions = random.standard_normal((BROOD, len(origin)))
    mixtures = random.standard_normal((BROOD // 2, len(near)))
    directions[: BROOD // 2] = mixtures @ (near - origin)
    directions -= np.outer(directions @ origin, origin) / (origin @ origin)
    lengths = np.linalg.norm(directions, axis=1, keepdims=True)
    unit = directions / np.maximum(lengths, 1e-9) * np.linalg.norm(origin)
    angle = np.radians(step_deg)
    return normalise(np.cos(angle) * origin + np.sin(angle) * unit)
