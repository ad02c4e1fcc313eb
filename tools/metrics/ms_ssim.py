"""Structural similarity at several scales (MS-SSIM, Wang et al. 2003) between pairs of pictures.

Between random pairs it tells variety: samples that are more alike than real pairs come from a generator that draws few
faces. Luma, windows of 11 px with a Gaussian of 1.5 px, as published; the five published scales as far as the window
fits, their weights brought to the sum 1, so values of different sizes are not comparable.
"""

from __future__ import annotations

import numpy as np

from engine.types import ByteArray, FloatArray

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
WINDOW_PX, WINDOW_SD_PX = 11, 1.5
STABILISERS = ((0.01 * 255) ** 2, (0.03 * 255) ** 2)
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
BATCH = 64


def structural_similarity(a: ByteArray, b: ByteArray) -> FloatArray:
    """MS-SSIM (N,) of pairs of pictures (N, S, S, 3) uint8: 1 for equal ones, 0 for unlike ones.

    Raises:
        ValueError: the shapes differ.
    """
    if a.shape != b.shape:
        raise ValueError(f"pairs must be of equal shape, not {a.shape} and {b.shape}")
    found = [_of_batch(a[begin : begin + BATCH], b[begin : begin + BATCH]) for begin in range(0, len(a), BATCH)]
    return np.concatenate(found) if found else np.empty(0, np.float32)


def _of_batch(a: ByteArray, b: ByteArray) -> FloatArray:
    x, y = a @ LUMA, b @ LUMA
    weights = _weights(x.shape[1])
    similarity = np.ones(len(x), np.float32)
    for scale, weight in enumerate(weights):
        luminance, structure = _compare(x, y)
        factor = luminance * structure if scale == len(weights) - 1 else structure
        similarity *= np.maximum(factor.mean(axis=(1, 2)), 0) ** weight
        if scale < len(weights) - 1:
            x, y = _halved(x), _halved(y)
    return similarity


def _weights(size_px: int) -> FloatArray:
    """Of the scales in which the window fits; of one scale at least."""
    count = max(1, sum(size_px >> scale >= WINDOW_PX for scale in range(len(WEIGHTS))))
    weights = np.array(WEIGHTS[:count], np.float32)
    return np.asarray(weights / weights.sum())


def _compare(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Likeness of mean, and of contrast and structure together, at every place of the window."""
    window = _window(x.shape[1])

    def blur(values: FloatArray) -> FloatArray:
        return window @ values @ window.T

    mean_x, mean_y = blur(x), blur(y)
    variance_x, variance_y = blur(x * x) - mean_x**2, blur(y * y) - mean_y**2
    covariance = blur(x * y) - mean_x * mean_y
    c1, c2 = STABILISERS
    luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    return luminance, (2 * covariance + c2) / (variance_x + variance_y + c2)


def _window(size_px: int) -> FloatArray:
    """The Gaussian as a matrix (places, size): a product with it blurs rows; the window stays inside the picture."""
    width = min(WINDOW_PX, size_px)
    offsets = np.arange(width) - (width - 1) / 2
    weights = np.exp(-(offsets**2) / (2 * (WINDOW_SD_PX * width / WINDOW_PX) ** 2))
    matrix = np.zeros((size_px - width + 1, size_px), np.float32)
    for place, row in enumerate(matrix):
        row[place : place + width] = weights / weights.sum()
    return matrix


def _halved(x: FloatArray) -> FloatArray:
    count, height, width = x.shape
    return np.asarray(x.reshape(count, height // 2, 2, width // 2, 2).mean(axis=(2, 4)))
