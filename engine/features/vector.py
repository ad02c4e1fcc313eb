"""Feature vector, version 2: its layout and how it is filled. docs/features.md lists every number.

A number either keeps its name and meaning from version to version, or gets a new name; so artefacts made for the
previous layout still find all their numbers (`FeatureLayout.columns_of`). Knows no landmark model.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.features.colours import COLOUR_NAMES, PATCHES
from engine.features.geometry import EXPRESSION_NAMES, EXPRESSIONS, SHAPE_LANDMARKS, FaceGeometry
from engine.features.layout import FeatureGroup, FeatureLayout, Predecessor
from engine.types import ByteArray, FloatArray

Years = tuple[tuple[int, int], ...]

AGES: Mapping[str, tuple[int, int]] = {"under_50": (0, 49), "from_50": (50, 64), "from_65": (65, 100)}
EVEN_AGES, EVEN_GENDER = (1 / len(AGES),) * len(AGES), 0.5

_SHAPE = FeatureGroup(
    "shape",
    tuple(f"{landmark}_{axis}" for landmark in SHAPE_LANDMARKS for axis in "xy"),
    "eye distances",
    "landmarks of FaceMesh relative to the midpoint between the eyes, without roll; x right, y down",
)
_POSE = FeatureGroup(
    "pose",
    ("yaw", "pitch"),
    "degrees",
    "rigid fit to a mean face",
    {"yaw": "to the right of the picture", "pitch": "up"},
)
_EXPRESSION = FeatureGroup(
    "expression",
    EXPRESSION_NAMES,
    "eye distances or ratios",
    "measured on the frontalised face",
    EXPRESSIONS,
)
_COLOUR = FeatureGroup(
    "colour",
    COLOUR_NAMES,
    "CIELAB",
    "medians of patches on the face and strips beside it; sRGB, white D65",
    {patch.name: patch.where for patch in PATCHES},
)
_ATTRIBUTES = FeatureGroup(
    "attributes",
    (*AGES, "male"),
    "probabilities",
    "probabilities from a classifier; uniform if it is switched off or has not run yet",
    {"under_50": "up to 49 years", "from_50": "50 to 64 years", "from_65": "65 years and more", "male": "not female"},
    neutral=(*EVEN_AGES, EVEN_GENDER),
)

_FIRST = FeatureLayout(
    name="narcissus",
    version=1,
    groups=(
        _SHAPE,
        _POSE,
        FeatureGroup("expression", EXPRESSION_NAMES[:15], _EXPRESSION.unit, _EXPRESSION.what),
        FeatureGroup("colour", COLOUR_NAMES[: 3 * 21], _COLOUR.unit, _COLOUR.what),
    ),
)
LAYOUT = FeatureLayout(
    name="narcissus",
    version=2,
    groups=(_SHAPE, _POSE, _EXPRESSION, _COLOUR, _ATTRIBUTES),
    predecessors=(
        # version 1 sampled the hair where most foreheads end
        Predecessor(_FIRST, {f"colour.hair_top_{channel}": f"colour.hairline_{channel}" for channel in "Lab"}),
    ),
)


class FeatureVector(Protocol):
    """Layout, and how its numbers are measured."""

    @property
    def layout(self) -> FeatureLayout: ...

    def measure(
        self, image: ByteArray, landmarks_px: FloatArray, face: FaceGeometry, colours: FloatArray
    ) -> FloatArray:
        """Measure the vector (layout.size,) float32 of a face, with unknown attributes.

        Args:
            image: (H, W, 3) uint8 RGB with the face.
            landmarks_px: (478, 3) in it.
            face: geometry of these landmarks.
            colours: result of `colours.patch_colours`.
        """

    def with_attributes(self, vector: FloatArray, readings: Mapping[str, FloatArray], years: Years) -> FloatArray:
        """Fill the results of classifiers into a vector.

        Args:
            readings: probabilities of `age` (classes,) and `gender` (male, female), as far as available.
            years: first and last year of each age class.
        """


class NarcissusVector:
    """Shape, pose, expression, colours and attributes, laid out as `LAYOUT`."""

    layout = LAYOUT

    def measure(
        self, image: ByteArray, landmarks_px: FloatArray, face: FaceGeometry, colours: FloatArray
    ) -> FloatArray:
        """See `FeatureVector.measure`; everything needed is already in `face` and `colours`."""
        pose = np.array([face.yaw_deg, face.pitch_deg], np.float32)
        unknown = np.array(_ATTRIBUTES.neutral, np.float32)
        return np.concatenate([face.shape, pose, face.expression, colours, unknown])

    def with_attributes(self, vector: FloatArray, readings: Mapping[str, FloatArray], years: Years) -> FloatArray:
        """See `FeatureVector.with_attributes`."""
        filled = vector.copy()
        ages = regrouped(readings["age"], years, tuple(AGES.values())) if "age" in readings else EVEN_AGES
        male = readings["gender"][0] if "gender" in readings else EVEN_GENDER
        filled[LAYOUT["attributes"]] = (*ages, male)
        return filled


def regrouped(probabilities: FloatArray, years: Years, groups: Years) -> FloatArray:
    """Convert probabilities of age classes `years` to probabilities of age classes `groups`, (len(groups),).

    Years within a class are equally probable; each belongs to the nearest group.
    """
    return np.asarray(probabilities @ _shares(years, groups), np.float32)


@lru_cache(maxsize=8)
def _shares(years: Years, groups: Years) -> NDArray[np.float64]:
    """Share of each class that lies in each group, (classes, groups)."""
    shares = np.zeros((len(years), len(groups)))
    for row, (first, last) in enumerate(years):
        for year in range(first, last + 1):
            apart = [max(low - year, year - high, 0) for low, high in groups]
            shares[row, int(np.argmin(apart))] += 1 / (last - first + 1)
    return shares
