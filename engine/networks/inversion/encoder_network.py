"""Frozen features and the encoder on top of them, in Keras 3: used for training, and by the show on a GPU.

    pictures ──► FrozenFeaturesNetwork (EfficientNet-Lite0) ──► four maps ─┐
             └─► FaceFeaturesNetwork (FaceRes, a MobileNet) ──► two maps ──┴─► EncoderNetwork ──► latents on the sphere

Independent of the Keras backend. Pictures and maps are NHWC; files have PyTorch's layouts, which `fill_encoder` and
`encoder_arrays` convert. Opens no files.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from engine.networks.inversion.frozen_features import MAP_BLOCKS, MAP_CHANNELS, MEAN, SD, SEEN_PX, FrozenFeatures

Arrays = Mapping[str, NDArray[Any]]

PARTS_PX = 4  # every map is reduced to this size
BRANCH_CHANNELS = (128, 64, 32)  # of semantic, parts and fine, in the input order of `hidden`
LEAK = 0.2
FACE_MAP_BLOCKS = (10, 12)  # blocks of FaceRes whose outputs are used
FACE_MAP_CHANNELS = (512, 1024)
FACE_EDGE = 14 / 128  # share of the side cropped all around: FaceRes was trained on tighter faces


class Convolution(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Convolution; the caller adds the bias.

    Args:
        name: layer name; its weights in a file are `name.weight` (OIHW) and `name.bias`.
        shape: shape of the weight in the file, (outputs, inputs, size, size); depthwise kernels have one input.
        stride: 1 or 2.
        padding: `half` pads by half the kernel on all sides whatever the stride, as in PyTorch; `same` as in
            TensorFlow.
        is_depthwise: whether each output reads one input.
        is_trained: whether its weights are trainable.
    """

    def __init__(
        self,
        name: str,
        shape: tuple[int, ...],
        stride: int = 1,
        *,
        padding: str = "half",
        is_depthwise: bool = False,
        is_trained: bool = True,
    ) -> None:
        super().__init__(name=name.replace(".", "_"), autocast=False, trainable=is_trained)
        outputs, inputs, size, _ = shape
        self.file_name = name
        self._stride, self._padding, self._is_depthwise = stride, padding, is_depthwise
        kernel = (size, size, outputs, 1) if is_depthwise else (size, size, inputs, outputs)
        self.weight = self.add_weight(shape=kernel, initializer="zeros", name="weight")
        self.bias = self.add_weight(shape=(outputs,), initializer="zeros", name="bias")
        self.fan_in = inputs * size * size
        self.built = True

    def call(self, x: Any) -> Any:
        """Convolve, without the bias."""
        size, padding = int(self.weight.shape[0]), "same"
        if self._padding == "half" and self._stride > 1 and size > 1:
            before = size // 2  # with even sizes, "same" would start at the first pixel
            x = ops.pad(x, ((0, 0), (before, before - 1), (before, before - 1), (0, 0)))
            padding = "valid"
        convolve = ops.depthwise_conv if self._is_depthwise else ops.conv
        weight = ops.cast(self.weight, x.dtype)
        return convolve(x, weight, strides=self._stride, padding=padding, data_format="channels_last")

    def with_bias(self, x: Any) -> Any:
        """Convolve, with the bias."""
        return self(x) + ops.cast(self.bias, x.dtype)

    def fill(self, arrays: Arrays) -> None:
        """Load the weights from a file's arrays."""
        weight = np.asarray(arrays[f"{self.file_name}.weight"], np.float32)
        self.weight.assign(weight.transpose((2, 3, 0, 1) if self._is_depthwise else (2, 3, 1, 0)))
        self.bias.assign(np.asarray(arrays[f"{self.file_name}.bias"], np.float32))

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """Weights in the layout of a file."""
        weight = ops.convert_to_numpy(self.weight).transpose((2, 3, 0, 1) if self._is_depthwise else (3, 2, 0, 1))
        bias = ops.convert_to_numpy(self.bias)
        return {f"{self.file_name}.weight": np.ascontiguousarray(weight), f"{self.file_name}.bias": bias}


class Dense(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Matrix product with bias; weights in files are (outputs, inputs)."""

    def __init__(self, name: str, inputs: int, outputs: int) -> None:
        super().__init__(name=name, autocast=False)
        self.file_name = name
        self.weight = self.add_weight(shape=(inputs, outputs), initializer="zeros", name="weight")
        self.bias = self.add_weight(shape=(outputs,), initializer="zeros", name="bias")
        self.fan_in = inputs
        self.built = True

    def call(self, x: Any) -> Any:
        return ops.matmul(x, ops.cast(self.weight, x.dtype)) + ops.cast(self.bias, x.dtype)


def _frozen(shapes: Mapping[str, tuple[int, ...]], name: str, stride: int, padding: str) -> Convolution:
    is_depthwise = name.endswith("depthwise")
    shape = shapes[f"{name}.weight"]
    return Convolution(name, shape, stride, padding=padding, is_depthwise=is_depthwise, is_trained=False)


class FrozenFeaturesNetwork(keras.Model):  # type: ignore[misc]  # Keras has no types
    """Pictures (N, S, S, 3) float32 in [-1, 1] -> four maps, (N, 32, 32, 24) to (N, 4, 4, 320), float32.

    Args:
        features: EfficientNet-Lite0.
    """

    def __init__(self, features: FrozenFeatures) -> None:
        super().__init__(name="frozen_features", autocast=False)
        shapes = {name: array.shape for name, array in features.arrays.items()}
        self._skips = features.skips
        self._stem = _frozen(shapes, "stem", 2, "half")
        self._blocks = []
        for index, stride in enumerate(features.strides):
            names = [f"blocks.{index}.{part}" for part in ("expand", "depthwise", "project")]
            strides = {"depthwise": stride}
            self._blocks.append(
                [
                    _frozen(shapes, name, strides.get(name.rpartition(".")[2], 1), "half")
                    for name in names
                    if f"{name}.weight" in shapes
                ]
            )
        self.parts = (self._stem, *(layer for block in self._blocks for layer in block))
        fill(self.parts, features.arrays)
        self.built = True

    def call(self, pictures: Any) -> list[Any]:
        """Compute the maps after the blocks of MAP_BLOCKS; pictures are first resized to SEEN_PX."""
        mean, sd = np.asarray(MEAN, np.float32), np.asarray(SD, np.float32)
        x = resized(pictures, SEEN_PX) * (0.5 / sd) + (0.5 - mean) / sd
        x = ops.relu6(self._stem.with_bias(x))
        maps = []
        for index, (block, is_added) in enumerate(zip(self._blocks, self._skips, strict=True)):
            y = x
            for layer in block[:-1]:
                y = ops.relu6(layer.with_bias(y))
            y = block[-1].with_bias(y)
            x = x + y if is_added else y
            if index in MAP_BLOCKS:
                maps.append(x)
        return maps


class FaceFeaturesNetwork(keras.Model):  # type: ignore[misc]  # Keras has no types
    """Pictures (N, S, S, 3) float32 in [-1, 1], cropped like portraits -> maps (N, 8, 8, 512) and (N, 4, 4, 1024).

    Args:
        arrays: arrays of FaceRes, `stem.weight` and `blocks.N.depthwise|pointwise.weight` (OIHW), with a `.bias` each.
        strides: strides of the depthwise convolutions.
        product_dtype: type of the 1x1 convolutions; everything else is float32.
    """

    def __init__(self, arrays: Arrays, strides: Sequence[int], product_dtype: str = "float32") -> None:
        super().__init__(name="face_features", autocast=False)
        self._product_dtype = product_dtype
        shapes = {name: array.shape for name, array in arrays.items()}
        self._stem = _frozen(shapes, "stem", 2, "same")
        self._blocks = [
            (
                _frozen(shapes, f"blocks.{index}.depthwise", stride, "same"),
                _frozen(shapes, f"blocks.{index}.pointwise", 1, "same"),
            )
            for index, stride in enumerate(strides)
        ]
        self.parts = (self._stem, *(layer for block in self._blocks for layer in block))
        fill(self.parts, arrays)
        self.built = True

    def call(self, pictures: Any) -> list[Any]:
        """Compute the maps after the blocks of FACE_MAP_BLOCKS, from the centre of the pictures, resized to SEEN_PX."""
        size = int(pictures.shape[1])
        edge = round(size * FACE_EDGE)
        x = resized(pictures[:, edge : size - edge, edge : size - edge], SEEN_PX)
        x = ops.relu6(self._stem.with_bias((x + 1) * 127.5))  # it expects colours from 0 to 255
        maps = []
        for index, (depthwise, pointwise) in enumerate(self._blocks):
            x = ops.relu6(depthwise.with_bias(x))
            x = ops.relu6(ops.cast(pointwise.with_bias(ops.cast(x, self._product_dtype)), "float32"))
            if index in FACE_MAP_BLOCKS:
                maps.append(x)
        return maps


class EncoderNetwork(keras.Model):  # type: ignore[misc]  # Keras has no types
    """Maps of both frozen networks -> latents (N, latent_size) on the sphere of radius √latent_size, float32.

    Args:
        has_hidden: whether a perceptron on the branches (`hidden`, `latent`) is added to the linear `direct`.
    """

    def __init__(self, latent_size: int = 512, *, has_hidden: bool = True) -> None:
        super().__init__(name="encoder", autocast=False)
        _, fine, parts, semantic = MAP_CHANNELS
        first, second, third = BRANCH_CHANNELS
        self._semantic = Convolution("semantic", (first, semantic, 1, 1))
        self._parts = Convolution("parts", (second, parts, 3, 3), 2)
        self._fine0, self._fine1 = Convolution("fine0", (48, fine, 3, 3), 2), Convolution("fine1", (third, 48, 3, 3), 2)
        inputs = PARTS_PX**2 * sum(BRANCH_CHANNELS)
        self._direct = Dense("direct", inputs + FACE_MAP_CHANNELS[1], latent_size)
        self._perceptron = (Dense("hidden", inputs, 1024), Dense("latent", 1024, latent_size)) if has_hidden else ()
        self.parts = (self._semantic, self._parts, self._fine0, self._fine1, self._direct, *self._perceptron)
        self.built = True

    def call(self, maps: Sequence[Any], face_maps: Sequence[Any]) -> Any:
        """Compute latents from the maps of `FrozenFeaturesNetwork` and `FaceFeaturesNetwork`."""
        seen, known = self.gather(maps, face_maps)
        z = self._direct(ops.concatenate([seen, known], axis=1))
        if self._perceptron:
            hidden, latent = self._perceptron
            z = z + latent(ops.leaky_relu(hidden(seen), LEAK))
        return on_sphere(z)

    def gather(self, maps: Sequence[Any], face_maps: Sequence[Any]) -> tuple[Any, Any]:
        """Inputs of the dense layers: (N, 3584) from the feature maps, flattened as y, x, C, and (N, 1024) from the
        face network."""

        def convolved(layer: Convolution, x: Any) -> Any:
            return ops.leaky_relu(layer.with_bias(x), LEAK)

        fine = convolved(self._fine1, convolved(self._fine0, maps[1]))
        branches = convolved(self._semantic, maps[3]), convolved(self._parts, maps[2]), fine
        seen = ops.concatenate([ops.reshape(branch, (branch.shape[0], -1)) for branch in branches], axis=1)
        return seen, pooled(face_maps)


def pooled(face_maps: Sequence[Any]) -> Any:
    """Pool the face descriptor (N, 1024)."""
    return ops.mean(face_maps[1], axis=(1, 2))


def resized(pictures: Any, size_px: int) -> Any:
    """Resize square pictures bilinearly, with half-pixel centres and without antialiasing."""
    if int(pictures.shape[1]) == size_px:
        return pictures
    return ops.image.resize(pictures, (size_px, size_px), "bilinear", antialias=False, data_format="channels_last")


def on_sphere(z: Any) -> Any:
    """Normalise latents (N, L) to length √L, float32."""
    z = ops.cast(z, "float32")
    length = ops.sqrt(ops.sum(ops.square(z), axis=1, keepdims=True))
    return z * (math.sqrt(int(z.shape[1])) / (length + 1e-6))


def fill(layers: Iterable[Convolution], arrays: Arrays) -> None:
    """Load convolutions from a file's arrays."""
    for layer in layers:
        layer.fill(arrays)


def with_idle_layers(arrays: Arrays, wanted: Arrays) -> Arrays:
    """Complete a file's arrays by the optional layers of `wanted`, set so that they add nothing."""
    complete = dict(arrays)
    for layers in (("direct",), ("hidden", "latent")):
        left_out = {f"{name}.{kind}" for name in layers for kind in ("weight", "bias")} & wanted.keys()
        if not left_out & arrays.keys():
            complete |= {name: wanted[name] * name.startswith("hidden") for name in left_out}
    return complete


def fill_encoder(network: EncoderNetwork, arrays: Arrays) -> None:
    """Load an encoder's weights by the names and layouts of its file; shapes must fit.

    Layers missing from the file are set to add nothing.
    """
    arrays = with_idle_layers(arrays, encoder_arrays(network))
    for part in network.parts:
        if isinstance(part, Convolution):
            part.fill(arrays)
        else:
            weight = np.asarray(arrays[f"{part.file_name}.weight"], np.float32).T  # (inputs, outputs)
            part.weight.assign(_reordered(part, weight, to_keras=True))
            part.bias.assign(np.asarray(arrays[f"{part.file_name}.bias"], np.float32))


def encoder_arrays(network: EncoderNetwork) -> dict[str, NDArray[np.float32]]:
    """Weights of an encoder by the names and in the layouts of its file, float32."""
    arrays: dict[str, NDArray[np.float32]] = {}
    for part in network.parts:
        if isinstance(part, Convolution):
            arrays |= part.arrays()
        else:
            weight = _reordered(part, ops.convert_to_numpy(part.weight), to_keras=False)
            arrays[f"{part.file_name}.weight"] = np.ascontiguousarray(weight.T)
            arrays[f"{part.file_name}.bias"] = ops.convert_to_numpy(part.bias)
    return arrays


def _reordered(part: Dense, weight: NDArray[Any], *, to_keras: bool) -> NDArray[Any]:
    """Reorder the rows of a dense layer on maps, from flattened (C, y, x) in the file to (y, x, C) here."""
    if part.file_name == "latent":
        return weight
    rows, begin = [], 0
    for channels in BRANCH_CHANNELS:
        block = weight[begin : begin + channels * PARTS_PX**2]
        shape = (channels, PARTS_PX**2) if to_keras else (PARTS_PX**2, channels)
        rows.append(block.reshape(*shape, -1).swapaxes(0, 1).reshape(block.shape))
        begin += len(block)
    return np.concatenate([*rows, weight[begin:]])
