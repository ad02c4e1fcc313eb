"""Retrieval that knows its generator: where to go from a drawn face, by the generator's own first layers.

The answers are those of `Inverter`. What is better is `refine`: in place of one linear model for all faces stands a
linear readout of the code from the first layers of the generator (`trunk.py`), with the derivative at the very face
that was drawn. One damped Gauss-Newton step (Levenberg 1944, Marquardt 1963) from there makes the smallest

    |code(z) - code of the viewer|^2 + damping * |z - z of the drawn face|^2

As that face was measured, the model's error is taken away where it begins. What the model cannot explain changes by
its variance from one face to a stranger, so by that share of a radian squared on the way there: that is the damping,
`CAUTION` times. Whether the step was right is seen when its face is drawn (`pipeline/deepening.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.networks.inverter import Inverter, InverterWeights
from engine.networks.latents import normalise
from engine.networks.trunk import Trunk
from engine.types import FloatArray

MOST_ROWS = 32  # of the code, its largest axes: a derivative of all takes three times as long, and gains a sixth more
CAUTION = 5.0  # how many times faster than evenly over the sphere what is not explained changes near a face


@dataclass(frozen=True)
class ReadoutWeights:
    """What reads codes from the M activations of a trunk.

    Attributes:
        weight, bias: (M, D) and (D,).
        doubt: (D,) variance of the code that it leaves unexplained, on faces it was not made from.
    """

    weight: FloatArray
    bias: FloatArray
    doubt: FloatArray


class RefiningInverter(Inverter):
    """An inverter that refines by the layers of its generator. One thread at a time may use it.

    Args:
        weights, metadata: as of `Inverter`.
        readout: of the same codes.
        trunk: of the same generator.
    """

    def __init__(
        self, weights: InverterWeights, metadata: Mapping[str, str], readout: ReadoutWeights, trunk: Trunk
    ) -> None:
        super().__init__(weights, metadata)
        self._trunk = trunk
        self._rows = np.ascontiguousarray(readout.weight.T[:MOST_ROWS])
        damping = np.float32(CAUTION * readout.doubt[:MOST_ROWS].sum() / self.latent_size)
        self._damping = damping * np.eye(len(self._rows), dtype=np.float32)

    def refine(self, z: FloatArray, vector: FloatArray, steps: int, came: FloatArray) -> FloatArray:
        """A latent near `z` (latent_size,), whose face came out as features `came` (F,), that should draw `vector`.

        One step, whatever `steps` allows: a second one would trust the model further away than it is right.
        """
        if steps < 1:
            return z
        missing = (self.weights.encode(vector) - self.weights.encode(came))[: len(self._rows)]
        slopes = self._trunk.derivative(z).pull(self._rows)
        slopes -= np.outer(slopes @ z, z) / (z @ z)  # along the sphere
        step = slopes.T @ np.linalg.solve(slopes @ slopes.T + self._damping, missing)
        return normalise(z + step)
