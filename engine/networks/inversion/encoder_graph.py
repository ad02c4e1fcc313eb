"""Encoder as one OpenVINO graph: face square -> latent, frozen networks included.

Built directly, in milliseconds, so that the show needs neither PyTorch nor a conversion. Tests compare it with the
Keras network of `encoder_network.py`. Knows neither files nor faces.
"""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

import numpy as np

from engine.networks.inversion.encoder_file import BRANCHES, DIRECT, LEAK, EncoderContents
from engine.networks.inversion.face_look import EDGE_PX, LOOKED_AT_PX, FaceLook
from engine.networks.inversion.frozen_features import MAP_BLOCKS, MEAN, SD, SEEN_PX, FrozenFeatures
from engine.networks.pggan.weight_file import Arrays
from engine.system.openvino_loader import import_openvino
from engine.types import FloatArray

MOST = 6.0  # upper limit of the rectifiers in the frozen networks


def build_encoder_graph(contents: EncoderContents) -> Any:
    """Build an `openvino.Model`: pixels (1, 128, 128, 3) uint8 RGB -> direction of a latent (1, latent_size) float32.

    It may be reshaped to a larger batch.
    """
    openvino = import_openvino()
    from openvino import opset13 as ops

    pixels = ops.parameter([1, SEEN_PX, SEEN_PX, 3], np.uint8, name="pixels")
    maps = _feature_maps(ops, pixels, contents.features)
    parts = []
    for branch in BRANCHES:
        x = maps[branch.map_index]
        for name, _, stride in branch.layers:
            x = _leaky(ops, _convolved(ops, x, contents.arrays, name, stride))
        parts.append(ops.reshape(x, [0, -1], True))
    flat = ops.concat(parts, 1)
    terms = []
    if "hidden.weight" in contents.arrays:
        hidden = _leaky(ops, _multiplied(ops, flat, contents.arrays, "hidden"))
        terms.append(_multiplied(ops, hidden, contents.arrays, "latent"))
    if contents.face_look is not None:
        known = _known(ops, pixels, contents.face_look)
        terms.append(_multiplied(ops, ops.concat([flat, known], 1), contents.arrays, DIRECT))
    return openvino.Model([ops.result(functools.reduce(ops.add, terms))], [pixels], "encoder")


def build_features_graph(features: FrozenFeatures) -> Any:
    """Build an `openvino.Model`: pixels (1, 128, 128, 3) uint8 RGB -> four feature maps, (1, C, S, S) float32 each."""
    openvino = import_openvino()
    from openvino import opset13 as ops

    pixels = ops.parameter([1, SEEN_PX, SEEN_PX, 3], np.uint8, name="pixels")
    return openvino.Model([ops.result(x) for x in _feature_maps(ops, pixels, features)], [pixels], "features")


def _feature_maps(ops: ModuleType, pixels: Any, features: FrozenFeatures) -> list[Any]:
    """Feature maps of the ImageNet network, NCHW."""
    x = ops.transpose(ops.convert(pixels, "f32"), [0, 3, 1, 2])
    x = ops.subtract(x, (255 * np.array(MEAN, np.float32)).reshape(1, 3, 1, 1))
    x = ops.divide(x, (255 * np.array(SD, np.float32)).reshape(1, 3, 1, 1))
    x = ops.clamp(_convolved(ops, x, features.arrays, "stem", 2), 0.0, MOST)
    maps = []
    for index, (stride, has_skip) in enumerate(zip(features.strides, features.skips, strict=True)):
        name, y = f"blocks.{index}", x
        if f"{name}.expand.weight" in features.arrays:
            y = ops.clamp(_convolved(ops, y, features.arrays, f"{name}.expand", 1), 0.0, MOST)
        y = ops.clamp(_each_convolved(ops, y, features.arrays, f"{name}.depthwise", stride), 0.0, MOST)
        y = _convolved(ops, y, features.arrays, f"{name}.project", 1)
        x = ops.add(x, y) if has_skip else y
        if index in MAP_BLOCKS:
            maps.append(x)
    return maps


def _known(ops: ModuleType, pixels: Any, look: FaceLook) -> Any:
    """Features of the face network, (1, 1024)."""
    whole = ops.transpose(ops.convert(pixels, "f32"), [0, 3, 1, 2])
    scaled = _scaling()  # as products, which take a third of OpenVINO's interpolation
    x = ops.matmul(ops.matmul(scaled, whole, False, False), scaled, False, True)
    x = ops.clamp(_convolved(ops, x, look.arrays, "stem", 2, pads=(0, 1)), 0.0, MOST)
    for index, stride in enumerate(look.strides):
        pads = (0, 1) if stride == 2 else (1, 1)
        x = ops.clamp(_each_convolved(ops, x, look.arrays, f"blocks.{index}.depthwise", stride, pads), 0.0, MOST)
        x = ops.clamp(_convolved(ops, x, look.arrays, f"blocks.{index}.pointwise", 1), 0.0, MOST)
    return ops.reduce_mean(x, np.array([2, 3]), False)


def _scaling() -> FloatArray:
    """(LOOKED_AT_PX, SEEN_PX) that takes a column of pixels to its middle part, scaled linearly between middles."""
    inner = SEEN_PX - 2 * EDGE_PX
    at = np.clip((np.arange(LOOKED_AT_PX) + 0.5) * inner / LOOKED_AT_PX - 0.5, 0, inner - 1)
    below = np.minimum(at.astype(int), inner - 2)
    rows = np.arange(LOOKED_AT_PX)
    weights = np.zeros((LOOKED_AT_PX, SEEN_PX), np.float32)
    weights[rows, EDGE_PX + below] = 1 - (at - below)
    weights[rows, EDGE_PX + below + 1] = at - below
    return weights


def _convolved(
    ops: ModuleType, x: Any, arrays: Arrays, name: str, stride: int, pads: tuple[int, int] | None = None
) -> Any:
    """Convolve, padded by half the kernel size, or by the given amounts before and after."""
    weight = np.ascontiguousarray(arrays[f"{name}.weight"], np.float32)
    before, after = pads or (weight.shape[2] // 2,) * 2
    x = ops.convolution(x, weight, [stride] * 2, [before] * 2, [after] * 2, [1, 1])
    return ops.add(x, arrays[f"{name}.bias"].reshape(1, -1, 1, 1))


def _each_convolved(
    ops: ModuleType, x: Any, arrays: Arrays, name: str, stride: int, pads: tuple[int, int] | None = None
) -> Any:
    """Convolve each channel with its own kernel; padding as in `_convolved`."""
    weight = np.ascontiguousarray(arrays[f"{name}.weight"][:, None], np.float32)  # groups, 1, 1, height, width
    before, after = pads or (weight.shape[-1] // 2,) * 2
    x = ops.group_convolution(x, weight, [stride] * 2, [before] * 2, [after] * 2, [1, 1])
    return ops.add(x, arrays[f"{name}.bias"].reshape(1, -1, 1, 1))


def _multiplied(ops: ModuleType, x: Any, arrays: Arrays, name: str) -> Any:
    weight = np.ascontiguousarray(arrays[f"{name}.weight"], np.float32)  # (out, in)
    return ops.add(ops.matmul(x, weight, False, True), arrays[f"{name}.bias"].reshape(1, -1))


def _leaky(ops: ModuleType, x: Any) -> Any:
    return ops.prelu(x, np.array([LEAK], np.float32))
