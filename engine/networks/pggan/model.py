"""Generator and discriminator of Karras et al. 2018 (arXiv 1710.10196), in Keras 3, as published.

The plain form, for training and comparison; the show runs `engine/networks/generator/folded_layers.py`. Independent of
the Keras backend. Pictures are NHWC, nominal range [-1, 1]. Knows no files: `persona.py` fills these networks.
"""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from engine.networks.pggan.architecture import DiscriminatorSettings, GeneratorSettings, WeightLayer, layers_of


def pixel_norm(x: Any, epsilon: float) -> Any:
    """Normalise the feature vector of every pixel (last axis) to unit mean square; statistics in float32."""
    exact = ops.cast(x, "float32")
    scale = ops.rsqrt(ops.mean(ops.square(exact), axis=-1, keepdims=True) + epsilon)
    return x * ops.cast(scale, x.dtype)


def upscale(x: Any, times: int = 1) -> Any:
    """Double the size of pictures (N, H, W, C) `times` times by repeating pixels."""
    for _ in range(times):
        x = ops.repeat(ops.repeat(x, 2, axis=1), 2, axis=2)
    return x


def downscale(x: Any) -> Any:
    """Halve the size of pictures (N, H, W, C) by averaging."""
    return ops.average_pool(x, 2, strides=2, padding="valid", data_format="channels_last")


def _split_lod(lod: float, top_level: int) -> tuple[int, float]:
    """Split a lod into the finest visible one, and the share of the next coarser one."""
    lod = min(max(float(lod), 0.0), float(top_level - 2))
    finest = math.floor(lod)
    return finest, lod - finest


def _blend(fine: Any, coarse: Any, coarser_share: Any) -> Any:
    return fine + (coarse - fine) * ops.cast(coarser_share, fine.dtype)


def minibatch_deviation(x: Any, group_size: int) -> Any:
    """Minibatch standard deviation: append a feature map of how much the pictures of a group differ; in float32.

    Args:
        x: (N, H, W, C), N a multiple of the group size or less than it.
    """
    count, height, width, channels = (int(size) for size in x.shape)
    group = min(group_size, count)
    if count % group:
        raise ValueError(f"{count} pictures cannot be compared in groups of {group}")
    y = ops.reshape(ops.cast(x, "float32"), (group, count // group, height, width, channels))
    y = ops.sqrt(ops.mean(ops.square(y - ops.mean(y, axis=0, keepdims=True)), axis=0) + 1e-8)
    y = ops.mean(y, axis=(1, 2, 3), keepdims=True)  # (groups, 1, 1, 1)
    y = ops.tile(y, (group, height, width, 1))  # (N, H, W, 1)
    return ops.concatenate([x, ops.cast(y, x.dtype)], axis=-1)


class EqualisedLayer(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Convolution or matrix product with bias and equalized learning rate: He's constant is applied at run time.

    The weight is HWIO for every convolution, resampling or not, and IO with NHWC order for dense layers.
    """

    def __init__(self, layer: WeightLayer, use_wscale: bool) -> None:
        super().__init__(name=layer.name.replace("/", "_"), autocast=False)
        self.official = layer
        self._scale = layer.he_constant if use_wscale else 1.0
        shape = layer.weight_shape
        if layer.kind == "up":
            shape = (*shape[:2], shape[3], shape[2])
        spread = 1.0 if use_wscale else layer.he_constant
        initializer = keras.initializers.RandomNormal(0.0, spread)
        self.weight = self.add_weight(shape=shape, initializer=initializer, name="weight")
        self.bias = self.add_weight(shape=layer.bias_shape, initializer="zeros", name="bias")
        self.built = True

    def scaled(self, dtype: str) -> Any:
        """Scaled weight in a given type."""
        return ops.cast(self.weight * self._scale, dtype)

    def call(self, x: Any) -> Any:
        weight = self.scaled(x.dtype)
        if self.official.kind == "dense":
            return ops.matmul(x, weight)
        return ops.conv(x, weight, strides=1, padding="same", data_format="channels_last")

    def add_bias(self, x: Any) -> Any:
        return x + ops.cast(self.bias, x.dtype)


class Generator(keras.Model):  # type: ignore[misc]  # Keras has no types
    """Latents (N, latent_size) -> pictures (N, R, R, channels), unclipped.

    Computes in the type of its input; statistics stay in float32.
    """

    def __init__(self, settings: GeneratorSettings) -> None:
        super().__init__(name="generator", autocast=False)
        self.settings = settings
        self.by_name = {layer.name: EqualisedLayer(layer, settings.use_wscale) for layer in layers_of(settings)}
        self.built = True

    def call(self, z: Any, lod: float = 0.0) -> Any:
        """Draw pictures.

        Args:
            z: (N, latent_size); any length if the settings normalise latents.
            lod: 0 is the full resolution; 1 shows half of it, enlarged; between them, both are blended, as while
                the network grew in training. The size of the picture stays the same.
        """
        finest, share = _split_lod(lod, self.settings.top_level)
        return upscale(self.draw(z, self.settings.top_level - finest, share or None), finest)

    def draw(self, z: Any, level: int, coarser_share: Any = None) -> Any:
        """Draw at the resolution of a level, as during progressive growing: pictures (N, 2^level, 2^level, channels).

        Args:
            z: see `call`.
            level: base-2 logarithm of the resolution, 2 to the settings' `top_level`.
            coarser_share: blend weight of the picture one level below, 0 to 1, a number or a scalar tensor; None, and
                        level 2, use only this level.
        """
        x = coarser = self._first_block(z)
        for step in range(3, level + 1):
            coarser = x
            x = self._block(x, step)
        finest = self.settings.top_level - level
        picture = self.to_rgb(x, finest)
        if coarser_share is None or level == 2:
            return picture
        return _blend(picture, upscale(self.to_rgb(coarser, finest + 1)), coarser_share)

    def _first_block(self, z: Any) -> Any:
        settings, dense = self.settings, self.by_name["4x4/Dense"]
        if settings.normalize_latents:
            z = pixel_norm(z, settings.pixelnorm_epsilon)
        maps = dense.official.fan_out
        x = ops.reshape(dense(z), (-1, 4, 4, maps))
        bias = ops.reshape(dense.bias, (4, 4, maps) if settings.dense_bias_per_pixel else (maps,))
        return self._convolve(self._finish(x + ops.cast(bias, x.dtype)), "4x4/Conv")

    def _block(self, x: Any, level: int) -> Any:
        name = f"{2**level}x{2**level}"
        x = self._convolve(upscale(x), f"{name}/Conv0_up" if self.settings.fused_scale else f"{name}/Conv0")
        return self._convolve(x, f"{name}/Conv1")

    def _convolve(self, x: Any, name: str) -> Any:
        layer = self.by_name[name]
        return self._finish(layer.add_bias(layer(x)))

    def trunk(self, z: Any) -> list[Any]:
        """Feature maps (N, R / 2^lod, R / 2^lod, maps) from which each lod's picture is made, by lod."""
        features = [self._first_block(z)]
        for level in range(3, self.settings.top_level + 1):
            features.append(self._block(features[-1], level))
        return features[::-1]

    def to_rgb(self, x: Any, lod: int) -> Any:
        """Convert the feature maps of a lod to its picture (N, H, W, channels)."""
        layer = self.by_name[f"ToRGB_lod{lod}"]
        return layer.add_bias(layer(x))

    def _finish(self, x: Any) -> Any:
        settings = self.settings
        x = ops.leaky_relu(x, 0.2) if settings.use_leakyrelu else ops.relu(x)
        return pixel_norm(x, settings.pixelnorm_epsilon) if settings.use_pixelnorm else x


class Discriminator(keras.Model):  # type: ignore[misc]  # Keras has no types
    """Pictures (N, R, R, channels) -> scores (N, 1); higher looks more real.

    Computes in the type of its input; statistics stay in float32.
    """

    def __init__(self, settings: DiscriminatorSettings) -> None:
        super().__init__(name="discriminator", autocast=False)
        self.settings = settings
        self.by_name = {layer.name: EqualisedLayer(layer, settings.use_wscale) for layer in layers_of(settings)}
        self.built = True

    def call(self, pictures: Any, lod: float = 0.0) -> Any:
        """Score pictures; for `lod` see `Generator.call`."""
        finest, share = _split_lod(lod, self.settings.top_level)
        for _ in range(finest):
            pictures = downscale(pictures)
        return self.judge(pictures, self.settings.top_level - finest, share or None)

    def judge(self, pictures: Any, level: int, coarser_share: Any = None) -> Any:
        """Score pictures (N, 2^level, 2^level, channels), as during progressive growing; see `Generator.draw`."""
        finest = self.settings.top_level - level
        x = self._from_rgb(pictures, finest)
        for step in range(level, 2, -1):
            x = self._block(x, step)
            if step == level and coarser_share is not None:
                x = _blend(x, self._from_rgb(downscale(pictures), finest + 1), coarser_share)
        return self._last_block(x)

    def _from_rgb(self, pictures: Any, lod: int) -> Any:
        return self._convolve(pictures, f"FromRGB_lod{lod}")

    def _block(self, x: Any, level: int) -> Any:
        name = f"{2**level}x{2**level}"
        x = self._convolve(x, f"{name}/Conv0")
        if not self.settings.fused_scale:
            return downscale(self._convolve(x, f"{name}/Conv1"))
        layer = self.by_name[f"{name}/Conv1_down"]
        # the fused convolution averages before its bias and rectifier, the other one after them
        return ops.leaky_relu(layer.add_bias(downscale(layer(x))), 0.2)

    def _last_block(self, x: Any) -> Any:
        if self.settings.mbstd_group_size > 1:
            x = minibatch_deviation(x, self.settings.mbstd_group_size)
        x = self._convolve(x, "4x4/Conv")
        first, last = self.by_name["4x4/Dense0"], self.by_name["4x4/Dense1"]
        x = ops.leaky_relu(first.add_bias(first(ops.reshape(x, (x.shape[0], -1)))), 0.2)
        return last.add_bias(last(x))

    def _convolve(self, x: Any, name: str) -> Any:
        layer = self.by_name[name]
        return ops.leaky_relu(layer.add_bias(layer(x)), 0.2)
