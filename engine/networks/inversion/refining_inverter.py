"""Retrieval that knows its generator: where to go from a drawn face, by the generator's own first layers.

Finds a neighbour as `Inverter` does; but while it is kept, it follows the viewer along directions of its own. The
derivative at that very face says what has changed of the features in `MEASUREMENT_NOISE_SD`, by a pseudo-inverse that
is damped by their measuring noise: what trembles most follows least, as in a Wiener filter. Measured on held-out faces
that turn, the drawn yaw follows by 0.3 to 0.9 of the viewer's, along average directions by 0.15.

`refine` is better too: in place of one linear model for all faces it begins with a linear readout of the code from the
first layers of the generator (`trunk.py`), with the derivative at the very face that was drawn. One damped Gauss-Newton
step from there makes the smallest

    |code(z) - code of the viewer|^2 + damping * |z - z of the drawn face|^2

As that face was measured, the model's error is taken away where it begins. What the model cannot explain changes by
its variance from one face to a stranger, so by that share of a radian squared on the way there: that is the damping,
`PRIOR_WEIGHT` times. Whether the step was right is seen when its face is drawn (`latent_refinement.py`); the model
learns from that, and need not be asked for its derivative again while the neighbour is kept. On 24 held-out faces, 40
such steps bring the shape from 0.58 standard deviations to 0.38; with the derivative taken anew for each, to 0.39.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from engine.features.vector import LAYOUT
from engine.networks.generator.trunk import Trunk
from engine.networks.inversion.broyden import BroydenModel
from engine.networks.inversion.retrieval_inverter import Inverter, InverterWeights, Neighbour
from engine.types import FloatArray

MOST_ROWS = 32  # of the code, its largest axes: a derivative of all takes three times as long, and gains no more
MEASUREMENT_NOISE_SD = {"pose.yaw": 0.08, "pose.pitch": 0.2, "expression.mouth_open": 0.44, "expression.smile": 0.28}
"""What a neighbour follows, and how it trembles where a face stands still: standard deviation of what is measured when
its picture is shifted by a pixel, brightened and compressed again, in standard deviations over the bank's faces."""
NOISE_WEIGHT = 4.0  # how heavy that noise is in the damping of the four, whose mean slope is 1
FURTHEST_TURN = 0.5  # that following moves the latent, in radii
PRIOR_WEIGHT = 5.0  # how many times faster than evenly over the sphere what is not explained changes near a face


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
        weights, metadata: see `Inverter`.
        readout: of the same codes.
        trunk: of the same generator.
    """

    def __init__(
        self, weights: InverterWeights, metadata: Mapping[str, str], readout: ReadoutWeights, trunk: Trunk
    ) -> None:
        super().__init__(weights, metadata)
        self._trunk = trunk
        self._rows = np.ascontiguousarray(readout.weight.T[:MOST_ROWS])
        self._damping = PRIOR_WEIGHT * float(readout.doubt[:MOST_ROWS].sum()) / self.latent_size
        self._reading = weights.reading([LAYOUT.index(name) for name in MEASUREMENT_NOISE_SD])  # (D, 4)
        self._reading_rows = np.ascontiguousarray((readout.weight @ self._reading).T)  # (4, M)
        noise = np.square(np.array(list(MEASUREMENT_NOISE_SD.values()), np.float32))
        self._tremor = np.diag(NOISE_WEIGHT * noise / noise.mean())
        self._average = _slopes(weights.codes, self._reading)  # (4, D)

    def _take(self, index: int, code: FloatArray) -> Neighbour:
        plain = super()._take(index, code)
        slopes = self._trunk.derivative(plain.z).pull(self._reading_rows)  # (4, latent_size)
        slopes -= np.outer(slopes @ plain.z, plain.z) / (plain.z @ plain.z)  # along the sphere
        gram = slopes @ slopes.T
        unit = max(float(np.trace(gram)) / len(gram), 1e-12)
        answered = np.linalg.solve(gram + unit * self._tremor, gram)  # (4, 4): of a change, what comes of it
        directions = np.linalg.solve(gram + unit * self._tremor, slopes)
        return replace(
            plain,
            following=np.asarray(self._reading @ directions, np.float32),
            furthest=FURTHEST_TURN,
            tracking_gain=np.asarray(self._reading @ answered @ self._average, np.float32),
        )

    def _begin_descent(self, z: FloatArray) -> BroydenModel:
        return BroydenModel(self._trunk.derivative(z).pull(self._rows), self._damping)


def _slopes(codes: FloatArray, reading: FloatArray) -> FloatArray:
    """What of a code goes with each feature that is read from it by (D, K), on average over codes (N, D): (K, D)."""
    centred = codes - codes.mean(axis=0)
    read = centred @ reading
    strength = np.float32(1e-6) * max(float(np.mean(read**2)), 1e-12) * len(codes)
    gram = read.T @ read + strength * np.eye(read.shape[1], dtype=np.float32)
    return np.asarray(np.linalg.solve(gram, read.T @ centred), np.float32)
