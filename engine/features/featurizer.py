"""Frame -> Features: what the mirror keeps of a face, as one vector of numbers with a documented layout.

Puts together faces, geometry and colours, and chooses whose face is answered. It does not know what the numbers are
used for. The vector is free of position, scale and roll, which travel beside it as `Placement`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.core.clock import TimeSource
from engine.core.closing import Closing
from engine.features.aligned_crop import crop_aligned, square_of
from engine.features.attribute_reading import ReadsAttributes, read_once
from engine.features.colours import patch_centres, patch_colours
from engine.features.face_finder import FindsFaces, LiveFaces, SeenFace, StillFaces
from engine.features.face_tracker import Identities, Sighting, Zone, is_ignored, prominence
from engine.features.geometry import FaceGeometry, measure_face
from engine.features.square_filter import SquareFilter
from engine.features.vector import LAYOUT as LAYOUT
from engine.features.vector import FeatureVector, NarcissusVector
from engine.features.vector_2019 import OriginalVector
from engine.types import AlignedCrop, Features, FloatArray, Frame

NARCISSUS: FeatureVector = NarcissusVector()
Mode = Literal["live", "static"]
MOST_FILTERS = 16  # of people's squares, before those who have left are forgotten

VECTORS: Mapping[str, FeatureVector] = {kind.layout.name: kind for kind in (NARCISSUS, OriginalVector())}
"""Name of a layout -> what measures it; the first is the mirror's."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A face that is one: what finds faces saw, and its geometry."""

    seen: SeenFace
    geometry: FaceGeometry


class Featurizer(Closing):
    """The features of the faces in each frame: in single pictures the largest near the centre first, live the visitor.

    Args:
        mode: "live" for consecutive frames, in which faces are tracked; "static" for single pictures, banks and
            measurements: every frame is looked at afresh, and small pictures are given a border.
        kind: which numbers are measured.
        attributes: reads age and gender of every face at once, which is for single pictures; before the mirror
            `attributes.AttributeFollower` does so now and then.
        ignore: zones in which no face is looked at: left, top, right, bottom, shares of the picture.
        crops: whether the square around the face is cut out, for an encoder; live it is steadied first.
        clock: keeps the search for far faces within its time, live; None takes a usual cost of it.
    """

    def __init__(
        self,
        mode: Mode = "live",
        kind: FeatureVector = NARCISSUS,
        attributes: ReadsAttributes | None = None,
        ignore: Sequence[Zone] = (),
        *,
        crops: bool = False,
        clock: TimeSource | None = None,
    ) -> None:
        self.kind = kind
        self._attributes = attributes
        self._faces: FindsFaces = LiveFaces(ignore, clock) if mode == "live" else StillFaces(ignore)
        self._identities = Identities() if mode == "live" else None
        self._ignore = ignore
        self._crops = crops
        self._square_filters: dict[int, SquareFilter] = {}
        self._measured: dict[int, Features] = {}

    def __call__(self, frame: Frame) -> Features | None:
        """Measure the one who is answered in `frame`; None if no face is found in it, or theirs is covered."""
        found = self._find(frame)
        answered, identities = self._choose(found, frame.captured_s)
        if answered is None:
            return None
        features = self._measure(frame, found, answered, identities[answered])
        if features is None or self._attributes is None:
            return features
        return read_once(self._attributes, frame, features, self.kind)

    def everyone(self, frame: Frame) -> list[Features]:
        """Measure everybody in `frame`, the one who is answered first, then the nearest.

        Who was not looked at in this frame, because there are many, is told as in the last one in which they were:
        `captured_s` says when. To be called instead of the object itself, not beside it.
        """
        found = self._find(frame)
        answered, identities = self._choose(found, frame.captured_s)
        order = sorted(range(len(found)), key=lambda index: (index != answered, -found[index].geometry.eye_distance_px))
        people: dict[int, Features] = {}
        for index in order:
            last = self._measured.get(found[index].seen.track)
            is_new = found[index].seen.is_fresh or last is None
            features = self._measure(frame, found, index, identities[index]) if is_new else last
            if features is not None:
                people[index] = replace(features, identity=identities[index])
        self._measured = {found[index].seen.track: features for index, features in people.items()}
        return list(people.values())

    def _find(self, frame: Frame) -> list[_Found]:
        height_px, width_px = frame.image.shape[:2]
        measured = [(seen, measure_face(seen.landmarks_px, width_px, height_px)) for seen in self._faces(frame.image)]
        return [
            _Found(seen, face)
            for seen, face in measured
            if face is not None and not is_ignored(face.placement, self._ignore)
        ]

    def _measure(self, frame: Frame, found: Sequence[_Found], index: int, identity: int) -> Features | None:
        """The features of one of the faces; None if they are no numbers."""
        height_px, width_px = frame.image.shape[:2]
        points, face, light = found[index].seen.landmarks_px, found[index].geometry, found[index].seen.light
        roll_rad = face.placement.roll_rad
        centres = patch_centres(points, face.eye_distance_px, roll_rad, (width_px, height_px))
        colours = patch_colours(frame.image, centres, face.eye_distance_px, roll_rad, light)
        vector = self.kind.measure(frame.image, points, face, colours)
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
            patches=_rows(centres, colours),
            identity=identity,
            crop=self._crop(frame, found, index, identity) if self._crops else None,
        )

    def _crop(self, frame: Frame, found: Sequence[_Found], index: int, identity: int) -> AlignedCrop:
        """The square around one of the faces, in usual light."""
        points = found[index].seen.landmarks_px
        square = square_of(points)
        if self._identities is not None:
            square = self._square_filters.setdefault(identity, SquareFilter())(square, identity, frame.captured_s)
        others = [square_of(other.seen.landmarks_px) for other in found if other is not found[index]]
        crop = crop_aligned(frame.image, points, square, others)
        return replace(crop, pixels=found[index].seen.light.corrected(crop.pixels))

    def _choose(self, found: Sequence[_Found], captured_s: float) -> tuple[int | None, list[int]]:
        """Which face is answered, if one is, and whose each is; 0 in single pictures."""
        if self._identities is None:
            shown = [prominence(face.geometry.placement) for face in found]
            return (shown.index(max(shown)) if shown else None), [0] * len(found)
        sightings = [Sighting(face.geometry.placement, face.geometry.shape) for face in found]
        answered, identities = self._identities.choose(sightings, captured_s)
        if len(self._square_filters) > MOST_FILTERS:
            self._square_filters = {
                number: kept for number, kept in self._square_filters.items() if number in identities
            }
        return answered, identities

    def close(self) -> None:
        """Release what finds faces."""
        self._faces.close()

    def __enter__(self) -> Featurizer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


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
