"""Fitting of the readout from the generator's first layers to a face's code: ridge regression on a bank.

The activations of `engine/networks/generator/trunk.py` at 8x8 determine nearly all of the finished face, and the code
is nearly linear in them; so one system of normal equations replaces the training of a network (Hoerl and Kennard 1970).
The ridge parameter is selected on held-out faces.
"""

from __future__ import annotations

import numpy as np
from tqdm import tqdm

from engine.networks.generator.trunk import Trunk
from engine.networks.inversion.refining_inverter import ReadoutWeights
from engine.networks.inversion.retrieval_inverter import InverterWeights
from engine.networks.pggan.latent_sphere import seed_latents
from engine.types import FloatArray

MOST_FACES = (
    16_000  # with 60 000 the readout explains more (0.86 instead of 0.83 of the variance), but refines no better
)
BATCH = 250  # faces whose activations are in memory at once
LEFT_OUT_SHARE, MOST_LEFT_OUT = 0.05, 2000
STRENGTHS = (0.003, 0.03, 0.3)  # of the ridge, in mean squares of an activation


def fit_readout(trunk: Trunk, weights: InverterWeights) -> ReadoutWeights:
    """Fit the readout of an inverter's codes, with a progress bar.

    Args:
        trunk: trunk of the bank's generator.
        weights: weights of the inverter, whose bank has at least two faces.
    """
    codes, seeds = weights.codes[:MOST_FACES], weights.seeds[:MOST_FACES].astype(np.int64)
    left_out = min(MOST_LEFT_OUT, max(1, int(LEFT_OUT_SHARE * len(seeds))))
    fitted = len(seeds) - left_out
    bias = codes[:fitted].mean(axis=0)
    square = np.zeros((trunk.size, trunk.size), np.float32)
    cross = np.zeros((trunk.size, codes.shape[1]), np.float32)
    total = np.zeros(trunk.size, np.float64)
    for begin in tqdm(range(0, fitted, BATCH), unit=f" x {BATCH} faces", desc="readout"):
        chosen = slice(begin, min(begin + BATCH, fitted))
        x = trunk(seed_latents(seeds[chosen], trunk.latent_size))
        square += x.T @ x
        cross += x.T @ (codes[chosen] - bias)
        total += x.sum(axis=0)
    mean = (total / fitted).astype(np.float32)
    square -= fitted * np.outer(mean, mean)
    rest = np.concatenate(
        [
            trunk(seed_latents(seeds[begin : begin + BATCH], trunk.latent_size))
            for begin in range(fitted, len(seeds), BATCH)
        ]
    )
    weight, doubt = _best(square, cross, rest - mean, codes[fitted:] - bias)
    return ReadoutWeights(weight, bias - mean @ weight, doubt)


def _best(square: FloatArray, cross: FloatArray, x: FloatArray, wanted: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weights (M, D) with the ridge parameter that fits held-out codes (N, D) best, and their residuals."""
    unit = float(np.trace(square)) / len(square)
    found = []
    for strength in STRENGTHS:
        held_back = square.copy()
        held_back[np.diag_indices(len(square))] += np.float32(strength * unit)
        weight = np.linalg.solve(held_back, cross)
        missed = np.mean((x @ weight - wanted) ** 2, axis=0)
        found.append((float(missed.sum()), weight, np.maximum(missed, 1e-6).astype(np.float32)))
    _, weight, doubt = min(found, key=lambda item: item[0])
    return weight, doubt
