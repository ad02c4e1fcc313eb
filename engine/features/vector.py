"""The layout of the feature vector, version 2, and what fills it. docs/features.md lists every number.

A number keeps its name and meaning from version to version, or it is a new one; so what was made for the layout before
still finds all its numbers (`FeatureLayout.columns_of`). It does not know the library that finds landmarks.
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
    "landmarks of FaceMesh relative to the midpoint of the eyes, without roll; x to the right, y down",
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
    "measured on the face turned to the front",
    EXPRESSIONS,
)
_COLOUR = FeatureGroup(
    "colour",
    COLOUR_NAMES,
    "CIELAB",
    "medians of patches on the face and of strips beside it; sRGB, white D65",
    {patch.name: patch.where for patch in PATCHES},
)
_ATTRIBUTES = FeatureGroup(
    "attributes",
    (*AGES, "male"),
    "probabilities",
    "what a classifier takes the viewer for; an even guess where it is switched off or has not looked yet",
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
        # version 1 took the colour of the hair where most foreheads end
        Predecessor(_FIRST, {f"colour.hair_top_{channel}": f"colour.hairline_{channel}" for channel in "Lab"}),
    ),
)


class FeatureVector(Protocol):
    """A layout, and how its numbers are filled in."""

    @property
    def layout(self) -> FeatureLayout: ...

    def measure(
        self, image: ByteArray, landmarks_px: FloatArray, face: FaceGeometry, colours: FloatArray
    ) -> FloatArray:
        """The vector (layout.size,) float32 of a face, with the attributes unknown.

        Args:
            image: (H, W, 3) uint8 RGB that shows the face.
            landmarks_px: (478, 3) in it.
            face: what was measured of them.
            colours: of `colours.patch_colours`.
        """

    def with_attributes(self, vector: FloatArray, readings: Mapping[str, FloatArray], years: Years) -> FloatArray:
        """The vector with what classifiers say.

        Args:
            readings: probabilities of `age` (classes,) and `gender` (male, female), as far as they were read.
            years: first and last year of each class of the ages.
        """


class NarcissusVector:
    """Shape, pose, expression, colours and attributes, as `LAYOUT` has them."""

    layout = LAYOUT

    def measure(
        self, image: ByteArray, landmarks_px: FloatArray, face: FaceGeometry, colours: FloatArray
    ) -> FloatArray:
        """See `FeatureVector.measure`; the picture and its landmarks are in the other two already."""
        pose = np.array([face.yaw_deg, face.pitch_deg], np.float32)
        unknown = np.array(_ATTRIBUTES.neutral, np.float32)
        return np.concatenate([face.shape, pose, face.expression, colours, unknown])

    def with_attributes(self, vector: FloatArray, readings: Mapping[str, FloatArray], years: Years) -> FloatArray:
        """See `FeatureVector.with_attributes`."""
        told = vector.copy()
        ages = regrouped(readings["age"], years, tuple(AGES.values())) if "age" in readings else EVEN_AGES
        male = readings["gender"][0] if "gender" in readings else EVEN_GENDER
        told[LAYOUT["attributes"]] = (*ages, male)
        return told


def regrouped(probabilities: FloatArray, years: Years, groups: Years) -> FloatArray:
    """Probabilities of ages in classes of `years` as probabilities of ages in `groups` (len(groups),).

    Within a class each year is as probable as the other; it belongs to the nearest group.
    """
    return np.asarray(probabilities @ _shares(years, groups), np.float32)


@lru_cache(maxsize=8)
def _shares(years: Years, groups: Years) -> NDArray[np.float64]:
    """Which share of each class lies in each group, (classes, groups)."""
    shares = np.zeros((len(years), len(groups)))
    for row, (first, last) in enumerate(years):
        for year in range(first, last + 1):
            apart = [max(low - year, year - high, 0) for low, high in groups]
            shares[row, int(np.argmin(apart))] += 1 / (last - first + 1)
    return shares
