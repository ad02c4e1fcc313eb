"""Feature filter: smooths each group of the feature vector with its own filter, before the inverter.

Head movement must be followed at once and without jitter; colours change slowly, with the light; age and gender change
most slowly. Knows the groups by name, but not how the numbers are used.
"""

from __future__ import annotations

import math

import numpy as np

from engine.config.reflection import CalmSettings, FilterSettings
from engine.features.layout import FeatureLayout
from engine.features.one_euro import OneEuro
from engine.types import FloatArray

REACH = {"shape": 0.25, "pose": 15.0, "expression": 0.3, "colour": 25.0}
"""Largest plausible distance of a number from the filter's output in one frame, by group and in its unit; more is an
outlier."""


class FeatureFilter:
    """Filters the features of one visitor.

    Args:
        layout: layout of the vectors.
        calm: smoothing of each group.
    """

    def __init__(self, layout: FeatureLayout, calm: CalmSettings) -> None:
        self._size = layout.size
        self._slices = {group.name: layout[group.name] for group in layout.groups}
        self._filters = {
            name: OneEuro(*_parameters(calm.of(name)), reach=REACH.get(name, math.inf)) for name in self._slices
        }

    def tune(self, calm: CalmSettings) -> None:
        """Change the parameters."""
        for name, part in self._filters.items():
            part.tune(*_parameters(calm.of(name)))

    def reset(self) -> None:
        """Forget the visitor: the next features pass unchanged."""
        for part in self._filters.values():
            part.reset()

    def __call__(self, vector: FloatArray, dt_s: float) -> FloatArray:
        """Filter finite features (F,) that came `dt_s` after the last.

        Raises:
            ValueError: the vector has another layout.
        """
        if vector.shape != (self._size,):
            raise ValueError(f"features of shape {vector.shape} do not fit the layout, which has {self._size} numbers")
        parts = [part(vector[self._slices[name]], dt_s) for name, part in self._filters.items()]
        return np.concatenate(parts).astype(np.float32)


def _parameters(settings: FilterSettings) -> tuple[float, float]:
    return settings.min_cutoff_hz, settings.beta
