"""Small age and gender network in Keras: training, and weights in the file's layout.

It is trained with batch normalisation (Ioffe and Szegedy 2015), which is then folded into the convolutions; the file
has the names and shapes of `small_cnn.small_attribute_shapes`. Knows no portraits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import keras
import numpy as np
from tqdm import tqdm

from engine.networks.attributes.small_cnn import ANSWERS, INPUT_PX, MAPS, WIDTH, small_network_input
from engine.networks.pggan.weight_file import Arrays
from engine.types import ByteArray, FloatArray
from tools.attributes.augmentation import vary
from tools.attributes.faces import LabelledFaces

BATCH, LEARNING_RATE, WEIGHT_DECAY, DROPOUT = 64, 2e-3, 1e-3, 0.25
LABEL_SMOOTHING = 0.02  # records contain errors, and the age is an upper bound

Logits = dict[str, FloatArray]


def build_network(seed: int) -> keras.Model:
    """Build the network: `small_network_input` (N, 64, 64, 1) -> logits (N, classes) per question, random weights."""
    seeds = iter(range(seed * 100, seed * 100 + 100))  # Keras' own seeding would load TensorFlow on any backend
    x = inputs = keras.Input((INPUT_PX, INPUT_PX, 1))
    for number, maps in enumerate(MAPS, 1):
        # padded on all sides, as in the show: "same" would pad only at the far side
        x = keras.layers.ZeroPadding2D(1)(x)
        first = keras.initializers.HeNormal(next(seeds))
        x = keras.layers.Conv2D(maps, 3, 2, use_bias=False, kernel_initializer=first, name=f"conv{number}")(x)
        x = keras.layers.BatchNormalization(momentum=0.95, name=f"norm{number}")(x)
        x = keras.layers.ReLU()(x)
    x = keras.layers.Dropout(DROPOUT, seed=next(seeds))(keras.layers.Flatten()(x))
    first = keras.initializers.HeNormal(next(seeds))
    x = keras.layers.Dense(WIDTH, activation="relu", kernel_initializer=first, name="dense")(x)
    x = keras.layers.Dropout(DROPOUT, seed=next(seeds))(x)
    answers = {
        name: keras.layers.Dense(
            len(classes), kernel_initializer=keras.initializers.GlorotUniform(next(seeds)), name=name
        )(x)
        for name, classes in ANSWERS.items()
    }
    return keras.Model(inputs, answers)


def train_network(network: keras.Model, faces: LabelledFaces, epochs: int, seed: int) -> None:
    """Train on the faces for a number of epochs with new augmentation in each, with a progress bar.

    The loss is the sum over questions of the cross-entropy, weighted to balance the classes. Faces with a weight below
    1 are sampled less often instead, which saves time. The optimiser is AdamW (Loshchilov and Hutter 2019) with cosine
    decay.
    """
    random = np.random.default_rng(seed)
    targets, weights, shares = _targets(faces)
    steps = math.ceil(epochs * shares.sum() / BATCH)
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    loss = {
        name: keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=LABEL_SMOOTHING)
        for name in ANSWERS
    }
    is_jax = keras.backend.backend() == "jax"  # TensorFlow's own convolutions are faster on a processor than XLA's
    network.compile(keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY), loss, jit_compile=is_jax)
    with tqdm(range(epochs), unit="epoch", desc="training", disable=None) as progress:
        for _ in progress:
            chosen = random.permutation(np.flatnonzero(random.random(len(faces)) < shares))
            chosen = chosen[: len(chosen) // BATCH * BATCH or None]  # JAX recompiles for every other size
            x = small_network_input(vary(faces.greys[chosen], random))[..., None]
            y, counts = ({name: each[chosen] for name, each in table.items()} for table in (targets, weights))
            history = network.fit(x, y, BATCH, epochs=1, verbose=0, sample_weight=counts)
            progress.set_postfix(loss=f"{history.history['loss'][0]:.3f}")


def _targets(faces: LabelledFaces) -> tuple[dict[str, FloatArray], dict[str, FloatArray], FloatArray]:
    """Per question: one-hot classes (N, classes) and weights (N,); and how often each face is sampled, 0 to 1."""
    weights = {name: faces.weights(name).astype(np.float32) for name in ANSWERS}
    shares = np.clip(np.max(list(weights.values()), axis=0), 0.01, 1.0).astype(np.float32)
    # an unknown class is -1 and has weight 0
    targets = {name: np.eye(len(each), dtype=np.float32)[faces.classes(name)] for name, each in ANSWERS.items()}
    return targets, {name: each / shares for name, each in weights.items()}, shares


def read_logits(network: keras.Model, squares: ByteArray) -> Logits:
    """Logits (N, classes) per question for squares (N, 64, 64) uint8 grey."""
    filled = np.pad(squares, ((0, -len(squares) % BATCH), (0, 0), (0, 0)))  # JAX recompiles for every other size
    found: Mapping[str, FloatArray] = network.predict(small_network_input(filled)[..., None], BATCH, verbose=0)
    return {name: np.asarray(logits, np.float32)[: len(squares)] for name, logits in found.items()}


def folded_weights(network: keras.Model, temperatures: Mapping[str, float]) -> Arrays:
    """Weights under the file's names, float32, with normalisation and temperature folded in."""
    arrays: Arrays = {}
    for number in range(1, len(MAPS) + 1):
        norm = network.get_layer(f"norm{number}")
        gain, shift, mean, variance = (np.asarray(each) for each in norm.get_weights())
        gain = gain / np.sqrt(variance + norm.epsilon)
        arrays[f"conv{number}/weight"] = np.asarray(network.get_layer(f"conv{number}").get_weights()[0]) * gain
        arrays[f"conv{number}/bias"] = shift - mean * gain
    for name in ("dense", *ANSWERS):
        weight, bias = network.get_layer(name).get_weights()
        temperature = temperatures.get(name, 1.0)
        arrays[f"{name}/weight"], arrays[f"{name}/bias"] = weight / temperature, bias / temperature
    return {name: np.asarray(array, np.float32) for name, array in arrays.items()}
