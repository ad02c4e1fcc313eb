"""One Euro filter on the latent sphere: along great circles, with a speed limit.

Counterpart of `engine/features/one_euro.py` on the sphere: every state between two faces is a face.
"""

from __future__ import annotations

import math

import numpy as np

from engine.features.one_euro import DERIVATIVE_CUTOFF_HZ, smoothing_share
from engine.networks.pggan.latent_sphere import angle_deg, slerp
from engine.types import FloatArray


class SphereOneEuro:
    """One Euro filter for latents that moves along great circles, with a speed limit.

    Args:
        min_cutoff_hz: cut-off at rest; lower is smoother and lags more.
        beta: cut-off gained per degree per second of movement, Hz; higher follows faster.
        rate_limit_deg_s: maximum speed of the output, degrees per second.
        rest_deg_s: speed below which movement counts as noise and does not raise the cut-off.
    """

    def __init__(
        self, min_cutoff_hz: float, beta: float, rate_limit_deg_s: float = math.inf, rest_deg_s: float = 0.0
    ) -> None:
        self.tune(min_cutoff_hz, beta, rate_limit_deg_s)
        self._rest_deg_s = rest_deg_s
        self._raw: FloatArray | None = None
        self._output: FloatArray | None = None
        self._velocity_deg_s: FloatArray | None = None

    def tune(self, min_cutoff_hz: float, beta: float, rate_limit_deg_s: float = math.inf) -> None:
        """Change the parameters and continue."""
        self._min_cutoff_hz, self._beta, self._rate_limit_deg_s = min_cutoff_hz, beta, rate_limit_deg_s

    def reset(self) -> None:
        """Forget the past; the next input passes unchanged."""
        self._raw = self._output = self._velocity_deg_s = None

    def __call__(self, z: FloatArray, dt_s: float) -> FloatArray:
        """Filter one latent (latent_size,) that came `dt_s` after the last one."""
        if self._raw is None or self._output is None or self._velocity_deg_s is None:
            self._raw = self._output = z
            self._velocity_deg_s = np.zeros_like(z)
            return z
        velocity = tangent_deg(self._raw, z) / np.float32(dt_s)
        share = np.float32(smoothing_share(DERIVATIVE_CUTOFF_HZ, dt_s))
        self._velocity_deg_s = self._velocity_deg_s + share * (velocity - self._velocity_deg_s)
        moving_deg_s = max(0.0, float(np.linalg.norm(self._velocity_deg_s)) - self._rest_deg_s)
        cutoff_hz = self._min_cutoff_hz + self._beta * moving_deg_s
        step = smoothing_share(cutoff_hz, dt_s)
        distance_deg = float(angle_deg(self._output, z))
        if step * distance_deg > self._rate_limit_deg_s * dt_s:
            step = self._rate_limit_deg_s * dt_s / distance_deg
        self._raw = z
        self._output = slerp(self._output, z, step)
        return self._output


def tangent_deg(origin: FloatArray, towards: FloatArray) -> FloatArray:
    """Tangent vector at `origin` whose length is the angle to `towards`, in degrees (logarithm map)."""
    flat = towards - origin * np.float32(np.dot(towards, origin) / np.dot(origin, origin))
    length = float(np.linalg.norm(flat))
    if length < 1e-9:
        return np.zeros_like(origin)
    return (flat * np.float32(angle_deg(origin, towards) / length)).astype(np.float32)
