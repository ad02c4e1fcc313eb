"""Folded layers -> OpenVINO graph, in any of the equivalent variants, up to any resolution.

Built directly, in milliseconds: a start needs neither TensorFlow nor a conversion, and every variant can be measured.
Tests compare it with the Keras network of `folded_network.py`. Knows neither files nor devices.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.networks.backends.graph_variants import GraphVariant
from engine.networks.generator.folded_layers import FoldedLayer, unfuse_upscale
from engine.networks.pggan.architecture import GeneratorSettings
from engine.system.openvino_loader import import_openvino
from engine.types import FloatArray

VERSION = 1  # version of the graphs; raise it when a variant changes, so that its speed is measured again


def build_graph(
    settings: GeneratorSettings, layers: Sequence[FoldedLayer], form: GraphVariant, previews: Sequence[FoldedLayer] = ()
) -> Any:
    """Build the run-time form as `openvino.Model`: latent (1, latent_size) float32 -> pictures (1, S, S, 4) uint8 RGBA.

    It may be reshaped to take several latents.

    Args:
        settings: settings of the generator.
        layers: see `folded_layers.fold` and `layers_for`; `pixels` last.
        form: graph variant; the precision is chosen when the graph is compiled.
        previews: `pixels` layers of lower resolutions; their pictures come first, starting with 4x4.
    """
    return _Builder(settings, form).build(layers, previews)


class _Builder:
    """Builds one graph. Arrays are (1, channels, height, width); `_gain` is the factor still owed by the next
    weights."""

    def __init__(self, settings: GeneratorSettings, form: GraphVariant) -> None:
        import_openvino()
        import openvino.opset13 as ops

        self._ops = ops
        self._settings = settings
        self._form = form
        self._gain = 1.0
        self._side_px = 4
        self._named_count = 0

    def build(self, layers: Sequence[FoldedLayer], previews: Sequence[FoldedLayer]) -> Any:
        ops, settings = self._ops, self._settings
        latent = ops.parameter([1, settings.latent_size], np.float32, name="z")
        x = self._rms_of_last_axis(latent) if settings.normalize_latents else latent
        pictures: list[Any] = []
        for layer in layers:
            if layer.kind == "up" and previews:
                pictures.append(self._pixels(x, previews[len(pictures)]))
            if layer.kind == "pixels":
                pictures.append(self._pixels(x, layer))
                break
            self._side_px *= 2 if layer.kind == "up" else 1
            x = self._normalised(self._applied(x, layer), _channels(layer))
        return import_openvino().Model([ops.result(picture) for picture in pictures], [latent], "generator")

    def _applied(self, x: Any, layer: FoldedLayer) -> Any:
        """Apply weights, bias and rectifier."""
        if layer.kind == "dense":
            return self._rectified(self._dense(x, layer))
        if layer.kind == "conv":
            return self._rectified(self._convolved(x, layer.weight, layer.bias, pad=1))
        if self._form.upsampling == "transposed":
            weight = self._weight(layer.weight.transpose(3, 2, 0, 1))
            x = self._ops.convolution_backprop_data(x, weight, [2, 2], None, [1, 1], [1, 1], [1, 1])
            x = self._named(x, "up")
            return self._rectified(self._ops.add(x, self._per_channel(layer.bias)))
        if self._form.upsampling == "phase":
            return self._phases(x, layer)
        kernel = unfuse_upscale(layer.weight)
        return self._rectified(self._convolved(self._repeated(x), kernel, layer.bias, pad=1))

    def _dense(self, x: Any, layer: FoldedLayer) -> Any:
        channels = _channels(layer)  # outputs are ordered 4, 4, C; the graph needs C, 4, 4
        weight = layer.weight.reshape(-1, 16, channels).transpose(0, 2, 1).reshape(layer.weight.shape)
        bias = layer.bias.reshape(16, channels).T.reshape(1, -1)
        x = self._ops.add(self._ops.matmul(x, self._constant(weight), False, False), self._constant(bias))
        return self._ops.reshape(x, self._whole([-1, channels, 4, 4]), False)

    def _convolved(self, x: Any, kernel: FloatArray, bias: FloatArray, pad: int) -> Any:
        """Convolve with an HWIO kernel."""
        weight = self._weight(kernel.transpose(3, 2, 0, 1))
        x = self._named(self._ops.convolution(x, weight, [1, 1], [pad, pad], [pad, pad], [1, 1]), "conv")
        return self._ops.add(x, self._per_channel(bias))

    def _phases(self, x: Any, layer: FoldedLayer) -> Any:
        """Upsample by a 2x2 convolution to four times the channels; one surplus row and column per side is cut off."""
        x = self._rectified(self._convolved(x, _phase_kernel(layer.weight), np.tile(layer.bias, 4), pad=1))
        x = self._ops.depth_to_space(x, "blocks_first", 2)
        ones, ends = self._whole([1, 1]), self._whole([-1, -1])
        return self._ops.slice(x, ones, ends, ones, self._whole([2, 3]))

    def _repeated(self, x: Any) -> Any:
        doubled = self._constant(np.array([2.0, 2.0]))
        return self._ops.interpolate(
            x,
            doubled,
            "nearest",
            "scales",
            axes=self._whole([2, 3]),
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )

    def _rectified(self, x: Any) -> Any:
        return (
            self._ops.prelu(x, self._constant(np.array([0.2]))) if self._settings.use_leakyrelu else self._ops.relu(x)
        )

    def _normalised(self, x: Any, channels: int) -> Any:
        """Apply the pixel norm; OpenVINO sums in float32 in all variants and precisions."""
        self._gain = 1.0
        if not self._settings.use_pixelnorm:
            return x
        if self._form.pixel_norm == "l2":  # x / sqrt(sum + C eps) = x / sqrt(mean + eps) / sqrt(C)
            self._gain = math.sqrt(channels)
            epsilon = self._settings.pixelnorm_epsilon * channels
            return self._named(self._ops.normalize_l2(x, self._whole([1]), epsilon, "add"), "norm")
        last = self._rms_of_last_axis(self._ops.transpose(x, self._whole([0, 2, 3, 1])))
        return self._ops.transpose(last, self._whole([0, 3, 1, 2]))

    def _rms_of_last_axis(self, x: Any) -> Any:
        """Write the norm as the pattern that OpenVINO fuses into a single operation."""
        ops = self._ops
        squares = ops.reduce_mean(ops.power(x, self._constant(np.array([2.0]))), self._whole([-1]), True)
        root = ops.sqrt(ops.add(squares, self._constant(np.array([self._settings.pixelnorm_epsilon]))))
        return self._named(ops.multiply(x, ops.divide(self._constant(np.array([1.0])), root)), "norm")

    def _pixels(self, x: Any, layer: FoldedLayer) -> Any:
        ops = self._ops
        x = self._convolved(x, layer.weight, layer.bias, pad=0)
        x = ops.convert(ops.clamp(ops.round(x, "half_to_even"), 0.0, 255.0), "u8")
        return ops.transpose(x, self._whole([0, 2, 3, 1]))

    def _named(self, node: Any, work: str) -> Any:
        """Name a node by its resolution, for profiling; OpenVINO requires unique names."""
        self._named_count += 1
        node.set_friendly_name(f"{self._side_px} px {work} {self._named_count}")
        return node

    def _weight(self, weight: FloatArray) -> Any:
        return self._constant(weight * np.float32(self._gain))

    def _per_channel(self, bias: FloatArray) -> Any:
        return self._constant(bias.reshape(1, -1, 1, 1))

    def _constant(self, value: FloatArray) -> Any:
        return self._ops.constant(np.ascontiguousarray(value, np.float32))

    def _whole(self, value: list[int]) -> Any:
        return self._ops.constant(np.array(value, np.int64))


def _channels(layer: FoldedLayer) -> int:
    return layer.weight.shape[1] // 16 if layer.kind == "dense" else len(layer.bias)


def _phase_kernel(weight: FloatArray) -> FloatArray:
    """Convert (4, 4, out, in), transposed, to HWIO (2, 2, in, 4 out), with outputs ordered row, column, channel.

    Output row 2i combines input rows i-1 and i with taps 3 and 1 of the transposed kernel; row 2i+1 combines rows i and
    i+1 with taps 2 and 0. The convolution is evaluated at each pair of neighbours and computes the second row of one
    doubled pixel and the first of the next.
    """
    taps = np.array([[2, 0], [3, 1]])  # by row of the output pair, and by kernel row
    spread = weight[taps[:, None, :, None], taps[None, :, None, :]]  # row, column, ky, kx, out, in
    rows, columns, height, width, outputs, inputs = spread.shape
    kernel = spread.transpose(2, 3, 5, 0, 1, 4)
    return np.ascontiguousarray(kernel.reshape(height, width, inputs, rows * columns * outputs))
