"""Quasi-Newton refinement: latent steps from a linear model that is updated after every step.

The model predicts how a code changes with the latent. Once the face has been drawn, the actual change is known, and the
model is corrected by the smallest amount that explains it (Broyden 1965). Does not know where the model comes from,
what a code means, or how faces are drawn.
"""

from __future__ import annotations

import numpy as np

from engine.types import FloatArray

SPREAD = 1.5  # range of the random damping of exploratory steps, in factors of e, both ways


class BroydenModel:
    """Linear model of codes around one latent.

    Args:
        slopes: (K, latent_size) derivative of the code's first K numbers.
        damping: regularisation of its inverse: the part of a change it cannot explain (Levenberg 1944, Marquardt 1963).
    """

    def __init__(self, slopes: FloatArray, damping: float) -> None:
        self._slopes = slopes.astype(np.float32)  # a copy, because it is updated
        self._damping = np.float32(damping)

    def step(
        self, z: FloatArray, missing: FloatArray, exploration_noise: np.random.Generator | None = None
    ) -> FloatArray:
        """Compute a damped Gauss-Newton step (latent_size,) that reduces the residual `missing` (D,).

        Args:
            z: latent (latent_size,).
            missing: residual of its code.
            exploration_noise: randomises the weights of the residual and the damping: an alternative where the best
                        step did not help. None computes the best step.
        """
        slopes, damping = self._slopes, self._damping
        missing = missing[: len(slopes)]
        slopes = slopes - np.outer(slopes @ z, z) / (z @ z)  # tangent to the sphere
        if exploration_noise is not None:
            missing = missing * exploration_noise.exponential(size=len(missing)).astype(np.float32)
            damping = damping * np.float32(np.exp(exploration_noise.uniform(-SPREAD, SPREAD)))
        gram = slopes @ slopes.T + damping * np.eye(len(slopes), dtype=np.float32)
        return np.asarray(slopes.T @ np.linalg.solve(gram, missing), np.float32)

    def learn(self, step: FloatArray, change: FloatArray) -> None:
        """Update the model: the latent step (latent_size,) changed the code by `change` (D,)."""
        square = float(step @ step)
        if square > 0:
            error = change[: len(self._slopes)] - self._slopes @ step
            self._slopes += np.outer(error, step / np.float32(square))
