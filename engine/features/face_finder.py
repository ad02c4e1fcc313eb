"""Face finding, near and far: tracks faces through consecutive pictures, and searches single pictures thoroughly.

Tracking runs the mesh on the square around the last landmarks, cut from the full picture. Searching (`face_search.py`)
gets little time while someone is being tracked. Knows neither features nor identities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from engine.core.clock import TimeSource
from engine.features.dim_light import Light, LightHelp, gain_of_room
from engine.features.face_detector import open_detector
from engine.features.face_mesh import FaceMesh
from engine.features.face_region import FaceRegion, region_of
from engine.features.face_search import FaceSearch
from engine.features.face_tracker import Zone
from engine.features.landmark_model import SQUARE_PX, LandmarkModel
from engine.types import ByteArray, FloatArray

MOST_FACES = 4  # maximum number of tracked faces
MESHES = 2  # faces meshed per picture: the largest, and the one that has waited longest
ROOM_EVERY = 8  # pictures between two estimates of the room's light
PRESENCE = 0.5  # mesh confidence required to keep a track, as in MediaPipe's FaceMesh
LARGER = 1.5  # how much larger a new face must be than the smallest tracked one to replace it when there are too many
STILL_FACES = 16  # maximum number of faces in a single picture
SMALLEST_STILL_PX = 320  # minimum longer side of a single picture to search for far faces; smaller ones are portraits


@dataclass(frozen=True, slots=True)
class SeenFace:
    """Face in a picture.

    Attributes:
        landmarks_px: (478, 3) float32; x right, y down in picture pixels, z in the same unit, smaller is nearer.
        light: correction to normal light.
        track: number of the track; 0 in single pictures.
        is_fresh: whether it was measured in this picture; otherwise its landmarks are from an earlier one.
    """

    landmarks_px: FloatArray
    light: Light = field(default_factory=Light)
    track: int = 0
    is_fresh: bool = True


class FindsFaces(Protocol):
    """Face finder; `close` it afterwards."""

    def __call__(self, picture: ByteArray) -> list[SeenFace]: ...

    def close(self) -> None: ...


@dataclass
class _Track:
    """Tracked face."""

    number: int
    landmarks_px: FloatArray
    region: FaceRegion
    looked_at: int
    help: LightHelp = field(default_factory=LightHelp)


class LiveFaces:
    """Finds and tracks faces in consecutive pictures.

    Args:
        zones: left, top, right, bottom as shares of the picture; no new faces are searched for inside.
        clock: keeps the search within its time budget; None assumes a typical cost.
        most: maximum number of tracked faces.
        is_helped: whether to correct bad light; False is for comparison.
    """

    def __init__(
        self,
        zones: Sequence[Zone] = (),
        clock: TimeSource | None = None,
        most: int = MOST_FACES,
        *,
        is_helped: bool = True,
    ) -> None:
        self._mesh: LandmarkModel = LandmarkModel()
        self._search = FaceSearch(open_detector(), self._mesh, zones, clock, is_helped=is_helped)
        self._most = most
        self._is_helped = is_helped
        self._tracks: list[_Track] = []
        self._shape: tuple[int, ...] = ()
        self._picture = 0
        self._count = 0
        self._room_gain, self._room_due = 1.0, 0

    def __call__(self, picture: ByteArray) -> list[SeenFace]:
        """Find the faces of the next picture (H, W, 3) uint8 RGB, largest first; a change of size starts afresh."""
        self._picture += 1
        if picture.shape != self._shape:
            self._shape, self._tracks, self._room_due = picture.shape, [], 0
        if self._is_helped and self._tracks and self._picture >= self._room_due:
            self._room_gain, self._room_due = gain_of_room(picture), self._picture + ROOM_EVERY
        for track in self._due():
            if not self._follow(track, picture, self._room_gain):
                self._tracks.remove(track)
        self._drop_doubles()
        for landmarks in self._search.onwards(picture, [track.region for track in self._tracks]):
            self._welcome(landmarks)
        self._tracks.sort(key=lambda track: -track.region.side)
        return [
            SeenFace(track.landmarks_px, track.help.light, track.number, track.looked_at == self._picture)
            for track in self._tracks
        ]

    def _due(self) -> list[_Track]:
        """Tracks to update now: always the largest face, the others in turn."""
        others = sorted(self._tracks[1:], key=lambda track: track.looked_at)
        return [*self._tracks[:1], *others[: MESHES - 1]]

    def _follow(self, track: _Track, picture: ByteArray, room_gain: float) -> bool:
        """Find a face near its last position; False if it is gone."""
        track.looked_at = self._picture
        square = track.region.cut(picture, SQUARE_PX)
        look = self._mesh(track.help(square, track.region, room_gain) if self._is_helped else square)
        if look.landmarks is not None and look.presence >= PRESENCE:
            track.landmarks_px = track.region.to_picture(look.landmarks, SQUARE_PX)
        else:
            again = self._search.again(picture, track.region)
            if again is None:
                return False
            track.landmarks_px = again
        track.region = region_of(track.landmarks_px)
        return True

    def _drop_doubles(self) -> None:
        """Drop the younger of two tracks that converged on one face."""
        kept: list[_Track] = []
        for track in sorted(self._tracks, key=lambda track: track.number):
            if not any(track.region.is_same_face(other.region) for other in kept):
                kept.append(track)
        self._tracks = [track for track in self._tracks if track in kept]

    def _welcome(self, landmarks: FloatArray) -> None:
        region = region_of(landmarks)
        if any(region.is_same_face(track.region) for track in self._tracks):
            return
        if len(self._tracks) >= self._most:
            smallest = min(self._tracks, key=lambda track: track.region.side)
            if region.side < LARGER * smallest.region.side:
                return
            self._tracks.remove(smallest)
        self._count += 1
        self._tracks.append(_Track(self._count, landmarks, region, self._picture))

    def close(self) -> None:
        """Stop the mesh."""
        self._mesh.close()


class StillFaces:
    """Finds the faces of single pictures: near ones first, far ones only if there are none near."""

    def __init__(self, zones: Sequence[Zone] = ()) -> None:
        self._near = FaceMesh()
        self._zones = zones
        self._mesh: LandmarkModel | None = None
        self._search: FaceSearch | None = None

    def __call__(self, picture: ByteArray) -> list[SeenFace]:
        """Find the faces of a picture (H, W, 3) uint8 RGB."""
        near = self._near(picture)
        if len(near) or max(picture.shape[:2]) <= SMALLEST_STILL_PX:
            return [SeenFace(np.asarray(face)) for face in near]
        return [SeenFace(face) for face in self._far(picture)]

    def _far(self, picture: ByteArray) -> list[FloatArray]:
        if self._search is None:
            self._mesh = LandmarkModel()
            self._search = FaceSearch(open_detector(), self._mesh, self._zones)
        return self._search.everywhere(picture, STILL_FACES)

    def close(self) -> None:
        """Stop the meshes."""
        self._near.close()
        if self._mesh is not None:
            self._mesh.close()
