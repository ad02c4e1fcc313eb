"""Features of a random convolutional network: texture and colour of a picture as numbers, without training.

Three layers of 3x3 convolutions, stride 2, and rectifiers; weights after He et al. 2015 from a fixed seed. The features
are the mean and the standard deviation of each feature map: random features preserve distances, so sets of pictures
    with
different textures are distinguished, although the network was never trained. They do not see positions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from engine.types import ByteArray, FloatArray
from tools.metrics.thumbnails import shrunk

SEED = 2018
AXES: Any = (1, 2)  # NumPy accepts several axes; its types only one
FEATURE_MAPS = (32, 64, 128)
FEATURES = 2 * sum(FEATURE_MAPS)
MOST_PX = 64  # larger pictures are averaged, so that generators of any size are compared at the same detail
BATCH = 32


def random_features(pictures: ByteArray) -> FloatArray:
    """Compute features (N, 448) float32 of pictures (N, S, S, 3) uint8."""
    weights = _weights()
    features = np.empty((len(pictures), FEATURES), np.float32)
    for begin in range(0, len(pictures), BATCH):
        batch = shrunk(pictures[begin : begin + BATCH], MOST_PX)
        features[begin : begin + BATCH] = _features(batch.astype(np.float32) / np.float32(127.5) - 1, weights)
    return features


def _weights() -> list[FloatArray]:
    """Matrices (9 C, maps), rows ordered channel, y, x."""
    random, channels, weights = np.random.default_rng(SEED), 3, []
    for maps in FEATURE_MAPS:
        he_constant = np.sqrt(2 / (9 * channels))
        weights.append((he_constant * random.standard_normal((9 * channels, maps))).astype(np.float32))
        channels = maps
    return weights


def _features(x: FloatArray, weights: list[FloatArray]) -> FloatArray:
    moments = []
    for weight in weights:
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
        windows = sliding_window_view(padded, (3, 3), axis=AXES)[:, ::2, ::2]  # (N, H, W, C, 3, 3)
        count, height, width = windows.shape[:3]
        x = np.maximum(windows.reshape(-1, len(weight)) @ weight, 0).reshape(count, height, width, -1)
        moments += [x.mean(axis=(1, 2)), x.std(axis=(1, 2))]
    return np.concatenate(moments, axis=1)
