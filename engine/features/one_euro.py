"""The One Euro filter (Casiez, Roussel, Vogel, CHI 2012): calm at rest, quick in movement.

The speed that opens a filter is the norm of the low-passed velocity *vector*: the mean of the norms would take the
noise of many dimensions for movement, and the filter would never close. It knows neither features nor faces.
"""

from __future__ import annotations

import math

import numpy as np

from engine.types import FloatArray

DERIVATIVE_CUTOFF_HZ = 1.0  # of the velocity


class OneEuro:
    """Numbers of one kind that move together, such as the landmarks of a face: one cut-off for all of them.

    Args:
        min_cutoff_hz: cut-off at rest; lower is calmer and later.
        beta: Hz of cut-off gained per unit a second of movement (root mean square over the numbers).
        reach: how far from the output a number counts, in its unit: what is beyond is a fault, and drawn in to there,
            so that it bends the output a little (Huber, 1964) and a true leap is followed in some steps.
    """

    def __init__(self, min_cutoff_hz: float, beta: float, reach: float = math.inf) -> None:
        self.tune(min_cutoff_hz, beta)
        self._reach = np.float32(reach)
        self._raw: FloatArray | None = None
        self._output: FloatArray | None = None
        self._velocity: FloatArray | None = None

    def tune(self, min_cutoff_hz: float, beta: float) -> None:
        """Go on with other parameters."""
        self._min_cutoff_hz, self._beta = min_cutoff_hz, beta

    def reset(self) -> None:
        """Forget the past; the next input passes unchanged."""
        self._raw = self._output = self._velocity = None

    def __call__(self, values: FloatArray, dt_s: float) -> FloatArray:
        """Filter values (N,), finite, that came `dt_s` after the last ones."""
        if self._raw is None or self._output is None or self._velocity is None:
            self._raw = self._output = values
            self._velocity = np.zeros_like(values)
            return values
        speed = float(
            np.sqrt(np.mean(np.square(self._velocity)))
        )  # before this input: a fault opens no door for itself
        innovation = np.clip(values - self._output, -self._reach, self._reach)
        raw = self._output + innovation
        velocity = (raw - self._raw) / np.float32(dt_s)
        self._velocity = self._velocity + _share(DERIVATIVE_CUTOFF_HZ, dt_s) * (velocity - self._velocity)
        self._raw = raw
        self._output = self._output + _share(self._min_cutoff_hz + self._beta * speed, dt_s) * innovation
        return self._output


def smoothing_share(cutoff_hz: float, dt_s: float) -> float:
    """The share of the way that a first-order low-pass goes towards its input in `dt_s`."""
    return 1.0 - math.exp(-2 * math.pi * cutoff_hz * dt_s)


def _share(cutoff_hz: float, dt_s: float) -> np.float32:
    return np.float32(smoothing_share(cutoff_hz, dt_s))
