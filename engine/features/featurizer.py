"""Frame -> Features: the measurements of a face as one vector with a documented layout.

Combines face finder, geometry and colours, and selects who is reflected. Does not know what the numbers are used for.
The vector is independent of position, scale and roll; those are in `Placement`.
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
from engine.features.colours import Points, patch_centres, patch_colours
from engine.features.face_cover import FaceCover
from engine.features.face_finder import FindsFaces, LiveFaces, SeenFace, StillFaces
from engine.features.face_tracker import Identities, Sighting, Zone, is_ignored, prominence
from engine.features.geometry import FaceGeometry, measure_face
from engine.features.square_filter import SquareFilter
from engine.features.vector import LAYOUT as LAYOUT
from engine.features.vector import FeatureVector, NarcissusVector
from engine.features.vector_2019 import OriginalVector
from engine.types import AlignedCrop, ByteArray, Features, FloatArray, Frame

NARCISSUS: FeatureVector = NarcissusVector()
Mode = Literal["live", "static"]
MOST_FILTERS = 16  # filters of the squares, before those of people who left are dropped

VECTORS: Mapping[str, FeatureVector] = {kind.layout.name: kind for kind in (NARCISSUS, OriginalVector())}
"""Layout name -> what measures it; the first one is the mirror's."""


@dataclass(frozen=True, slots=True)
class _Found:
    """Plausible face: result of the face finder, and its geometry."""

    seen: SeenFace
    geometry: FaceGeometry
    patches: tuple[Points, FloatArray] | None = None
    held: Features | None = None


class Featurizer(Closing):
    """Measures the faces in frames: the visitor's in live mode, the largest near the centre in single pictures.

    Args:
        mode: "live" for consecutive frames with tracking; "static" for single pictures, banks and measurements: every
                frame is searched afresh, and small pictures get a border.
        kind: which numbers to measure.
        attributes: reads age and gender of every face at once, for single pictures; in the show
                `attributes.AttributeFollower` does so at intervals.
        ignore: zones without faces: left, top, right, bottom as shares of the picture.
        crops: whether to cut the aligned square for an encoder; in live mode it is smoothed first.
        clock: keeps the live search for far faces within its time budget; None assumes a typical cost.
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
        self._covers: dict[int, FaceCover] = {}
        self._open: dict[int, tuple[FaceGeometry, Features]] = {}  # latest measurements of uncovered faces, by track

    def __call__(self, frame: Frame) -> Features | None:
        """Measure the visitor in `frame`; None if there is no face, or theirs is hidden."""
        found = self._find(frame)
        answered, identities = self._choose(found, frame.captured_s)
        if answered is None:
            return None
        features = self._measure(frame, found, answered, identities[answered])
        if features is None or self._attributes is None:
            return features
        return read_once(self._attributes, frame, features, self.kind)

    def everyone(self, frame: Frame) -> list[Features]:
        """Measure everyone in `frame`: the visitor first, then by distance.

        With many people, some are not measured in every frame; they keep their last measurement, and `captured_s`
        states its time. Use either this or the call operator, not both.
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
        faces = self._faces(frame.image)
        tracks = {seen.track for seen in faces}
        self._covers = {track: cover for track, cover in self._covers.items() if track in tracks}
        self._open = {track: kept for track, kept in self._open.items() if track in tracks}
        found = (self._look_at(frame, seen) for seen in faces)
        return [face for face in found if face is not None and not is_ignored(face.geometry.placement, self._ignore)]

    def _look_at(self, frame: Frame, seen: SeenFace) -> _Found | None:
        """Measure where a face is; one that is covered is where it was. None if it is no face."""
        height_px, width_px = frame.image.shape[:2]
        face = measure_face(seen.landmarks_px, width_px, height_px)
        patches = None if face is None else _patches(frame.image, seen, face)
        if self._identities is not None and seen.is_fresh:
            cover = self._covers.setdefault(seen.track, FaceCover())
            if face is None or patches is None:
                is_covered = cover.slip(frame.captured_s)
            else:
                is_covered = cover(patches[1], face.yaw_deg, face.pitch_deg, frame.captured_s)
            if is_covered and seen.track in self._open:
                geometry, held = self._open[seen.track]
                return _Found(seen, geometry, held=held)
        return None if face is None else _Found(seen, face, patches)

    def _measure(self, frame: Frame, found: Sequence[_Found], index: int, identity: int) -> Features | None:
        """Features of one of the faces; None if they are not finite."""
        points, face, held = found[index].seen.landmarks_px, found[index].geometry, found[index].held
        if held is not None:  # without a crop: its last answer stands
            return replace(held, captured_s=frame.captured_s, sequence=frame.sequence, identity=identity, crop=None)
        centres, colours = found[index].patches or _patches(frame.image, found[index].seen, face)
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
            crop=self._crop(frame, found, index, identity) if self._crops else None,
        )
        self._open[found[index].seen.track] = face, features
        return features

    def _crop(self, frame: Frame, found: Sequence[_Found], index: int, identity: int) -> AlignedCrop:
        """Aligned square of one of the faces, corrected to normal light."""
        points = found[index].seen.landmarks_px
        square = square_of(points)
        if self._identities is not None:
            square = self._square_filters.setdefault(identity, SquareFilter())(square, identity, frame.captured_s)
        others = [square_of(other.seen.landmarks_px) for other in found if other is not found[index]]
        crop = crop_aligned(frame.image, points, square, others)
        return replace(crop, pixels=found[index].seen.light.corrected(crop.pixels))

    def _choose(self, found: Sequence[_Found], captured_s: float) -> tuple[int | None, list[int]]:
        """Index of the visitor's face, if any, and all identities; 0 in single pictures."""
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
        """Release the face finder."""
        self._faces.close()

    def __enter__(self) -> Featurizer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def with_patches(features: Features, stamp: str = LAYOUT.stamp) -> Features:
    """Restore `patches` of stored features from the rest of their vector.

    Args:
        features: with a vector of the mirror's layout or a predecessor.
        stamp: layout of the vector.

    Raises:
        ValueError: the layout is another one.
    """
    columns = LAYOUT.columns_of(stamp)
    if columns is None or features.vector.shape != columns.shape:
        raise ValueError(f"a vector of {features.vector.shape} does not have layout {LAYOUT.stamp}")
    colour, place = LAYOUT["colour"], features.placement
    is_colour = (columns >= colour.start) & (columns < colour.stop)
    kept = (columns[is_colour][::3] - colour.start) // 3  # which patches it has
    height_px = features.eye_distance_px / place.eye_distance
    size_wh = height_px * place.aspect, height_px
    centres = patch_centres(features.landmarks_px, features.eye_distance_px, place.roll_rad, size_wh)
    return replace(features, patches=_rows(centres[kept], features.vector[is_colour]))


def _patches(picture: ByteArray, seen: SeenFace, face: FaceGeometry) -> tuple[Points, FloatArray]:
    """Centres (P, 2) and colours (P * 3,) of the patches of a face."""
    roll_rad = face.placement.roll_rad
    size_wh = picture.shape[1], picture.shape[0]
    centres = patch_centres(seen.landmarks_px, face.eye_distance_px, roll_rad, size_wh)
    return centres, patch_colours(picture, centres, face.eye_distance_px, roll_rad, seen.light)


def _rows(centres: NDArray[np.float64], colours: FloatArray) -> FloatArray:
    return np.hstack([centres, colours.reshape(-1, 3)]).astype(np.float32)
