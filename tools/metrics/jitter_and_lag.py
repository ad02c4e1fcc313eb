"""Motion metrics: jitter of a still face, lag and steadiness of a moving one."""

from __future__ import annotations

import numpy as np

from engine.networks.pggan.latent_sphere import angle_deg
from engine.types import FloatArray
from tools.metrics.regression import correlation, rms

LONGEST_LAG_S = 0.6
LAG_STEP_S = 0.0025
LEAST_CORRELATION = 0.3  # below it, nothing was followed and the lag is undefined


def jitter_deg_s(latents: FloatArray, rate_hz: float) -> float:
    """Root mean square speed of consecutive latents (N, n) at `rate_hz`, degrees on the sphere per second."""
    return rms(angle_deg(latents[1:], latents[:-1])) * rate_hz


def lag_ms(time_s: FloatArray, asked: FloatArray, came: FloatArray) -> float | None:
    """Lag of the result behind the request: the shift of maximum correlation.

    Args:
        time_s: (N,) ascending.
        asked: (N,), or (M, N) for several runs.
        came: of the same shape. The mean correlation over runs is used.

    Returns:
        Milliseconds, down to -200 if it leads; None if the correlation stays below 0.3.
    """
    runs = list(zip(np.atleast_2d(asked), np.atleast_2d(came), strict=True))
    shifts = np.arange(-0.2, LONGEST_LAG_S, LAG_STEP_S)
    inside = (time_s >= time_s[0] + 0.2) & (time_s <= time_s[-1] - LONGEST_LAG_S)
    if not inside.any():
        raise ValueError(f"a lag needs more than {LONGEST_LAG_S + 0.2:.1f} s")
    scores = []
    for shift in shifts:
        later = [np.interp(time_s[inside] + shift, time_s, run) for _, run in runs]
        found = [correlation(wanted[inside], shifted) or 0.0 for (wanted, _), shifted in zip(runs, later, strict=True)]
        scores.append(float(np.mean(found)))
    best = int(np.argmax(scores))
    return float(shifts[best] * 1000) if scores[best] >= LEAST_CORRELATION else None


def steadiness(points: FloatArray) -> tuple[float, float]:
    """Mean cosine between neighbours, and between all pairs, of points (N, D) about the origin."""
    unit = points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-9)
    cosines = unit @ unit.T
    pairs = np.triu_indices(len(points), 1)
    return float(np.diagonal(cosines, 1).mean()), float(cosines[pairs].mean())
