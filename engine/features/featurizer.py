"""Frame -> Features: what the mirror keeps of a face, as one vector of numbers with a documented layout.

Puts together the mesh, the geometry and the colours, and chooses whose face it is. It does not know what the numbers
are used for. The vector is free of position, scale and roll, which travel beside it as `Placement`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.core.closing import Closing
from engine.features.aligned_crop import crop_aligned, square_of
from engine.features.attribute_reading import ReadsAttributes, read_once
from engine.features.colours import patch_centres, patch_colours
from engine.features.face_mesh import FaceMesh, Mode
from engine.features.face_tracker import Identities, Sighting, Zone, is_ignored, prominence
from engine.features.geometry import FaceGeometry, measure_face
from engine.features.square_filter import SquareFilter
from engine.features.vector import LAYOUT as LAYOUT
from engine.features.vector import FeatureVector, NarcissusVector
from engine.features.vector_2019 import OriginalVector
from engine.types import AlignedCrop, Features, FloatArray, Frame

NARCISSUS: FeatureVector = NarcissusVector()
VECTORS: Mapping[str, FeatureVector] = {kind.layout.name: kind for kind in (NARCISSUS, OriginalVector())}
"""Name of a layout -> what measures it; the first is the mirror's."""


class Featurizer(Closing):
    """The features of one face in each frame: in single pictures the largest near the centre, live the visitor's.

    Args:
        mode: "live" for consecutive frames, in which faces are tracked; "static" for single pictures, banks and
            measurements: every frame is looked at afresh, and small pictures are given a border.
        kind: which numbers are measured.
        attributes: reads age and gender of every face at once, which is for single pictures; before the mirror
            `attributes.AttributeFollower` does so now and then.
        ignore: zones in which no face is looked at: left, top, right, bottom, shares of the picture.
        crops: whether the square around the face is cut out, for an encoder; live it is steadied first.
    """

    def __init__(
        self,
        mode: Mode = "live",
        kind: FeatureVector = NARCISSUS,
        attributes: ReadsAttributes | None = None,
        ignore: Sequence[Zone] = (),
        *,
        crops: bool = False,
    ) -> None:
        self.kind = kind
        self._attributes = attributes
        self._mesh = FaceMesh(mode)
        self._identities = Identities() if mode == "live" else None
        self._ignore = ignore
        self._crops = crops
        self._square_filter = SquareFilter() if mode == "live" else None

    def __call__(self, frame: Frame) -> Features | None:
        """Measure `frame`; None if no face is found in it."""
        height_px, width_px = frame.image.shape[:2]
        faces = self._mesh(frame.image)
        measured = [(points, measure_face(points, width_px, height_px)) for points in faces]
        found = [
            (points, face)
            for points, face in measured
            if face is not None and not is_ignored(face.placement, self._ignore)
        ]
        index, identity = self._choose([face for _, face in found], frame.captured_s)
        if index is None:
            return None
        points, face = found[index]
        roll_rad = face.placement.roll_rad
        centres = patch_centres(points, face.eye_distance_px, roll_rad, (width_px, height_px))
        colours = patch_colours(frame.image, centres, face.eye_distance_px, roll_rad)
        vector = self.kind.measure(frame.image, points, face, colours)
        if not np.isfinite(vector).all():
            return None
        features = Features(
            vector=vector,
            placement=face.placement,
            landmarks_px=points,
            yaw_deg=face.yaw_deg,
            pitch_deg=face.pitch_deg,
            captured_s=frame.captured_s,
            sequence=frame.sequence,
            patches=_rows(centres, colours),
            identity=identity,
            crop=self._crop(frame, points, identity, [other for other, _ in measured]) if self._crops else None,
        )
        return features if self._attributes is None else read_once(self._attributes, frame, features, self.kind)

    def _crop(self, frame: Frame, points: FloatArray, identity: int, all_points: Sequence[FloatArray]) -> AlignedCrop:
        """The square around the face whose landmarks are `points`, one of those in the picture."""
        square = square_of(points)
        if self._square_filter is not None:
            square = self._square_filter(square, identity, frame.captured_s)
        others = [square_of(other) for other in all_points if other is not points and np.isfinite(other).all()]
        return crop_aligned(frame.image, points, square, others)

    def _choose(self, faces: Sequence[FaceGeometry], captured_s: float) -> tuple[int | None, int]:
        """Which face is looked at, if one is, and whose it is; 0 in single pictures."""
        if self._identities is None:
            shown = [prominence(face.placement) for face in faces]
            return (shown.index(max(shown)) if shown else None), 0
        chosen = self._identities.choose([Sighting(face.placement, face.shape) for face in faces], captured_s)
        return (None, 0) if chosen is None else chosen

    def close(self) -> None:
        """Release the mesh."""
        self._mesh.close()


def with_patches(features: Features, stamp: str = LAYOUT.stamp) -> Features:
    """Features whose `patches` were not kept: both parts of them are in the rest.

    Args:
        features: with a vector of the mirror's layout, or of one before it.
        stamp: of the vector's layout.

    Raises:
        ValueError: it is another layout's.
    """
    columns = LAYOUT.columns_of(stamp)
    if columns is None or features.vector.shape != columns.shape:
        raise ValueError(f"a vector of {features.vector.shape} is not of layout {LAYOUT.stamp}")
    colour, place = LAYOUT["colour"], features.placement
    is_colour = (columns >= colour.start) & (columns < colour.stop)
    kept = (columns[is_colour][::3] - colour.start) // 3  # which patches it has
    height_px = features.eye_distance_px / place.eye_distance
    size_wh = height_px * place.aspect, height_px
    centres = patch_centres(features.landmarks_px, features.eye_distance_px, place.roll_rad, size_wh)
    return replace(features, patches=_rows(centres[kept], features.vector[is_colour]))


def _rows(centres: NDArray[np.float64], colours: FloatArray) -> FloatArray:
    return np.hstack([centres, colours.reshape(-1, 3)]).astype(np.float32)
