"""Filter of an encoder's answers: they rest while the face rests, and follow at once when it moves.

The answers jitter with the grain of the picture, by five degrees of the sphere per frame with a common camera, while a
head that turns by ten degrees moves them by thirty or more. Their speed hardly tells the two apart; landmarks do so at
once, because they hardly jitter. The cut-off of the low-pass therefore rises with the distance of the landmarks from
where they were half a second ago. Knows neither the encoder nor the face.
"""

from __future__ import annotations

import numpy as np

from engine.features.layout import FeatureLayout
from engine.features.one_euro import smoothing_share
from engine.networks.pggan.latent_sphere import slerp
from engine.types import FloatArray

REST_HZ = 0.2  # cut-off while nothing moves: an answer trembles by less than 3 degrees a second
MOVING_HZ = 1.0  # what each further tremble of the landmarks adds
SLOW_HZ = 1.0  # of the landmarks that others are compared with
TREMBLE = {"pose": 0.45, "expression": 0.0065, "shape": 0.0055}
"""How far each group of a still face is from its slow mean, root mean square over its numbers, in its unit: measured at
30 Hz before a camera whose noise has a deviation of 3 levels of 255, 19 of 20 frames are below."""


class EncodingFilter:
    """Steadies the answers to one visitor.

    Args:
        layout: of the features.
    """

    def __init__(self, layout: FeatureLayout) -> None:
        self._groups = {name: layout[name] for name in TREMBLE if name in {group.name for group in layout.groups}}
        self.reset()

    def reset(self) -> None:
        """Forget the visitor: the next answer passes unchanged."""
        self._output: FloatArray | None = None
        self._slow: FloatArray | None = None
        self._count = 0

    def __call__(self, z: FloatArray, vector: FloatArray, dt_s: float) -> FloatArray:
        """Filter an answer (latent_size,) that came `dt_s` after the last, to a face with features (F,)."""
        if self._output is None or self._slow is None:
            self._output, self._slow, self._count = z, vector, 1
            return z
        self._count += 1
        self._slow = self._slow + np.float32(smoothing_share(SLOW_HZ, dt_s)) * (vector - self._slow)
        cutoff_hz = REST_HZ + MOVING_HZ * self._movement(vector)
        share = max(smoothing_share(cutoff_hz, dt_s), 1 / self._count)  # at first the mean of what was seen
        self._output = slerp(self._output, z, share)
        return self._output

    def _movement(self, vector: FloatArray) -> float:
        """How many trembles the group that moves most is further from its slow mean than when it is still."""
        assert self._slow is not None  # `__call__` has set it
        away = [
            float(np.sqrt(np.mean((vector[part] - self._slow[part]) ** 2))) / TREMBLE[name]
            for name, part in self._groups.items()
        ]
        return max([0.0, *(distance - 1 for distance in away)])
