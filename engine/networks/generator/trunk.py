"""First layers of a generator in NumPy, with their gradient: the state of a face before it has pixels.

The activations at 8x8 contain nearly everything measurable about the finished face, for a thirtieth of the work. They
are computed here for many latents, or for one latent with their derivative (reverse mode), which tells the inverter in
which direction to move. Does not know what is read from the activations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from engine.networks.generator.folded_layers import FoldedLayer, fold
from engine.networks.pggan.architecture import GeneratorSettings
from engine.networks.pggan.weight_file import Arrays
from engine.types import FloatArray

MOST_ACTIVATIONS = 8192  # per face: the readout matrix has one row for each
LARGEST_PX = 8
LEAK = np.float32(0.2)

# Upsampling by a transposed convolution with 4 taps and stride 2: for even and odd outputs, each tap and the offset of
# its inputs in the padded picture.
_UP_TAPS = (((1, 1), (3, 0)), ((0, 2), (2, 1)))


class _Step(NamedTuple):
    """Layer with its kernels as matrices: forward, one per output parity if it upsamples, and backward."""

    kind: str
    forth: tuple[FloatArray, ...]
    back: FloatArray
    bias: FloatArray


@dataclass(frozen=True)
class _Passed:
    """Values of a layer for the backward pass: slope of the rectifier, input and factor of the norm."""

    slope: FloatArray
    raw: FloatArray
    factor: FloatArray | None


class Trunk:
    """Layers of a generator up to its last activations of at most 8x8 pixels.

    Args:
        settings, arrays: contents of the generator file.

    Attributes:
        latent_size: dimensions of a latent.
        size: M, number of activations per face.
    """

    def __init__(self, settings: GeneratorSettings, arrays: Arrays) -> None:
        self._settings = settings
        self.latent_size = settings.latent_size
        self._steps, self.size = _first_steps(fold(settings, arrays))

    def __call__(self, z: FloatArray) -> FloatArray:
        """Compute activations (N, M) for latents (N, latent_size)."""
        return self._run(z, None)

    def derivative(self, z: FloatArray) -> Derivative:
        """Compute the derivative of the activations at one latent (latent_size,)."""
        passed: list[_Passed] = []
        self._run(z[None], passed)
        return Derivative(self._steps, passed)

    def _run(self, z: FloatArray, passed: list[_Passed] | None) -> FloatArray:
        settings = self._settings
        x = np.asarray(z, np.float32)
        normalises = settings.normalize_latents
        x = self._norm(x, np.ones((), np.float32), passed, normalises)
        for step in self._steps:
            u = _forth(step, x) + step.bias
            slope = np.where(u > 0, np.float32(1), LEAK if settings.use_leakyrelu else np.float32(0))
            x = self._norm(u * slope, slope, passed, settings.use_pixelnorm)
        return x.reshape(len(x), -1)

    def _norm(self, v: FloatArray, slope: FloatArray, passed: list[_Passed] | None, is_used: bool) -> FloatArray:
        factor = None
        if is_used:
            square = np.einsum("...c,...c->...", v, v)[..., None] / np.float32(v.shape[-1])
            factor = 1 / np.sqrt(square + np.float32(self._settings.pixelnorm_epsilon))
        if passed is not None:
            passed.append(_Passed(slope, v, factor))
        return v if factor is None else v * factor


class Derivative:
    """Derivative of a trunk's activations at one latent."""

    def __init__(self, steps: Sequence[_Step], passed: Sequence[_Passed]) -> None:
        self._steps, self._passed = steps, passed

    def pull(self, rows: FloatArray) -> FloatArray:
        """Gradients (R, latent_size) of R weighted sums of the activations with weights `rows` (R, M)."""
        gradient = rows.reshape(len(rows), *self._passed[-1].raw.shape[1:])
        for step, passed in zip(self._steps[::-1], self._passed[:0:-1], strict=True):
            gradient = _back(step, _through(passed, gradient))
        return _through(self._passed[0], gradient)


def _through(passed: _Passed, gradient: FloatArray) -> FloatArray:
    """Backpropagate through norm and rectifier."""
    if passed.factor is not None:
        raw, factor = passed.raw, passed.factor
        along = np.einsum("...c,...c->...", raw, gradient)[..., None] / np.float32(raw.shape[-1])
        gradient = factor * gradient - raw * (factor**3 * along)
    return gradient * passed.slope


def _first_steps(layers: Sequence[FoldedLayer]) -> tuple[list[_Step], int]:
    steps: list[_Step] = []
    side, size = 0, 0
    for layer in layers:
        side = 4 if layer.kind == "dense" else 2 * side if layer.kind == "up" else side
        maps = len(layer.bias) // 16 if layer.kind == "dense" else len(layer.bias)
        too_large = side > LARGEST_PX or side * side * maps > MOST_ACTIVATIONS
        if layer.kind == "pixels" or (steps and too_large):
            break
        steps.append(_step(layer))
        size = side * side * maps
    return steps, size


def _step(layer: FoldedLayer) -> _Step:
    weight = np.asarray(layer.weight, np.float32)
    if layer.kind == "dense":
        return _Step("dense", (weight,), np.ascontiguousarray(weight.T), layer.bias.reshape(4, 4, -1))
    if layer.kind == "conv":
        back = weight[::-1, ::-1].swapaxes(2, 3).reshape(-1, weight.shape[2])
        return _Step("conv", (weight.reshape(-1, weight.shape[3]),), np.ascontiguousarray(back), layer.bias)
    forth = tuple(
        np.concatenate([weight[ky, kx].T for ky, _ in rows for kx, _ in columns])
        for rows in _UP_TAPS
        for columns in _UP_TAPS
    )
    return _Step("up", forth, weight.reshape(-1, weight.shape[3]), layer.bias)


def _forth(step: _Step, x: FloatArray) -> FloatArray:
    if step.kind == "dense":
        return np.asarray((x @ step.forth[0]).reshape(len(x), 4, 4, -1))
    count, height, width, _ = x.shape
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    if step.kind == "conv":
        return _gather(padded, [(y, x) for y in range(3) for x in range(3)], height, width) @ step.forth[0]
    drawn = np.empty((count, 2 * height, 2 * width, step.forth[0].shape[1]), np.float32)
    for parity, matrix in enumerate(step.forth):
        y, x_ = divmod(parity, 2)
        starts = [(top, left) for _, top in _UP_TAPS[y] for _, left in _UP_TAPS[x_]]
        drawn[:, y::2, x_::2] = _gather(padded, starts, height, width) @ matrix
    return drawn


def _back(step: _Step, gradient: FloatArray) -> FloatArray:
    if step.kind == "dense":
        return np.asarray(gradient.reshape(len(gradient), -1) @ step.back)
    padded = np.pad(gradient, ((0, 0), (1, 1), (1, 1), (0, 0)))
    taps, stride = (3, 1) if step.kind == "conv" else (4, 2)
    height, width = gradient.shape[1] // stride, gradient.shape[2] // stride
    starts = [(y, x) for y in range(taps) for x in range(taps)]
    return _gather(padded, starts, height, width, stride) @ step.back


def _gather(
    padded: FloatArray, starts: Sequence[tuple[int, int]], height: int, width: int, stride: int = 1
) -> FloatArray:
    """Gather the inputs under the taps of each output, side by side: (N, height, width, taps * C)."""
    parts = [padded[:, y : y + stride * height : stride, x : x + stride * width : stride] for y, x in starts]
    return np.concatenate(parts, axis=-1)
