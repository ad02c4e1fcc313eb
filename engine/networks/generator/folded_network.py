"""The folded generator as a Keras 3 network; separate from `folded_layers.py`, so that folding needs no Keras."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from engine.networks.generator.folded_layers import FoldedLayer, fold, fold_previews
from engine.networks.pggan.architecture import GeneratorSettings
from engine.networks.pggan.model import pixel_norm
from engine.networks.pggan.weight_file import Arrays


class FoldedGenerator(keras.Model):  # type: ignore[misc]  # Keras has no types
    """Latents (N, latent_size) float32 -> pictures (N, H, W, 4) uint8, RGBA, row 0 at the top, alpha 255.

    With `previews` it returns a list: pictures of lower resolutions, 4x4 first, and the finished ones last.
    """

    def __init__(
        self,
        settings: GeneratorSettings,
        layers: Sequence[FoldedLayer],
        precision: str = "float32",
        previews: Sequence[FoldedLayer] = (),
    ) -> None:
        super().__init__(name="folded_generator")
        self.settings = settings
        self._precision = precision
        self._kinds = [layer.kind for layer in layers]
        self._weights_in_order = [self._constant(layer.weight, f"weight_{i}") for i, layer in enumerate(layers)]
        self._biases_in_order = [self._constant(layer.bias, f"bias_{i}") for i, layer in enumerate(layers)]
        self._previews = [
            (self._constant(layer.weight, f"preview_weight_{i}"), self._constant(layer.bias, f"preview_bias_{i}"))
            for i, layer in enumerate(previews)
        ]
        self.built = True

    def _constant(self, value: Any, name: str) -> Any:
        variable = self.add_weight(shape=value.shape, initializer="zeros", trainable=False, name=name, dtype="float32")
        variable.assign(value)
        return variable

    def call(self, z: Any) -> Any:
        settings = self.settings
        x = pixel_norm(z, settings.pixelnorm_epsilon) if settings.normalize_latents else z
        pictures: list[Any] = []
        for kind, weight, bias in zip(self._kinds, self._weights_in_order, self._biases_in_order, strict=True):
            if kind == "up" and self._previews:
                pictures.append(self._pixels(x, *self._previews[len(pictures)]))
            if kind == "pixels":
                finished = self._pixels(x, weight, bias)
                return [*pictures, finished] if pictures else finished
            dtype = "float32" if kind == "dense" else self._precision
            x = self._apply(kind, ops.cast(x, dtype), ops.cast(weight, dtype)) + ops.cast(bias, dtype)
            x = ops.reshape(x, (-1, 4, 4, x.shape[-1] // 16)) if kind == "dense" else x
            x = ops.leaky_relu(x, 0.2) if settings.use_leakyrelu else ops.relu(x)
            x = pixel_norm(x, settings.pixelnorm_epsilon) if settings.use_pixelnorm else x
        raise AssertionError("the last layer makes pixels")

    def _pixels(self, x: Any, weight: Any, bias: Any) -> Any:
        x = self._apply("pixels", ops.cast(x, "float32"), ops.convert_to_tensor(weight))
        return ops.cast(ops.clip(ops.round(x + bias), 0.0, 255.0), "uint8")

    @staticmethod
    def _apply(kind: str, x: Any, weight: Any) -> Any:
        if kind == "dense":
            return ops.matmul(x, weight)
        if kind == "up":
            return ops.conv_transpose(x, weight, strides=2, padding="same", data_format="channels_last")
        return ops.conv(x, weight, strides=1, padding="same", data_format="channels_last")


def build_network(
    settings: GeneratorSettings, arrays: Arrays, precision: str = "float32", previews: Arrays | None = None
) -> keras.Model:
    """Build the run-time form in Keras: latents (N, latent_size) float32 -> pictures (N, H, W, 4) uint8 RGBA.

    Args:
        settings, arrays: contents of the generator file.
        precision: `float32` or `bfloat16` for the convolutions; statistics and the last layer are float32 in both.
        previews: layers of `preview_rgb.py`; with them the network returns a list, 4x4 first, the finished picture
            last.
    """
    return FoldedGenerator(settings, fold(settings, arrays), precision, fold_previews(settings, previews or {}))
