"""Our own small network for age and gender: layers, shapes, classes and input.

`tools.train_attributes` trains it, `classifier.py` runs it. Four 3x3 convolutions, each halving the resolution, then a
dense layer shared by both outputs. Knows neither Keras nor OpenVINO.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.types import ByteArray, FloatArray

INPUT_PX = 64
MAPS = (24, 48, 96, 128)
"""Feature maps of the convolutions; the last map is 4x4 px."""
WIDTH = 64
"""Outputs of the dense layer."""
ANSWERS: Mapping[str, tuple[str, ...]] = {
    "age": ("under 50", "50 to 64", "65 and over"),
    "gender": ("male", "female"),
}
"""Question -> classes, in the order of the network's outputs."""
AGES_YEARS = ((20, 49), (50, 64), (65, 90))
"""First and last year of each age class; the training data covers ages from 20 to 90."""
LEAST_DEVIATION = 4.0  # in levels: flat pictures must not be amplified to noise


def small_network_input(greys: ByteArray) -> FloatArray:
    """Squares from `crop_face` (N, 64, 64) uint8 grey -> network input: float32, each with mean 0 and deviation 1.

    Light and exposure and, because it is grey, tint and white balance do not affect the result.

    Raises:
        ValueError: the squares have another shape.
    """
    if greys.ndim != 3 or greys.shape[1:] != (INPUT_PX, INPUT_PX):
        raise ValueError(f"squares must have the shape (N, {INPUT_PX}, {INPUT_PX}), not {greys.shape}")
    levels = greys.astype(np.float32)
    deviations = levels.std(axis=(1, 2), keepdims=True)
    return np.asarray((levels - levels.mean(axis=(1, 2), keepdims=True)) / np.maximum(deviations, LEAST_DEVIATION))


def small_attribute_shapes() -> dict[str, tuple[int, ...]]:
    """Tensor names and shapes in a file: convolutions HWIO, dense layers IO with inputs in HWC order."""
    shapes: dict[str, tuple[int, ...]] = {}
    for number, (inputs, outputs) in enumerate(zip((1, *MAPS), MAPS, strict=False), 1):
        shapes[f"conv{number}/weight"] = (3, 3, inputs, outputs)
        shapes[f"conv{number}/bias"] = (outputs,)
    left_px = INPUT_PX >> len(MAPS)
    shapes["dense/weight"], shapes["dense/bias"] = (left_px * left_px * MAPS[-1], WIDTH), (WIDTH,)
    for question, classes in ANSWERS.items():
        shapes[f"{question}/weight"], shapes[f"{question}/bias"] = (WIDTH, len(classes)), (len(classes),)
    return shapes
