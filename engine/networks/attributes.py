"""A face to probabilities of age and gender: the network of Levi and Hassner 2015 in Keras 3.

It reads `attributes.safetensors`, which `tools.import_attributes` makes of the authors' Caffe files; it knows no Caffe
and does not find faces.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from engine.errors import ModelError
from engine.networks.attributes_layout import CLASSES, INPUT_PX, LAYERS, MEAN_BGR, AttributeLayer, attribute_shapes
from engine.networks.weight_file import Arrays, read_arrays, read_header
from engine.types import ByteArray, FloatArray

_NORM_MAPS, _NORM_ALPHA, _NORM_BETA = 5, 1e-4, 0.75


def network_input(faces: ByteArray) -> FloatArray:
    """Faces (N, 227, 227, 3) uint8 RGB as the network was trained to see them: float32 BGR, mean subtracted.

    Raises:
        ValueError: the faces have another shape.
    """
    if faces.ndim != 4 or faces.shape[1:] != (INPUT_PX, INPUT_PX, 3):
        raise ValueError(f"faces must have the shape (N, {INPUT_PX}, {INPUT_PX}, 3), not {faces.shape}")
    return faces[..., ::-1].astype(np.float32) - np.array(MEAN_BGR, np.float32)


def neighbour_norm(x: Any) -> Any:
    """Divide every number of (N, H, W, C) by a power of the squares in the 5 feature maps around it.

    Local response normalisation across channels of Krizhevsky et al. 2012, as Caffe computes it.
    """
    maps, reach = int(x.shape[-1]), _NORM_MAPS // 2
    squares = ops.pad(ops.square(x), [[0, 0], [0, 0], [0, 0], [reach, reach]])
    total = squares[..., :maps]
    for shift in range(1, _NORM_MAPS):
        total = total + squares[..., shift : shift + maps]
    return x * ops.power(1.0 + (_NORM_ALPHA / _NORM_MAPS) * total, -_NORM_BETA)


class AttributeNetwork(keras.Model):  # type: ignore[misc]  # Keras has no types
    """Input of `network_input` (N, 227, 227, 3) -> probabilities (N, classes), which sum to 1.

    Args:
        kind: `age` (8 classes, `AGES_YEARS`) or `gender` (2 classes, `GENDERS`).
    """

    def __init__(self, kind: str) -> None:
        super().__init__(name=kind)
        self._kind = kind
        shapes = attribute_shapes(kind)
        self._variables_by_name = {
            name: self.add_weight(shape=shape, initializer="zeros", trainable=False, name=name.replace("/", "_"))
            for name, shape in shapes.items()
        }
        self.built = True

    def fill(self, arrays: Arrays) -> None:
        """Take the weights of a file, checked already."""
        for name, variable in self._variables_by_name.items():
            variable.assign(arrays[name])

    def call(self, x: Any) -> Any:
        for layer in LAYERS:
            x = self._convolve(layer, x) if layer.kind == "conv" else self._multiply(layer, x)
        return ops.softmax(x, axis=-1)

    def _convolve(self, layer: AttributeLayer, x: Any) -> Any:
        padding = "same" if layer.pad else "valid"
        weight, bias = self._weights_of(layer)
        x = ops.relu(ops.conv(x, weight, strides=layer.stride, padding=padding, data_format="channels_last") + bias)
        if layer.has_pooling:  # every size here is even, so that "same" pads as Caffe rounds: at the far side
            x = ops.max_pool(x, 3, strides=2, padding="same", data_format="channels_last")
        return neighbour_norm(x) if layer.has_norm else x

    def _multiply(self, layer: AttributeLayer, x: Any) -> Any:
        weight, bias = self._weights_of(layer)
        if len(x.shape) == 4:
            x = ops.reshape(ops.transpose(x, (0, 3, 1, 2)), (-1, layer.inputs))  # to channel-first order
        x = ops.matmul(x, weight) + bias
        return ops.relu(x) if layer is not LAYERS[-1] else x

    def _weights_of(self, layer: AttributeLayer) -> tuple[Any, Any]:
        name = f"{self._kind}/{layer.name}"
        return self._variables_by_name[f"{name}/weight"], self._variables_by_name[f"{name}/bias"]


def load_attributes(path: Path) -> dict[str, AttributeNetwork]:
    """The `age` and the `gender` network of a file.

    Raises:
        ModelError: the file is missing, damaged or holds something else.
    """
    found = {name: place.shape for name, place in read_header(path).tensors.items()}
    wanted = {name: shape for kind in CLASSES for name, shape in attribute_shapes(kind).items()}
    if found != wanted:
        odd = sorted(set(found.items()) ^ set(wanted.items()))[0][0]
        raise ModelError(f"{path} cannot be used: {odd[:80]} is missing, has another shape or does not belong there")
    arrays = read_arrays(path)
    networks = {kind: AttributeNetwork(kind) for kind in CLASSES}
    for network in networks.values():
        network.fill(arrays)
    return networks
