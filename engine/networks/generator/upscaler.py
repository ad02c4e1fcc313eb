"""Upscaler: a drawn face -> the same at twice the size, by a few small convolutions trained on portraits.

The generator draws what it was trained on, 128 px of JPEG pictures; on a wall that is a face of coloured specks and
stairs. The convolutions see at the small size, and their last channels are the pixels of the large one (Shi et al.,
"Real-time single image and video super-resolution using an efficient sub-pixel convolutional neural network", CVPR
2016), added to the bilinear enlargement.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from engine.core.errors import ModelError
from engine.networks.persona import Persona
from engine.networks.pggan.weight_file import Arrays, read_arrays, read_header, write_arrays
from engine.system.openvino_loader import import_openvino, openvino_core
from engine.types import ByteArray

FORMAT = "narcissus-upscaler 1"
FACTOR = 2
LAYERS = 4  # 3x3 convolutions, a leaky rectifier between any two
LEAK = 0.2
MOST_CHANNELS = 128


def read_upscaler(path: Path) -> Arrays:
    """Weights `layers.0.weight` (O, I, 3, 3) and `layers.0.bias` (O,), and so on, float32.

    Raises:
        ModelError: the file is missing or damaged, or holds something else.
    """
    if read_header(path).metadata.get("format") != FORMAT:
        raise ModelError(f"{path} cannot be used: it is no upscaler; remove it, or make one by tools.train_upscaler")
    arrays = read_arrays(path)
    expected: dict[str, tuple[int, ...]] = {}
    inputs = 3
    for index in range(LAYERS):
        bias = arrays.get(f"layers.{index}.bias", np.empty(0))
        outputs = 3 * FACTOR**2 if index == LAYERS - 1 else min(max(bias.size, 1), MOST_CHANNELS)
        expected |= {f"layers.{index}.weight": (outputs, inputs, 3, 3), f"layers.{index}.bias": (outputs,)}
        inputs = outputs
    for name in sorted(expected.keys() | arrays.keys()):
        shape = arrays[name].shape if name in arrays else None
        if shape != expected.get(name):
            raise ModelError(f"{path} cannot be used: {name[:60]!r} has the shape {shape}, not {expected.get(name)}")
    return arrays


def write_upscaler(path: Path, arrays: Arrays) -> None:
    """Write an upscaler, float16, all or nothing."""
    half = {name: np.ascontiguousarray(array, np.float16) for name, array in arrays.items()}
    write_arrays(path, half, {"format": FORMAT})


def build_upscaler_graph(arrays: Arrays, size_px: int) -> Any:
    """`openvino.Model`: pixels (1, S, S, 4) uint8 RGBA -> (1, 2 S, 2 S, 4) uint8 RGBA, alpha 255."""
    openvino = import_openvino()
    from openvino import opset13 as ops

    pixels = ops.parameter([1, size_px, size_px, 4], np.uint8, name="pixels")
    rgb = ops.slice(pixels, np.array([0]), np.array([3]), np.array([1]), np.array([3]))
    x = ops.transpose(ops.convert(rgb, "f32"), [0, 3, 1, 2])
    x = ops.subtract(ops.multiply(x, np.float32(1 / 127.5)), np.float32(1))
    y = x
    for index in range(LAYERS):
        weight = np.ascontiguousarray(arrays[f"layers.{index}.weight"], np.float32)
        y = ops.convolution(y, weight, [1, 1], [1, 1], [1, 1], [1, 1])
        y = ops.add(y, arrays[f"layers.{index}.bias"].reshape(1, -1, 1, 1))
        if index < LAYERS - 1:
            y = ops.prelu(y, np.array([LEAK], np.float32))
    enlarged = ops.interpolate(
        x,
        np.array([FACTOR * size_px] * 2),
        "linear_onnx",
        "sizes",
        axes=np.array([2, 3]),
        coordinate_transformation_mode="half_pixel",
    )
    y = ops.add(enlarged, ops.depth_to_space(y, "depth_first", FACTOR))
    y = ops.clamp(ops.multiply(ops.add(y, np.float32(1)), np.float32(127.5)), 0.0, 255.0)
    y = ops.transpose(ops.convert(ops.round(y, "half_to_even"), "u8"), [0, 2, 3, 1])
    alpha = np.full((1, FACTOR * size_px, FACTOR * size_px, 1), 255, np.uint8)
    return openvino.Model([ops.result(ops.concat([y, alpha], 3))], [pixels], "upscaler")


class Upscaler:
    """Enlarges drawn faces. One thread at a time may use it.

    Args:
        arrays: weights, see `read_upscaler`.
        size_px: width and height of the pictures to enlarge.
        options: how OpenVINO compiles it.
    """

    def __init__(self, arrays: Arrays, size_px: int, options: dict[str, str | int] | None = None) -> None:
        compiled = openvino_core().compile_model(build_upscaler_graph(arrays, size_px), "CPU", options or {})
        self._tensor = import_openvino().Tensor
        self._request = compiled.create_infer_request()
        self._shape = tuple(compiled.output(0).shape)

    def __call__(self, picture: ByteArray) -> ByteArray:
        """Enlarge a picture (S, S, 4) uint8 RGBA to (2 S, 2 S, 4)."""
        enlarged = np.empty(self._shape, np.uint8)
        self._request.set_input_tensor(self._tensor(np.ascontiguousarray(picture[None]), shared_memory=True))
        self._request.set_output_tensor(self._tensor(enlarged, shared_memory=True))
        self._request.infer(share_outputs=True)
        large: ByteArray = enlarged[0]
        return large


def persona_upscaler(persona: Persona) -> Arrays | None:
    """Weights of a persona's upscaler; None if it has none.

    Raises:
        ModelError: its file cannot be used.
    """
    return read_upscaler(persona.upscaler_path) if persona.upscaler_path.exists() else None
