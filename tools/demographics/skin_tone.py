"""Skin tone of a picture: individual typology angle, ITA° = atan((L* - 50) / b*) · 180 / π, and its six bands.

The angle and its names are from Chardon, Cretois and Hourseau (1991) and Del Bino and Bernerd (2013), who measured skin
with a spectrophotometer. In a photograph it also depends on light, white balance, film, print and make-up: it describes
how light a face is shown, not what skin a person has.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.features.featurizer import LAYOUT
from engine.types import FloatArray

PATCHES = ("forehead", "cheek_left", "cheek_right")
BANDS = ("very light", "light", "intermediate", "tan", "brown", "dark")
LIMITS_DEG = (55.0, 41.0, 28.0, 10.0, -30.0)  # lower end of each band but the last
LEAST_B = 2.0  # smaller b* means grey or blue light on the skin; the angle is then meaningless

_L_COLUMNS = [LAYOUT.index(f"colour.{patch}_L") for patch in PATCHES]
_B_COLUMNS = [LAYOUT.index(f"colour.{patch}_b") for patch in PATCHES]


def ita_deg(lightness: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Angle from L* and b*, of any shape; NaN if b* is below `LEAST_B`."""
    return np.where(b >= LEAST_B, np.degrees(np.arctan2(lightness - 50, b)), np.nan)


def skin_ita_deg(vectors: FloatArray) -> NDArray[np.float64]:
    """Angle of faces (N, F), from the median of forehead and cheeks: (N,), NaN if it cannot be measured."""
    lightness, b = (np.median(vectors[:, columns].astype(np.float64), axis=1) for columns in (_L_COLUMNS, _B_COLUMNS))
    return ita_deg(lightness, b)


def band_of(ita: NDArray[np.float64]) -> NDArray[np.intp]:
    """Index into `BANDS` of each angle (N,), none NaN; a band starts above its lower end."""
    return np.asarray(np.sum(ita[:, None] <= np.array(LIMITS_DEG), axis=1))
