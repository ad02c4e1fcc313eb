"""Levi and Hassner's network for age or gender: layers, shapes and classes.

Gil Levi and Tal Hassner, "Age and Gender Classification using Convolutional Neural Networks", CVPR workshops 2015. The
two networks share an architecture and differ in their number of classes. Knows neither Keras nor Caffe.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.features.vector_2019 import AGES_YEARS

INPUT_PX = 227
MEAN_BGR = (78.4263377603, 87.7689143744, 114.895847746)  # mean of the authors' training pictures, 0 to 255
GENDERS = ("male", "female")
CLASSES: Mapping[str, int] = {"age": len(AGES_YEARS), "gender": len(GENDERS)}


@dataclass(frozen=True)
class AttributeLayer:
    """Layer with weights, and the operations after it.

    Attributes:
        kind: `conv` (weight HWIO) or `dense` (weight IO, inputs in channel-first order).
        outputs: number of feature maps or outputs; 0 means the number of classes.
        kernel, stride, pad: parameters of a convolution, px.
        has_pooling: 3x3 max pooling with stride 2 follows, including partial windows.
        has_norm: local response normalisation over 5 feature maps follows (alpha 1e-4, beta 0.75, k 1).
    """

    name: str
    kind: str
    inputs: int
    outputs: int
    kernel: int = 1
    stride: int = 1
    pad: int = 0
    has_pooling: bool = False
    has_norm: bool = False


LAYERS = (
    AttributeLayer("conv1", "conv", 3, 96, kernel=7, stride=4, has_pooling=True, has_norm=True),
    AttributeLayer("conv2", "conv", 96, 256, kernel=5, pad=2, has_pooling=True, has_norm=True),
    AttributeLayer("conv3", "conv", 256, 384, kernel=3, pad=1, has_pooling=True),
    AttributeLayer("fc6", "dense", 384 * 7 * 7, 512),
    AttributeLayer("fc7", "dense", 512, 512),
    AttributeLayer("fc8", "dense", 512, 0),
)


def attribute_shapes(kind: str) -> dict[str, tuple[int, ...]]:
    """Tensor names and shapes of the `age` or the `gender` network in a file."""
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in LAYERS:
        outputs = layer.outputs or CLASSES[kind]
        kernel = (layer.kernel, layer.kernel) if layer.kind == "conv" else ()
        shapes[f"{kind}/{layer.name}/weight"] = (*kernel, layer.inputs, outputs)
        shapes[f"{kind}/{layer.name}/bias"] = (outputs,)
    return shapes
