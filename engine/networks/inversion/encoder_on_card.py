"""Encoder on a graphics card, with the Keras backend that draws there: JAX or PyTorch.

Uses the networks of training (`encoder_network.py`), compiled once for a batch of one; only the latent is copied back.
If TensorFlow draws, the encoder stays on the processor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from engine.networks.backends.backend import ENCODER_BACKENDS
from engine.networks.inversion.encoder_file import EncoderContents
from engine.networks.inversion.encoder_network import (
    EncoderNetwork,
    FaceFeaturesNetwork,
    FrozenFeaturesNetwork,
    fill_encoder,
)
from engine.types import ByteArray, FloatArray


class WholeEncoder(keras.Model):  # type: ignore[misc]  # Keras has no types
    """Pixels (N, 128, 128, 3) uint8 RGB -> latents (N, latent_size) float32 on the sphere.

    Args:
        contents: contents of an encoder with a face network.
    """

    def __init__(self, contents: EncoderContents) -> None:
        super().__init__(name="whole_encoder", autocast=False)
        assert contents.face_look is not None  # checked by `look_on_card`
        self._features = FrozenFeaturesNetwork(contents.features)
        self._face = FaceFeaturesNetwork(contents.face_look.arrays, contents.face_look.strides)
        self._encoder = EncoderNetwork(contents.latent_size, has_hidden="hidden.weight" in contents.arrays)
        fill_encoder(self._encoder, contents.arrays)
        self.built = True

    def call(self, pixels: Any) -> Any:
        pictures = keras.ops.cast(pixels, "float32") / 127.5 - 1
        return self._encoder(self._features(pictures), self._face(pictures))


def look_on_card(contents: EncoderContents, backend: str) -> Callable[[ByteArray], FloatArray]:
    """Build pixels (1, 128, 128, 3) -> latent (1, latent_size); the first call compiles.

    Args:
        contents: contents of an encoder with a face network.
        backend: current Keras backend, one of `ENCODER_BACKENDS`.

    Raises:
        ValueError: the encoder has no face network, or the backend is unknown.
    """
    if contents.face_look is None or backend not in ENCODER_BACKENDS:
        raise ValueError("only an encoder that knows faces runs on a card, by JAX or PyTorch")
    network = WholeEncoder(contents)
    run = _compile_jax(network) if backend == "jax" else _compile_torch(network)
    return lambda pixels: np.asarray(keras.ops.convert_to_numpy(run(pixels)), np.float32)


def _compile_jax(network: WholeEncoder) -> Callable[[ByteArray], Any]:
    import jax

    trained = [variable.value for variable in network.trainable_variables]
    others = [variable.value for variable in network.non_trainable_variables]

    @jax.jit
    def run(trained: list[Any], others: list[Any], pixels: Any) -> Any:
        latents, _ = network.stateless_call(trained, others, pixels)
        return latents

    return lambda pixels: run(trained, others, pixels)


def _compile_torch(network: WholeEncoder) -> Callable[[ByteArray], Any]:
    import torch

    def run(pixels: ByteArray) -> Any:
        with torch.no_grad():
            return network(pixels)

    return run
