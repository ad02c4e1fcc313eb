"""The upscaler while it learns, in Keras; `engine/networks/generator/upscaler.py` runs what it has learned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from engine.networks.generator.upscaler import FACTOR, LAYERS, LEAK
from engine.networks.pggan.weight_file import Arrays
from engine.types import ByteArray, FloatArray
from tools.upscaling.degradation import degrade, random_patches

EDGES = 2.0  # weight of differences between neighbours beside those of the pixels
FALL_FROM = 0.6  # of all steps; the learning rate falls to 0 over the rest


def build_network(channels: int, seed: int) -> Any:
    """Pictures (N, S, S, 3) float32 from -1 to 1 -> (N, 2 S, 2 S, 3)."""
    pictures = keras.Input((None, None, 3))
    x = pictures
    for index in range(LAYERS):
        is_last = index == LAYERS - 1
        start = keras.initializers.RandomNormal(stddev=1e-3, seed=seed + index) if is_last else None
        x = keras.layers.Conv2D(
            3 * FACTOR**2 if is_last else channels,
            3,
            padding="same",
            kernel_initializer=start or keras.initializers.HeNormal(seed=seed + index),
            name=f"layers_{index}",
        )(x)
        if not is_last:
            x = keras.layers.LeakyReLU(negative_slope=LEAK)(x)
    enlarged = keras.layers.UpSampling2D(FACTOR, interpolation="bilinear")(pictures)
    return keras.Model(pictures, keras.layers.Add()([enlarged, _Shuffled()(x)]))


class _Shuffled(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Channels (N, H, W, 12) -> pixels (N, 2 H, 2 W, 3), each colour's four channels as rows of a square."""

    def call(self, x: Any) -> Any:
        shape = ops.shape(x)
        height, width = shape[1], shape[2]
        x = ops.reshape(x, (-1, height, width, 3, FACTOR, FACTOR))
        return ops.reshape(ops.transpose(x, (0, 1, 4, 2, 5, 3)), (-1, FACTOR * height, FACTOR * width, 3))

    def compute_output_shape(self, shape: Sequence[int | None]) -> tuple[int | None, ...]:
        return (shape[0], *(None if side is None else FACTOR * side for side in shape[1:3]), 3)


def loss(wanted: Any, found: Any) -> Any:
    """Mean absolute difference of pixels, and of their differences to the right and downwards."""
    difference = found - wanted
    across, down = difference[:, :, 1:] - difference[:, :, :-1], difference[:, 1:] - difference[:, :-1]
    edges = ops.mean(ops.abs(across)) + ops.mean(ops.abs(down))
    return ops.mean(ops.abs(difference)) + EDGES * edges / 2


class Patches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of degraded and whole patches of portraits (N, S, S, 3) uint8, anew in each epoch."""

    def __init__(self, portraits: ByteArray, batch: int, steps: int, seed: int) -> None:
        super().__init__()
        self._portraits, self._batch, self._steps = portraits, batch, steps
        self._random = np.random.default_rng(seed)

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, index: int) -> tuple[FloatArray, FloatArray]:
        whole = random_patches(self._portraits, self._batch, self._random)
        return nominal(degrade(whole, self._random)), nominal(whole)


def nominal(pictures: ByteArray) -> FloatArray:
    """Bytes as numbers from -1 to 1."""
    return pictures.astype(np.float32) / np.float32(127.5) - 1


def train_network(network: Any, patches: Patches, epochs: int, learning_rate: float, callbacks: Sequence[Any]) -> None:
    """Train with Adam; over the last part the learning rate falls to 0."""
    total = epochs * len(patches)
    constant = int(FALL_FROM * total)
    schedule = keras.optimizers.schedules.PolynomialDecay(learning_rate, max(total - constant, 1), 0.0)

    class Schedule(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
        def __call__(self, step: Any) -> Any:
            return schedule(ops.maximum(ops.cast(step, "float32") - constant, 0.0))

    network.compile(keras.optimizers.Adam(Schedule(), beta_2=0.99), loss)
    network.fit(patches, epochs=epochs, verbose=0, callbacks=list(callbacks))


def upscaler_arrays(network: Any) -> Arrays:
    """Weights by the names and in the layouts of `read_upscaler`."""
    arrays: Arrays = {}
    for index in range(LAYERS):
        kernel, bias = network.get_layer(f"layers_{index}").get_weights()  # (3, 3, I, O)
        arrays[f"layers.{index}.weight"] = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
        arrays[f"layers.{index}.bias"] = bias
    return arrays
