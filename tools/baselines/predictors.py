"""Predictors of fitted baselines in NumPy: latents from standardised features, from arrays alone.

Nothing comes from a pickle, so a baseline's file is data, like every other weight file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from engine.networks.pggan.latent_sphere import normalise, seed_latent, seed_latents
from engine.types import FloatArray

Answer = Callable[[FloatArray], FloatArray]  # standardised features (F,) -> latent (n,) of any non-zero length

NEIGHBOURS = 8
COMPLETION_SEED = 0  # of the fixed direction; in the show each visitor would have their own


def dense(arrays: Mapping[str, FloatArray]) -> Answer:
    """Layers `weight0` (F, H), `bias0` (H,), `weight1`, ... with rectifiers in between; a single layer is linear."""
    layers = [(arrays[f"weight{index}"], arrays[f"bias{index}"]) for index in range(len(arrays) // 2)]

    def answer(x: FloatArray) -> FloatArray:
        for weight, bias in layers[:-1]:
            x = np.maximum(x @ weight + bias, 0)
        weight, bias = layers[-1]
        return np.asarray(x @ weight + bias, np.float32)

    return answer


def completed(arrays: Mapping[str, FloatArray]) -> Answer:
    """Like `dense`, but the latent is extended to the sphere's radius by an orthogonal component.

    The mean of all latents with certain features is short; scaled to full length, it is a caricature of them.
    """
    mean = dense(arrays)

    def answer(x: FloatArray) -> FloatArray:
        z = mean(x).astype(np.float64)
        square = float(z @ z)
        fixed = seed_latent(COMPLETION_SEED, len(z)).astype(np.float64)
        fixed -= z * (fixed @ z / max(square, 1e-12))
        lacking = math.sqrt(max(0.0, len(z) - square)) / float(np.linalg.norm(fixed))
        return np.asarray(z + lacking * fixed, np.float32)

    return answer


def nearest(arrays: Mapping[str, FloatArray], latent_size: int) -> Answer:
    """Mean latent of the `NEIGHBOURS` nearest of `faces` (N, F), whose latents have `seeds` (N,)."""
    faces, seeds = arrays["faces"], arrays["seeds"]
    squares = np.einsum("nf,nf->n", faces, faces)
    count = min(NEIGHBOURS, len(faces))

    def answer(x: FloatArray) -> FloatArray:
        distances = np.maximum(squares - 2 * (faces @ x) + x @ x, 1e-6)
        found = np.argpartition(distances, count - 1)[:count]
        weights = 1 / np.sqrt(distances[found])
        return np.asarray(weights / weights.sum() @ seed_latents(seeds[found], latent_size), np.float32)

    return answer


def forest(arrays: Mapping[str, FloatArray]) -> Answer:
    """Mean latent (n,) over trees, from the leaf that each assigns to the features.

    All trees are concatenated: `feature` (M,) is the feature tested by a node, -1 in a leaf; `threshold` (M,) the
        largest
    value that goes `left` (M,), others go `right` (M,), both node indices; `leaf` (M,) the row of `values` (L, n) in a
    leaf; `roots` (T,).
    """
    feature, left, right, leaf = (arrays[name].astype(np.intp) for name in ("feature", "left", "right", "leaf"))
    threshold, values, roots = arrays["threshold"], arrays["values"], arrays["roots"].astype(np.intp)

    def answer(x: FloatArray) -> FloatArray:
        nodes = roots
        while (inner := feature[nodes] >= 0).any():
            goes_left = x[feature[nodes]] <= threshold[nodes]
            nodes = np.where(inner, np.where(goes_left, left[nodes], right[nodes]), nodes)
        return np.asarray(values[leaf[nodes]].mean(axis=0), np.float32)

    return answer


def mean_on_sphere(members: list[Answer]) -> Answer:
    """Direction of the mean of several latents."""
    return lambda x: np.sum([normalise(member(x)) for member in members], axis=0, dtype=np.float32)
