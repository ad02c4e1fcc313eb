"""Descent: which step of a latent changes what a drawn face lacks, by a linear model that learns from every step.

The model says how a code changes with the latent. What really came of a step is seen when its face is drawn, and then
the model is changed by as little as makes it right about that step (Broyden 1965). It does not know where the model
comes from, what a code means, or how faces are drawn.
"""

from __future__ import annotations

import numpy as np

from engine.types import FloatArray

SPREAD = 1.5  # by how many factors of e a surmise weighs the damping, both ways


class BroydenModel:
    """A linear model of codes around one latent.

    Args:
        slopes: (K, latent_size) change of the code's first K numbers with the latent.
        damping: of its inverse; what part of a change it cannot explain (Levenberg 1944, Marquardt 1963).
    """

    def __init__(self, slopes: FloatArray, damping: float) -> None:
        self._slopes = slopes.astype(np.float32)  # a copy, which learns
        self._damping = np.float32(damping)

    def step(
        self, z: FloatArray, missing: FloatArray, exploration_noise: np.random.Generator | None = None
    ) -> FloatArray:
        """The change (latent_size,) of a latent whose face lacks `missing` (D,): a damped Gauss-Newton step.

        Args:
            z: the latent, (latent_size,).
            missing: of its code.
            surmise: weighs by chance what is missing, and the damping: where the likeliest step did not help, another
                may. None makes the likeliest.
        """
        slopes, damping = self._slopes, self._damping
        missing = missing[: len(slopes)]
        slopes = slopes - np.outer(slopes @ z, z) / (z @ z)  # along the sphere
        if exploration_noise is not None:
            missing = missing * exploration_noise.exponential(size=len(missing)).astype(np.float32)
            damping = damping * np.float32(np.exp(exploration_noise.uniform(-SPREAD, SPREAD)))
        gram = slopes @ slopes.T + damping * np.eye(len(slopes), dtype=np.float32)
        return np.asarray(slopes.T @ np.linalg.solve(gram, missing), np.float32)

    def learn(self, step: FloatArray, change: FloatArray) -> None:
        """Learn that a step (latent_size,) of the latent changed the code by `change` (D,)."""
        square = float(step @ step)
        if square > 0:
            error = change[: len(self._slopes)] - self._slopes @ step
            self._slopes += np.outer(error, step / np.float32(square))
