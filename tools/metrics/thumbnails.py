"""Thumbnails: pictures as short vectors of pixels, whose distances depend on light and shape and not on grain."""

from __future__ import annotations

import numpy as np

from engine.types import ByteArray, FloatArray
from tools.dataset.portrait_set import halve

SIDE_PX = 32


def shrunk(pictures: ByteArray, most_px: int) -> ByteArray:
    """Halve pictures (N, S, S, 3) uint8 by averaging until they are at most `most_px` wide."""
    while pictures.shape[1] > most_px and pictures.shape[1] % 2 == 0:
        pictures = halve(pictures)
    return pictures


def thumbnails(pictures: ByteArray) -> FloatArray:
    """Pixels (N, D) float32, 0 to 255, of pictures (N, S, S, 3) uint8 at 32 px or their own size if smaller."""
    return shrunk(pictures, SIDE_PX).reshape(len(pictures), -1).astype(np.float32)


class PixelComponents:
    """Principal components of thumbnail pixels, to compare sets of pictures as a whole.

    Args:
        pictures: (N, S, S, 3) uint8; their thumbnails define the components.
        count: maximum number of components.
    """

    def __init__(self, pictures: ByteArray, count: int = 64) -> None:
        pixels = thumbnails(pictures)
        self._mean = pixels.mean(axis=0)
        centred = pixels - self._mean
        if len(centred) < centred.shape[1]:  # the same axes from the smaller of the two products
            variance, left = np.linalg.eigh(centred @ centred.T)
            variance, left = variance[::-1][:count], left[:, ::-1][:, :count]
            kept = variance > 1e-6 * max(float(variance[0]), 1e-12)
            axes = centred.T @ left[:, kept] / np.sqrt(variance[kept])
        else:
            axes = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :count]
        self._axes: FloatArray = np.asarray(axes, np.float32)

    def __call__(self, pictures: ByteArray) -> FloatArray:
        """Coordinates (N, count) float32, in levels, of pictures of the same size; not whitened."""
        return (thumbnails(pictures) - self._mean) @ self._axes
