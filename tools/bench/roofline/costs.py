"""Operations and bytes of a generator's layers, from its settings alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.networks.pggan.architecture import GeneratorSettings, WeightLayer, generator_layers

BYTES = {"float32": 4, "bfloat16": 2}
TAPS = {"fused": 4, "plain": 9}  # per drawn pixel, for a convolution that doubles the resolution
PIXEL_BYTES = 4  # RGBA


@dataclass(frozen=True)
class LayerCost:
    """Minimum work of a layer, including what follows it (bias, rectifier, pixel norm).

    Attributes:
        name: official name, e.g. `8x8/Conv0_up`.
        kind: `dense`, `up`, `conv` or `pixels`.
        side_px: width and height of its output.
        maps_in, maps_out: feature maps.
        operations: multiplications and additions of its matrix product, counted separately.
        bytes: weights, input and output, each moved once.
    """

    name: str
    kind: str
    side_px: int
    maps_in: int
    maps_out: int
    operations: int
    bytes: int


def network_costs(
    settings: GeneratorSettings, form: str = "fused", precision: str = "float32"
) -> tuple[LayerCost, ...]:
    """Layers that draw one picture, in execution order.

    Args:
        settings: settings of the generator.
        form: `fused`: 4 taps per drawn pixel in a convolution that doubles the resolution, or `plain`: 9.
        precision: `float32` or `bfloat16`, for weights and feature maps.
    """
    layers = [layer for layer in generator_layers(settings) if not layer.name.startswith("ToRGB")]
    top = next(layer for layer in generator_layers(settings) if layer.name == "ToRGB_lod0")
    return tuple(_cost(layer, settings, form, BYTES[precision]) for layer in (*layers, top))


def _cost(layer: WeightLayer, settings: GeneratorSettings, form: str, n_bytes: int) -> LayerCost:
    side = settings.resolution if layer.name.startswith("ToRGB") else int(layer.name.partition("x")[0])
    if layer.kind == "dense":
        inputs, outputs = layer.weight_shape
        moved = n_bytes * (inputs * outputs + inputs + outputs)
        return LayerCost(layer.name, "dense", side, inputs, outputs // side**2, 2 * inputs * outputs, moved)
    if layer.name.startswith("ToRGB"):
        maps_in, maps_out = layer.weight_shape[2], PIXEL_BYTES
        moved = n_bytes * (maps_in * maps_out + side**2 * maps_in) + side**2 * PIXEL_BYTES
        return LayerCost(layer.name, "pixels", side, maps_in, maps_out, 2 * side**2 * maps_in * maps_out, moved)
    maps_in, maps_out = _maps(layer)
    doubles = "/Conv0" in layer.name
    taps = TAPS[form] if doubles else math.prod(layer.weight_shape[:2])
    stored = 16 if doubles and form == "fused" else 9  # the fused kernel is 4x4
    read = (side // 2 if doubles else side) ** 2 * maps_in
    moved = n_bytes * (stored * maps_in * maps_out + read + side**2 * maps_out)
    kind = "up" if doubles else "conv"
    return LayerCost(layer.name, kind, side, maps_in, maps_out, 2 * side**2 * taps * maps_in * maps_out, moved)


def _maps(layer: WeightLayer) -> tuple[int, int]:
    first, second = layer.weight_shape[2:]
    return (second, first) if layer.kind == "up" else (first, second)
