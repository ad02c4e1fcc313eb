"""The search: what is looked at closely, what is believed, and how much is looked at while somebody is there."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.clock import ManualClock
from engine.features.face_detector import Detection
from engine.features.face_region import FaceRegion, region_of
from engine.features.face_search import IDLE_BUDGET_S, MOST_CANDIDATES, REST, UNHURRIED, FaceSearch
from engine.features.geometry import mean_face
from engine.features.landmark_model import MeshLook
from engine.types import ByteArray

PICTURE = np.full((720, 1280, 3), 90, np.uint8)
FACE = (mean_face()[0] * 40 + (96, 80, 0)).astype(np.float32)  # as it lies in the square of the mesh


class Detector:
    """Sees the faces that it is told, in the whole picture, and in close looks what it is told."""

    def __init__(self, *boxes: tuple[float, float, float], close: float = 0.9) -> None:
        self.boxes, self.close = boxes, close
        self.looks = self.close_looks = 0
        self.cost_s, self.clock = 0.0, ManualClock()

    def __call__(self, picture: ByteArray, least_score: float) -> list[Detection]:
        self.clock.advance(self.cost_s)
        if picture.shape == (192, 192, 3):
            self.close_looks += 1
            return [Detection(96, 96, 64, 96, 80, 0.1, self.close)] if self.close >= least_score else []
        self.looks += 1
        if picture.shape != PICTURE.shape:
            return []
        return [Detection(x, y, side, x, y, 0.0, 0.5) for x, y, side in self.boxes]


def sees(presence: float = 1.0) -> object:
    return lambda square: MeshLook(FACE, presence)


def test_a_face_is_where_the_close_looks_say_and_turned_as_they_say() -> None:
    search = FaceSearch(Detector((640, 360, 60)), sees())  # type: ignore[arg-type]
    (face,) = search.onwards(PICTURE, [])
    region = region_of(face)
    assert (region.x, region.y) == pytest.approx((640, 360), abs=25)
    assert 0.15 < region.roll_rad < 0.5  # each of two looks turns it by 0.1, and the mesh follows


@pytest.mark.parametrize(("close", "presence"), [(0.5, 1.0), (0.1, 1.0), (0.9, 0.6)])
def test_what_only_one_of_them_sees_is_no_face_and_rests(close: float, presence: float) -> None:
    detector = Detector((640, 360, 60), close=close)
    search = FaceSearch(detector, sees(presence))  # type: ignore[arg-type]
    assert search.onwards(PICTURE, []) == []
    before = detector.close_looks
    for _ in range(REST - 1):
        assert search.onwards(PICTURE, []) == []
    assert detector.close_looks == before
    search.onwards(PICTURE, [])
    search.onwards(PICTURE, [])
    assert detector.close_looks > before


def test_who_is_known_is_not_found_again_and_zones_are_not_looked_at() -> None:
    detector = Detector((640, 360, 60), (200, 200, 60), (1000, 500, 60))
    search = FaceSearch(detector, sees(), zones=[(0.7, 0.6, 1, 1)])  # type: ignore[arg-type]
    known = FaceRegion(642, 358, 90)
    found = [face for _ in range(4 * UNHURRIED) for face in search.onwards(PICTURE, [known])]
    assert found and all(abs(region_of(face).x - 200) < 30 for face in found)


def test_a_poster_of_many_faces_is_looked_at_a_few_at_a_time_the_largest_first() -> None:
    boxes = [(60.0 + 110 * index, 300.0, 40.0 + index) for index in range(10)]
    found = FaceSearch(Detector(*boxes), sees()).onwards(PICTURE, [])  # type: ignore[arg-type]
    assert len(found) == MOST_CANDIDATES
    assert region_of(found[0]).x == pytest.approx(1050, abs=25)


def test_the_search_is_in_no_hurry_while_somebody_is_there() -> None:
    detector = Detector()
    search = FaceSearch(detector, sees())  # type: ignore[arg-type]
    for _ in range(10 * UNHURRIED):
        search.onwards(PICTURE, [FaceRegion(640, 360, 90)])
    assert detector.looks == 10


@pytest.mark.parametrize(("cost_s", "fewest", "most"), [(0.001, 2, 4), (IDLE_BUDGET_S / 2, 2, 2), (0.1, 1, 1)])
def test_it_keeps_to_its_time(cost_s: float, fewest: int, most: int) -> None:
    detector = Detector()
    detector.cost_s = cost_s
    search = FaceSearch(detector, sees(), clock=detector.clock)  # type: ignore[arg-type]
    for _ in range(60):
        search.onwards(PICTURE, [])
    before = detector.looks
    search.onwards(np.random.default_rng(0).integers(0, 255, PICTURE.shape, np.uint8), [])
    assert fewest <= detector.looks - before <= most
