"""Frame -> Features: what the mirror keeps of a face, as one vector of numbers with a documented layout.

Puts together the mesh, the geometry and the colours, and chooses whose face it is. It does not know what the numbers
are used for. The vector is free of position, scale and roll, which travel beside it as `Placement`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.pipeline.colours import COLOUR_NAMES, patch_centres, patch_colours
from engine.pipeline.face_geometry import (
    EXPRESSION_NAMES,
    SHAPE_LANDMARKS,
    FaceGeometry,
    measure_face,
)
from engine.pipeline.face_mesh import FaceMesh, Mode
from engine.pipeline.feature_layout import FeatureGroup, FeatureLayout
from engine.types import Features, FloatArray, Frame, Placement

LAYOUT = FeatureLayout(
    version=1,
    groups=(
        FeatureGroup(
            "shape",
            tuple(f"{landmark}_{axis}" for landmark in SHAPE_LANDMARKS for axis in "xy"),
            "eye distances",
            "landmarks of FaceMesh relative to the midpoint of the eyes, without roll; x to the right, y down",
        ),
        FeatureGroup("pose", ("yaw", "pitch"), "degrees", "rigid fit to a mean face; right and up are positive"),
        FeatureGroup(
            "expression",
            EXPRESSION_NAMES,
            "eye distances or ratios",
            "measured on the face turned to the front",
        ),
        FeatureGroup("colour", COLOUR_NAMES, "CIELAB", "medians of patches; sRGB, white D65"),
    ),
)

OFF_CENTRE_COST = 0.5  # how much smaller a face at the edge of the picture counts than one in the middle
LOYALTY = 1.3  # how much larger the face of the last frame counts, so that two visitors do not flicker


class Featurizer:
    """The features of the largest face near the centre of each frame.

    Args:
        mode: "live" for consecutive frames, in which faces are tracked; "static" for single pictures, banks and
            measurements: every frame is looked at afresh, and small pictures are given a border.
    """

    def __init__(self, mode: Mode = "live") -> None:
        self._mesh = FaceMesh(mode)
        self._is_live = mode == "live"
        self._last: Placement | None = None

    def __call__(self, frame: Frame) -> Features | None:
        """Measure `frame`; None if no face is found in it."""
        height_px, width_px = frame.image.shape[:2]
        faces = self._mesh(frame.image)
        measured = [(points, measure_face(points, width_px, height_px)) for points in faces]
        found = [(points, face) for points, face in measured if face is not None]
        if not found:
            self._last = None
            return None
        points, face = max(found, key=lambda item: _prominence(item[1].placement, self._last))
        if self._is_live:
            self._last = face.placement
        colours = patch_colours(frame.image, points, face.eye_distance_px)
        vector = _vector(face, colours)
        if not np.isfinite(vector).all():
            return None
        return Features(
            vector=vector,
            placement=face.placement,
            landmarks_px=points,
            yaw_deg=face.yaw_deg,
            pitch_deg=face.pitch_deg,
            captured_s=frame.captured_s,
            sequence=frame.sequence,
            patches=_patches(points, colours),
        )

    def close(self) -> None:
        """Release the mesh."""
        self._mesh.close()

    def __enter__(self) -> Featurizer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def with_patches(features: Features) -> Features:
    """Features of today's layout whose `patches` were not kept: both parts of them are in the rest.

    Raises:
        ValueError: the vector has another layout.
    """
    if features.vector.shape != (LAYOUT.size,):
        raise ValueError(f"a vector of {features.vector.shape} is not of layout {LAYOUT.stamp}")
    return replace(features, patches=_patches(features.landmarks_px, features.vector[LAYOUT["colour"]]))


def _patches(landmarks_px: FloatArray, colours: FloatArray) -> FloatArray:
    return np.hstack([patch_centres(landmarks_px), colours.reshape(-1, 3)]).astype(np.float32)


def _vector(face: FaceGeometry, colours: FloatArray) -> FloatArray:
    pose = np.array([face.yaw_deg, face.pitch_deg], np.float32)
    return np.concatenate([face.shape, pose, face.expression, colours])


def _prominence(face: Placement, last: Placement | None) -> float:
    """How much this is the visitor's face: its size, less towards the edge, more if it was chosen in the last frame."""
    off_centre = min(1.0, float(np.hypot(face.x - 0.5, face.y - 0.5)) * 2)
    prominence = face.eye_distance * (1 - OFF_CENTRE_COST * off_centre)
    if last is not None and np.hypot((face.x - last.x) * face.aspect, face.y - last.y) < last.eye_distance:
        prominence *= LOYALTY
    return prominence
