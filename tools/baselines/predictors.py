"""What fitted contenders answer: latents from standardised features, in NumPy, from arrays alone.

Nothing here comes from a pickle, so a contender's file is data, as every other weight file is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from engine.networks.pggan.latent_sphere import normalise, seed_latent, seed_latents
from engine.types import FloatArray

Answer = Callable[[FloatArray], FloatArray]  # standardised features (F,) -> latent (n,) of any length but zero

NEIGHBOURS = 8
COMPLETION_SEED = 0  # of the fixed direction; before the mirror each visitor would have one of their own


def dense(arrays: Mapping[str, FloatArray]) -> Answer:
    """Layers `weight0` (F, H), `bias0` (H,), `weight1`, ... with rectifiers between them; a single one is linear."""
    layers = [(arrays[f"weight{index}"], arrays[f"bias{index}"]) for index in range(len(arrays) // 2)]

    def answer(x: FloatArray) -> FloatArray:
        for weight, bias in layers[:-1]:
            x = np.maximum(x @ weight + bias, 0)
        weight, bias = layers[-1]
        return np.asarray(x @ weight + bias, np.float32)

    return answer


def completed(arrays: Mapping[str, FloatArray]) -> Answer:
    """As `dense`, but what its answer lacks to the radius of the sphere is filled up at a right angle to it.

    The mean of all latents that have some features is short; stretched to full length it is a caricature of them.
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
    """Mean latent of the `NEIGHBOURS` nearest of `faces` (N, F), whose latents are those of `seeds` (N,)."""
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
    """Mean over trees of the latent (n,) of the leaf that the features fall into.

    All trees stand one after another: `feature` (M,) which feature a node asks for, -1 in a leaf; `threshold` (M,) up
    to which it goes `left` (M,) and else `right` (M,), numbers of nodes; `leaf` (M,) which row of `values` (L, n) a
    leaf answers; `roots` (T,).
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
    """The direction between the answers of several."""
    return lambda x: np.sum([normalise(member(x)) for member in members], axis=0, dtype=np.float32)
