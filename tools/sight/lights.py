"""Simulation of bad light: a camera's picture of a scene that is well lit in the original.

Light is scaled in linear space; then photon noise, read noise, and quantisation to 8-bit sRGB are applied.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.types import ByteArray

FULL_WELL = 4000.0  # photons in the brightest pixel of a small sensor
READ_NOISE = 4.0  # photons
DIM_SHARE = 0.05
BEHIND_SHARE = 0.06  # share of the usual light on faces with a window behind them
RED_LAMP = (1.0, 0.16, 0.06)

Linear = NDArray[np.float64]
_LEVELS = np.arange(256) / 255
_TO_LINEAR = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4)


def usual(picture: ByteArray, face: NDArray[np.float64], random: np.random.Generator) -> ByteArray:
    """Sufficient light from all sides."""
    return _photographed(_TO_LINEAR[picture], random)


def dim(picture: ByteArray, face: NDArray[np.float64], random: np.random.Generator) -> ByteArray:
    """A twentieth of that."""
    return _photographed(_TO_LINEAR[picture] * DIM_SHARE, random)


def from_behind(picture: ByteArray, face: NDArray[np.float64], random: np.random.Generator) -> ByteArray:
    """Bright window behind the person: the camera exposes for it, and the person is a silhouette."""
    height, width = picture.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width]
    away = np.hypot((columns - face[0]) / face[2], (rows - face[1]) / (1.5 * face[2]))
    shade = np.clip((away - 0.8) * 2.5, 0, 1)[..., None]
    light = _TO_LINEAR[picture] * BEHIND_SHARE
    return _photographed(light + shade * (0.9 - light), random)


def one_red_lamp(picture: ByteArray, face: NDArray[np.float64], random: np.random.Generator) -> ByteArray:
    """Reddish light of a bar, half as bright."""
    return _photographed(_TO_LINEAR[picture] * 0.5 * np.array(RED_LAMP), random)


LIGHTS: Mapping[str, Callable[[ByteArray, NDArray[np.float64], np.random.Generator], ByteArray]] = {
    "usual": usual,
    "5 % of it": dim,
    "from behind": from_behind,
    "one red lamp": one_red_lamp,
}
"""Name -> function of picture (H, W, 3), face (x, y, width; px) and random generator that gives a camera's picture."""


def _photographed(light: Linear, random: np.random.Generator) -> ByteArray:
    photons = np.clip(light, 0, 1).astype(np.float32) * np.float32(FULL_WELL)
    noise = random.standard_normal(photons.shape, np.float32) * np.sqrt(photons + np.float32(READ_NOISE**2))
    noise = cv2.GaussianBlur(noise, (0, 0), 0.6)  # from colour interpolation between neighbours
    linear = np.clip((photons + noise) / FULL_WELL, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(encoded * 255), np.uint8)
