"""Search for new faces: the detector proposes, closer looks confirm, and only then the mesh runs.

A detector sensitive enough for the farthest faces also fires on gravel and foliage. So each proposal is cut out,
rotated upright and shown to the detector again, larger; then the mesh must be confident too, and its landmarks must be
arranged like a face. Regions of known faces and ignored zones are skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from engine.core.clock import TimeSource
from engine.features.dim_light import estimate_light, gain_of_room
from engine.features.face_detector import Detection
from engine.features.face_region import FaceRegion, region_of
from engine.features.face_tracker import Zone
from engine.features.geometry import MOST_MISFIT, misfit
from engine.features.landmark_model import SQUARE_PX, MeshLook
from engine.features.search_windows import Window, WindowOrder
from engine.types import ByteArray, FloatArray

LEAST_SCORE = 0.4  # of the first look: of 24 faces at 3 % of the width, tilted 45 degrees, one scores 0.43
SURE_SCORE = 0.55  # of the second, close look: faces score 0.69 and more, patterns 0.5 and less (750 looks at patterns)
CLOSE_SCALE = 2.0  # size of the close look in mesh regions
WIDE_SCORE, WIDE_SCALE = (
    0.6,
    3.3,
)  # of the last look, with surroundings: faces score 0.72 and more, patterns 0.44 and less
PRESENCE = 0.9  # of the mesh, for a new face; faces have 0.99 and more
REST = 10  # number of pictures for which a rejected place is not looked at again
MOST_CANDIDATES = 3  # close looks per live picture, largest first

IDLE_BUDGET_S = 0.012  # of a picture without known faces
MOST_LOOKS = 4  # windows searched in such a picture
LOOK_S = 0.003  # assumed cost of one look until it is measured
UNHURRIED = 10  # while someone is tracked, one window is searched every so many pictures


class Detects(Protocol):
    """Interface of `FaceDetector`."""

    def __call__(self, picture: ByteArray, least_score: float) -> list[Detection]: ...


class Meshes(Protocol):
    """Interface of `LandmarkModel`."""

    def __call__(self, square: ByteArray) -> MeshLook: ...


class FaceSearch:
    """Finds faces that are not tracked yet.

    Args:
        detector: proposes faces.
        mesh: confirms them and finds their landmarks.
        zones: left, top, right, bottom as shares of the picture; faces inside are ignored.
        clock: measures the cost of looks to keep within the budget; None assumes a typical cost.
        is_helped: whether to correct bad light.
    """

    def __init__(
        self,
        detector: Detects,
        mesh: Meshes,
        zones: Sequence[Zone] = (),
        clock: TimeSource | None = None,
        *,
        is_helped: bool = True,
    ) -> None:
        self._detector = detector
        self._mesh = mesh
        self._zones = zones
        self._clock = clock
        self._is_helped = is_helped
        self._order = WindowOrder()
        self._look_s = LOOK_S
        self._room_gain = 1.0
        self._turn = 0
        self._rejected: list[tuple[FaceRegion, int]] = []

    def everywhere(self, picture: ByteArray, most: int) -> list[FloatArray]:
        """Search a single picture; landmarks (478, 3) px of up to `most` faces, largest first."""
        self._rejected.clear()
        return self._confirm(picture, self._propose(picture, self._order.all(picture), ()), most, most)

    def onwards(self, picture: ByteArray, known: Sequence[FaceRegion]) -> list[FloatArray]:
        """Search some windows of the next picture of a sequence; landmarks of new faces.

        Args:
            picture: (H, W, 3) uint8 RGB.
            known: regions of tracked faces.
        """
        self._turn += 1
        self._rejected = [(region, turn) for region, turn in self._rejected if self._turn - turn < REST]
        if known and self._turn % UNHURRIED:
            return []
        count = max(1, min(MOST_LOOKS, int(IDLE_BUDGET_S / self._look_s)))
        windows = self._order.one(picture) if known else self._order.some(picture, count)
        return self._confirm(picture, self._propose(picture, windows, known), MOST_CANDIDATES, MOST_CANDIDATES)

    def again(self, picture: ByteArray, lost: FaceRegion) -> FloatArray | None:
        """Find a face again that was at `lost` one picture ago and has left its region."""
        return self._check(picture, lost)

    def _propose(self, picture: ByteArray, windows: Iterable[Window], known: Sequence[FaceRegion]) -> list[Detection]:
        """Detect possible new faces, largest first."""
        found: list[Detection] = []
        for window in windows:
            for detection in self._look(picture, window):
                region = detection.region
                others = [*known, *(other.region for other in found)]
                if not self._is_ignored(picture, detection) and not any(map(region.is_same_face, others)):
                    found.append(detection)
        return sorted(found, key=lambda detection: -detection.side)

    def _look(self, picture: ByteArray, window: Window) -> list[Detection]:
        left, top, width, height = window
        began_s = self._clock.now_s() if self._clock is not None else 0.0
        seen = self._detector(picture[top : top + height, left : left + width], LEAST_SCORE)
        if self._clock is not None:
            self._look_s += 0.1 * (self._clock.now_s() - began_s - self._look_s)
        return [
            replace(each, x=each.x + left, y=each.y + top, eyes_x=each.eyes_x + left, eyes_y=each.eyes_y + top)
            for each in seen
        ]

    def _confirm(
        self, picture: ByteArray, proposed: Sequence[Detection], most_looks: int, most: int
    ) -> list[FloatArray]:
        faces: list[FloatArray] = []
        fresh = [each for each in proposed if not any(each.region.is_same_face(region) for region, _ in self._rejected)]
        for detection in fresh[:most_looks]:
            face = self._look_closely(picture, detection.region)
            if face is None:
                self._rejected.append((detection.region, self._turn))
            elif not any(region_of(face).is_same_face(region_of(other)) for other in faces):
                faces.append(face)
        return faces[:most]

    def _look_closely(self, picture: ByteArray, region: FaceRegion) -> FloatArray | None:
        """Landmarks (478, 3) of the face in the middle of a region, or None.

        A distant look estimates roll poorly; so the first close look is level, and the second uses the roll it found.
        """
        self._room_gain = gain_of_room(picture)
        closer = self._closer(picture, replace(region, roll_rad=0.0), LEAST_SCORE, CLOSE_SCALE)
        return None if closer is None else self._check(picture, closer)

    def _check(self, picture: ByteArray, region: FaceRegion) -> FloatArray | None:
        """Landmarks of an upright face in the middle of a region, or None."""
        closer = self._closer(picture, region, SURE_SCORE, CLOSE_SCALE)
        if closer is None:
            return None
        for _ in range(2):  # from the detector's region to the one given by the landmarks themselves
            square = closer.cut(picture, SQUARE_PX)
            look = self._mesh(estimate_light(square, self._room_gain).corrected(square) if self._is_helped else square)
            if look.landmarks is None or look.presence < PRESENCE:
                return None
            face = closer.to_picture(look.landmarks, SQUARE_PX)
            closer = region_of(face)
        if misfit(face.astype(float)) > MOST_MISFIT or self._closer(picture, closer, WIDE_SCORE, WIDE_SCALE) is None:
            return None
        return face

    def _closer(self, picture: ByteArray, region: FaceRegion, least_score: float, scale: float) -> FaceRegion | None:
        """Region of the face in the middle of another region, detected in a square enlarged by `scale`."""
        around = region.scaled(scale)
        seen = self._detector(around.cut(picture, SQUARE_PX), least_score)
        best = next((each for each in seen if _is_central(each)), None)
        if best is None:
            return None
        x, y = around.to_picture(np.array([[best.x, best.y]], np.float32), SQUARE_PX)[0]
        side = best.region.side * around.side / SQUARE_PX
        return FaceRegion(float(x), float(y), side, around.roll_rad + best.roll_rad)

    def _is_ignored(self, picture: ByteArray, detection: Detection) -> bool:
        x, y = detection.eyes_x / picture.shape[1], detection.eyes_y / picture.shape[0]
        return any(left <= x <= right and top <= y <= bottom for left, top, right, bottom in self._zones)


def _is_central(detection: Detection) -> bool:
    """Whether a close look shows the proposed face and not its neighbour."""
    off = max(abs(detection.x - SQUARE_PX / 2), abs(detection.y - SQUARE_PX / 2))
    return off < SQUARE_PX / 5 and SQUARE_PX / 8 < detection.side < SQUARE_PX * 0.8
