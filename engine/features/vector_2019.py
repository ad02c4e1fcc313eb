"""`original342`: the 342 numbers that the artwork of 2019 measured of a face, to compare its inverters with ours.

They are 68 landmarks in pixels of a 1024 px portrait, an age class, a gender class, and the picture's colour at each
landmark. We measure what the authors intended; where their program did something else, we differ:

* They used landmarks where the face was in the picture: of a 1024 px portrait in training, of a 640 px camera picture
  in the show. We first move the face to where a portrait has it, upright.
* They read the picture at row x and column y, one pixel each. We read row y and column x, as the median of 25 nearby
  pixels, never beyond the border.
* They used the number of the most probable class. We use the mean of the class numbers, weighted by probability.
* They used another landmark model: the 68 points of iBUG's 300-W (Sagonas et al. 2013). We use the FaceMesh landmarks
  at those points. The jaw differs most, because FaceMesh puts its outline on the face and not on its silhouette.

The rest is theirs: no pose, expressions only as positions, colours in sRGB, and nothing of hair or background.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from engine.features.geometry import FaceGeometry
from engine.features.layout import FeatureGroup, FeatureLayout
from engine.features.vector import Years, regrouped
from engine.types import Alignment, ByteArray, FloatArray

SIDE_PX = 1024
AGES_YEARS = ((0, 2), (4, 6), (8, 12), (15, 20), (25, 32), (38, 43), (48, 53), (60, 100))  # age classes of 2019
LANDMARKS = (
    *(162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389),  # jaw, from the left
    *(71, 63, 105, 66, 107, 336, 296, 334, 293, 301),  # brows
    *(168, 197, 5, 4, 75, 97, 2, 326, 305),  # nose
    *(33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380),  # eyes
    *(61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87),  # lips
)
"""FaceMesh indices of the 68 points, in their order."""

_PORTRAIT = Alignment()
_AGE, _GENDER = (len(AGES_YEARS) - 1) / 2, 0.5
_NEARBY = np.stack(np.meshgrid(*[np.linspace(-0.02, 0.02, 5)] * 2), axis=-1).reshape(-1, 2)  # (25, 2) eye distances

LAYOUT_342 = FeatureLayout(
    name="original342",
    version=1,
    groups=(
        FeatureGroup(
            "landmarks",
            tuple(f"{number}_{axis}" for number in range(1, 69) for axis in "xy"),
            "px",
            f"the 68 points of iBUG's 300-W in an upright portrait of {SIDE_PX} px; x right, y down",
            {str(number): f"landmark {landmark} of FaceMesh" for number, landmark in enumerate(LANDMARKS, 1)},
        ),
        FeatureGroup(
            "attributes",
            ("age", "gender"),
            "classes",
            "mean class number; the middle if it is switched off or has not run yet",
            {"age": "0 (up to 2 years) to 7 (from 60 years)", "gender": "0 male, 1 female"},
            neutral=(_AGE, _GENDER),
        ),
        FeatureGroup(
            "colour",
            tuple(f"{number}_{channel}" for number in range(1, 69) for channel in "RGB"),
            "sRGB, 0 to 255",
            "of the picture at each landmark",
        ),
    ),
)


class OriginalVector:
    """The numbers of 2019, laid out as `LAYOUT_342`."""

    layout = LAYOUT_342

    def measure(
        self, image: ByteArray, landmarks_px: FloatArray, face: FaceGeometry, colours: FloatArray
    ) -> FloatArray:
        """See `FeatureVector.measure`."""
        points = landmarks_px[list(LANDMARKS), :2].astype(np.float64)
        roll_rad = face.placement.roll_rad
        cos, sin = math.cos(roll_rad), math.sin(roll_rad)
        upright = (points - face.eyes_px) @ np.array([[cos, -sin], [sin, cos]]) / face.eye_distance_px
        portrait = SIDE_PX * (_PORTRAIT.eye_distance * upright + np.array([_PORTRAIT.x, _PORTRAIT.y]))
        places = np.floor(points[:, None] + _NEARBY * face.eye_distance_px)  # (68, 25, 2)
        columns_rows = np.clip(places, 0, np.array(image.shape[1::-1]) - 1).astype(np.intp)
        there = np.median(image[columns_rows[..., 1], columns_rows[..., 0]], axis=1)  # (68, 3)
        return np.asarray(np.concatenate([portrait.ravel(), (_AGE, _GENDER), there.ravel()]), np.float32)

    def with_attributes(self, vector: FloatArray, readings: Mapping[str, FloatArray], years: Years) -> FloatArray:
        """See `FeatureVector.with_attributes`."""
        filled = vector.copy()
        age, gender = _AGE, _GENDER
        if "age" in readings:
            age = float(regrouped(readings["age"], years, AGES_YEARS) @ np.arange(len(AGES_YEARS)))
        if "gender" in readings:
            gender = float(readings["gender"][1])
        filled[LAYOUT_342["attributes"]] = age, gender
        return filled
