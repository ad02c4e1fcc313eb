"""One Euro filter (Casiez, Roussel, Vogel, CHI 2012): smooth at rest, responsive in motion.

The speed that raises the cut-off is the norm of the low-passed velocity *vector*: the mean of the norms would take
noise in many dimensions for motion, and the filter would never settle. Knows neither features nor faces.
"""

from __future__ import annotations

import math

import numpy as np

from engine.types import FloatArray

DERIVATIVE_CUTOFF_HZ = 1.0  # of the velocity


class OneEuro:
    """Filter for numbers that move together, such as the landmarks of a face, with one common cut-off.

    Args:
        min_cutoff_hz: cut-off at rest; lower is smoother and lags more.
        beta: cut-off gained per unit per second of movement (root mean square over the numbers), Hz.
        reach: largest plausible distance from the output, in its unit; values beyond are outliers and are clipped to
                it, so they bend the output a little (Huber, 1964) and a genuine jump is followed within a few steps.
    """

    def __init__(self, min_cutoff_hz: float, beta: float, reach: float = math.inf) -> None:
        self.tune(min_cutoff_hz, beta)
        self._reach = np.float32(reach)
        self._raw: FloatArray | None = None
        self._output: FloatArray | None = None
        self._velocity: FloatArray | None = None

    def tune(self, min_cutoff_hz: float, beta: float) -> None:
        """Change the parameters and continue."""
        self._min_cutoff_hz, self._beta = min_cutoff_hz, beta

    def reset(self) -> None:
        """Forget the past; the next input passes unchanged."""
        self._raw = self._output = self._velocity = None

    def __call__(self, values: FloatArray, dt_s: float) -> FloatArray:
        """Filter finite values (N,) that arrive `dt_s` after the previous ones."""
        if self._raw is None or self._output is None or self._velocity is None:
            self._raw = self._output = values
            self._velocity = np.zeros_like(values)
            return values
        speed = float(
            np.sqrt(np.mean(np.square(self._velocity)))
        )  # before this input: an outlier must not open the filter for itself
        innovation = np.clip(values - self._output, -self._reach, self._reach)
        raw = self._output + innovation
        velocity = (raw - self._raw) / np.float32(dt_s)
        self._velocity = self._velocity + _share(DERIVATIVE_CUTOFF_HZ, dt_s) * (velocity - self._velocity)
        self._raw = raw
        self._output = self._output + _share(self._min_cutoff_hz + self._beta * speed, dt_s) * innovation
        return self._output


def smoothing_share(cutoff_hz: float, dt_s: float) -> float:
    """Fraction of the way that a first-order low-pass moves towards its input in `dt_s`."""
    return 1.0 - math.exp(-2 * math.pi * cutoff_hz * dt_s)


def _share(cutoff_hz: float, dt_s: float) -> np.float32:
    return np.float32(smoothing_share(cutoff_hz, dt_s))
