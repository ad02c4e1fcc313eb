"""Run-time form of the generator: constants folded into weights, fused upsampling, one ToRGB, finished pixels out.

Draws the same picture as `pggan.model.Generator` at lod 0 with fewer operations. NumPy only; knows neither files nor
runtimes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.networks.pggan.architecture import GeneratorSettings, WeightLayer, generator_layers, layers_of
from engine.networks.pggan.weight_file import Arrays
from engine.types import FloatArray


@dataclass(frozen=True)
class FoldedLayer:
    """Layer of the run-time form.

    Attributes:
        kind: `dense` (IO, outputs in order 4, 4, C), `conv` (HWIO), `up` (4, 4, out, in; transposed, stride 2) or
            `pixels` (HWIO, 1x1, to red, green, blue and alpha from 0 to 255).
        weight, bias: float32.
    """

    kind: str
    weight: FloatArray
    bias: FloatArray


def fold(settings: GeneratorSettings, arrays: Arrays) -> tuple[FoldedLayer, ...]:
    """Fold official weights into the layers of the run-time form, in execution order.

    Raises:
        ValueError: the pictures are neither grey nor RGB.
    """
    if settings.num_channels not in (1, 3):
        raise ValueError(f"num_channels is {settings.num_channels}: only 1 (grey) and 3 (colour) can be shown")
    layers = [layer for layer in generator_layers(settings) if not layer.name.startswith("ToRGB")]
    top = next(layer for layer in generator_layers(settings) if layer.name == "ToRGB_lod0")
    return tuple(_fold_layer(settings, layer, arrays) for layer in [*layers, top])


def fold_previews(settings: GeneratorSettings, previews: Arrays) -> tuple[FoldedLayer, ...]:
    """Fold the layers of `preview_rgb.py` to `pixels` layers, 4x4 first; none if there are none."""
    layers: list[FoldedLayer] = []
    for lod in sorted(
        (
            int(name.removeprefix("preview_rgb_lod").removesuffix("/weight"))
            for name in previews
            if name.endswith("/weight")
        ),
        reverse=True,
    ):
        trained = next(layer for layer in layers_of(settings) if layer.name == f"ToRGB_lod{lod}")
        scale = np.float32(trained.he_constant if settings.use_wscale else 1.0)
        name = f"preview_rgb_lod{lod}"
        layers.append(_fold_pixels(previews[f"{name}/weight"] * scale, previews[f"{name}/bias"]))
    return tuple(layers)


def _fold_layer(settings: GeneratorSettings, layer: WeightLayer, arrays: Arrays) -> FoldedLayer:
    weight, bias = arrays[f"{layer.name}/weight"], arrays[f"{layer.name}/bias"]
    if settings.use_wscale:
        weight = weight * np.float32(layer.he_constant)
    if layer.kind == "dense":
        inputs = weight.shape[0]
        weight = weight.reshape(inputs, layer.fan_out, 16).transpose(0, 2, 1).reshape(inputs, -1)  # C, y, x -> y, x, C
        bias = bias.reshape(layer.fan_out, 16).T.ravel() if settings.dense_bias_per_pixel else np.tile(bias, 16)
        return FoldedLayer("dense", np.ascontiguousarray(weight), np.ascontiguousarray(bias))
    if layer.name == "ToRGB_lod0":
        return _fold_pixels(weight, bias)
    if layer.kind == "up":
        return FoldedLayer("up", _fuse_upscale(weight), bias)
    if layer.name.endswith("/Conv0"):  # HWIO to the layout of Conv0_up
        return FoldedLayer("up", _fuse_upscale(weight[::-1, ::-1].transpose(0, 1, 3, 2)), bias)
    return FoldedLayer("conv", weight, bias)


def _fuse_upscale(weight: FloatArray) -> FloatArray:
    """Fuse (3, 3, out, in) after pixel repetition into (4, 4, out, in), by summing shifted kernels."""
    padded = np.pad(weight, [(1, 1), (1, 1), (0, 0), (0, 0)])
    return np.ascontiguousarray(padded[1:, 1:] + padded[:-1, 1:] + padded[1:, :-1] + padded[:-1, :-1])


def unfuse_upscale(weight: FloatArray) -> FloatArray:
    """Convert an `up` layer (4, 4, out, in) back to HWIO (3, 3, in, out) for use after pixel repetition."""
    kernel = np.zeros((3, 3, *weight.shape[2:]))
    for row in range(3):  # each of the 4x4 is the sum of up to four of the 3x3; the earlier ones are known
        for column in range(3):
            known = sum(
                kernel[row - down, column - right]
                for down, right in ((0, 1), (1, 0), (1, 1))
                if row >= down and column >= right
            )
            kernel[row, column] = weight[row, column] - known
    return np.ascontiguousarray(kernel[::-1, ::-1].transpose(0, 1, 3, 2), np.float32)


def layers_for(
    settings: GeneratorSettings,
    layers: Sequence[FoldedLayer],
    previews: Sequence[FoldedLayer],
    size_px: int,
    with_previews: bool,
) -> tuple[Sequence[FoldedLayer], Sequence[FoldedLayer]]:
    """Layers and previews to run: the whole network, or up to the preview of a lower resolution.

    Args:
        settings: settings of the generator.
        layers, previews: see `fold` and `fold_previews`; previews are required for lower resolutions.
        size_px: size of the finished picture, a power of two from 4 px.
        with_previews: whether to draw lower resolutions too.
    """
    if size_px != settings.resolution:
        doublings = size_px.bit_length() - 3  # beyond 4 px; a dense layer and a convolution come before the first
        layers, previews = (*layers[: 2 + 2 * doublings], previews[doublings]), previews[:doublings]
    return layers, previews if with_previews else ()


def _fold_pixels(weight: FloatArray, bias: FloatArray) -> FoldedLayer:
    """Fold the mapping from [-1, 1] to 0..255, and an alpha of 255, into the last convolution."""
    is_grey = weight.shape[-1] == 1
    weight, bias = (np.repeat(weight, 3, -1), np.repeat(bias, 3)) if is_grey else (weight, bias)
    alpha = np.zeros_like(weight[..., :1])
    pixels = np.concatenate([weight * np.float32(127.5), alpha], -1)
    return FoldedLayer("pixels", pixels, np.append(bias * 127.5 + 127.5, 255.0).astype(np.float32))
