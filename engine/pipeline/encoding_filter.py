"""Motion-adaptive smoothing of encoder outputs: still while the face is still, immediate when it moves.

Encoder outputs jitter with picture noise, by five degrees on the sphere per frame with an ordinary camera, while
turning the head by ten degrees moves them by thirty or more. Their speed hardly separates the two; landmarks do so at
once, because they hardly jitter. So the cut-off of the low-pass rises with the distance of the landmarks from their
position half a second ago. Knows neither the encoder nor the face.
"""

from __future__ import annotations

import numpy as np

from engine.features.layout import FeatureLayout
from engine.features.one_euro import smoothing_share
from engine.networks.pggan.latent_sphere import slerp
from engine.types import FloatArray

REST_HZ = 0.2  # cut-off while nothing moves: jitter stays below 3 degrees per second
MOVING_HZ = 1.0  # cut-off added per unit of landmark jitter
SLOW_HZ = 1.0  # cut-off of the landmarks' slow mean
JITTER = {"pose": 0.45, "expression": 0.0065, "shape": 0.0055}
"""Distance of each feature group of a still face from its slow mean, root mean square over its numbers, in its unit: in
front of a 30 Hz camera with noise of 3 levels of 255, 19 of 20 frames are below."""


class EncodingFilter:
    """Smooths the encoder outputs for one visitor.

    Args:
        layout: layout of the features.
    """

    def __init__(self, layout: FeatureLayout) -> None:
        self._groups = {name: layout[name] for name in JITTER if name in {group.name for group in layout.groups}}
        self.reset()

    def reset(self) -> None:
        """Forget the visitor: the next output passes unchanged."""
        self._output: FloatArray | None = None
        self._slow: FloatArray | None = None
        self._count = 0

    def __call__(self, z: FloatArray, vector: FloatArray, dt_s: float) -> FloatArray:
        """Filter an output (latent_size,) that came `dt_s` after the last, for a face with features (F,)."""
        if self._output is None or self._slow is None:
            self._output, self._slow, self._count = z, vector, 1
            return z
        self._count += 1
        self._slow = self._slow + np.float32(smoothing_share(SLOW_HZ, dt_s)) * (vector - self._slow)
        cutoff_hz = REST_HZ + MOVING_HZ * self._movement(vector)
        share = max(smoothing_share(cutoff_hz, dt_s), 1 / self._count)  # initially the mean of all outputs so far
        self._output = slerp(self._output, z, share)
        return self._output

    def held(self, z: FloatArray) -> FloatArray:
        """Latest filtered output, while there is nothing new to filter; `z` if there is none."""
        return z if self._output is None else self._output

    def _movement(self, vector: FloatArray) -> float:
        """Distance of the most moved group from its slow mean, in units of its jitter when still."""
        assert self._slow is not None  # set by `__call__`
        away = [
            float(np.sqrt(np.mean((vector[part] - self._slow[part]) ** 2))) / JITTER[name]
            for name, part in self._groups.items()
        ]
        return max([0.0, *(distance - 1 for distance in away)])
