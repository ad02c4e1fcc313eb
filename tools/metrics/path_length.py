"""Feature path length: change of a drawn face per degree, as its latent moves along great circles.

Converts the movement of a latent in degrees to visible change. Related to the perceptual path length of Karras et al.
2019, with the mirror's own features instead of a trained network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.networks.pggan.latent_sphere import normalise, seed_latents, slerp
from engine.types import FloatArray

STEP_DEG = 5.0  # smaller steps would measure the noise of the mesh
REACH_DEG = 90.0  # distance of independent latents
PATHS = 24


def great_circles(seed: int, latent_size: int, paths: int = PATHS) -> FloatArray:
    """Latents (paths, steps, latent_size) on quarter great circles, `STEP_DEG` apart."""
    ends = seed_latents(range(seed, seed + 2 * paths), latent_size)
    start, other = ends[:paths].astype(np.float64), ends[paths:].astype(np.float64)
    sideways = other - (other * start).sum(axis=1, keepdims=True) / latent_size * start
    share = np.linspace(0, 1, round(REACH_DEG / STEP_DEG) + 1)
    return slerp(start[:, None], normalise(sideways)[:, None], share[None])


@dataclass(frozen=True)
class FeaturePath:
    """Change of features along great circles.

    Attributes:
        per_degree: change per degree, root mean square over the features, in standard deviations of real faces.
        degrees: (steps,) distance from the start of a path.
        change: (steps,) distance of the features from those at the start, root mean square, in standard deviations;
                mean over the paths.
    """

    per_degree: float
    degrees: NDArray[np.float64]
    change: NDArray[np.float64]


def measure_feature_path(features: FloatArray) -> FeaturePath | None:
    """Measure standardised features (paths, steps, F), NaN without a face; None if no step has two faces."""
    degrees = np.arange(features.shape[1]) * STEP_DEG
    steps = _rms(np.diff(features, axis=1))
    if np.isnan(steps).all():
        return None
    from_start = _rms(features - features[:, :1])
    is_found = ~np.isnan(from_start)
    count = is_found.sum(axis=0)
    total = np.where(is_found, from_start, 0).sum(axis=0, dtype=np.float64)
    change = np.divide(total, count, out=np.full(len(degrees), np.nan), where=count > 0)
    return FeaturePath(float(np.nanmean(steps) / STEP_DEG), degrees, change)


def _rms(change: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(np.mean(change**2, axis=-1)))
