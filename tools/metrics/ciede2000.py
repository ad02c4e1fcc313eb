"""The distance between two colours as an eye judges it: CIEDE2000.

After Sharma, Wu, Dalal, "The CIEDE2000 color-difference formula" (2005), whose published pairs are in the test.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_TWENTY_FIVE_TO_THE_7 = 25.0**7


def ciede2000(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """Differences (...) of colours (..., 3) in CIELAB, with all weights 1; 1 is about the least that is noticed."""
    lightness_1, a_1, b_1 = np.moveaxis(np.asarray(first, np.float64), -1, 0)
    lightness_2, a_2, b_2 = np.moveaxis(np.asarray(second, np.float64), -1, 0)
    stretch = 0.5 * (1 - _saturation((np.hypot(a_1, b_1) + np.hypot(a_2, b_2)) / 2))  # of a*, near grey
    chroma_1, hue_1 = _polar(a_1 * (1 + stretch), b_1)
    chroma_2, hue_2 = _polar(a_2 * (1 + stretch), b_2)
    is_grey = chroma_1 * chroma_2 == 0  # grey has no hue
    turn = np.where(is_grey, 0.0, (hue_2 - hue_1 + 180) % 360 - 180)
    turn = np.where((turn == -180) & (hue_2 > hue_1), 180.0, turn)
    lightness, chroma = (lightness_1 + lightness_2) / 2, (chroma_1 + chroma_2) / 2
    hue = np.where(is_grey, hue_1 + hue_2, _mean_hue(hue_1, hue_2))
    step_hue = 2 * np.sqrt(chroma_1 * chroma_2) * np.sin(np.radians(turn / 2))
    off_middle = (lightness - 50) ** 2
    by_lightness = (lightness_2 - lightness_1) / (1 + 0.015 * off_middle / np.sqrt(20 + off_middle))
    by_chroma = (chroma_2 - chroma_1) / (1 + 0.045 * chroma)
    by_hue = step_hue / (1 + 0.015 * chroma * _hue_weight(hue))
    twist = -np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2)))) * 2 * _saturation(chroma)  # in the blues
    return np.asarray(np.sqrt(by_lightness**2 + by_chroma**2 + by_hue**2 + twist * by_chroma * by_hue))


def _saturation(chroma: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.sqrt(chroma**7 / (chroma**7 + _TWENTY_FIVE_TO_THE_7)))


def _polar(a: NDArray[np.float64], b: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Chroma, and hue from 0 to 360 degrees."""
    return np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360


def _mean_hue(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """The hue in the middle of the shorter way between two, degrees."""
    total = first + second
    is_far = np.abs(first - second) > 180
    return np.asarray(np.where(is_far, np.where(total < 360, total + 360, total - 360), total) / 2)


def _hue_weight(hue: NDArray[np.float64]) -> NDArray[np.float64]:
    h = np.radians(hue)
    return np.asarray(
        1
        - 0.17 * np.cos(h - np.radians(30))
        + 0.24 * np.cos(2 * h)
        + 0.32 * np.cos(3 * h + np.radians(6))
        - 0.20 * np.cos(4 * h - np.radians(63))
    )
