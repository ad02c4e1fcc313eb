"""Faces found and followed, with the real networks: far and tilted, several, gone, and in pictures that change size."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import ModelError
from engine.features import face_detector
from engine.features.face_detector import SHORT_RANGE, FaceDetector, mediapipe_folder, open_detector
from engine.features.face_finder import MOST_FACES, LiveFaces, StillFaces
from engine.features.face_region import region_of
from engine.types import ByteArray
from tests.features.faces import background, sitter, with_faces
from tools.sight.people import Standing


@pytest.fixture(scope="module")
def empty() -> ByteArray:
    return background()


@pytest.fixture(scope="module")
def shared() -> Iterator[LiveFaces]:
    faces = LiveFaces()
    yield faces
    faces.close()
    faces.close()


@pytest.fixture
def live(shared: LiveFaces) -> LiveFaces:
    shared(np.zeros((64, 64, 3), np.uint8))  # of another size: nobody is followed any more
    return shared


@pytest.mark.parametrize(
    "where", [Standing(0.2, 0.3, 0.03), Standing(0.9, 0.7, 0.05, 45), Standing(0.5, 0.5, 0.4, -20)]
)
def test_a_face_is_found_near_and_far_and_followed(live: LiveFaces, empty: ByteArray, where: Standing) -> None:
    tracks = set()
    for step in range(4):
        moved = Standing(where.x + 0.004 * step, where.y, where.width, where.roll_deg)
        seen = live(with_faces(empty, moved))
    (face,) = seen
    tracks.add(face.track)
    width = float(np.linalg.norm(face.landmarks_px[454] - face.landmarks_px[234])) / 1280
    middle = (face.landmarks_px[454] + face.landmarks_px[234])[:2] / 2
    assert middle == pytest.approx((moved.x * 1280, moved.y * 720), abs=0.15 * where.width * 1280)
    assert width == pytest.approx(where.width, rel=0.2) and len(tracks) == 1
    assert np.degrees(region_of(face.landmarks_px).roll_rad) == pytest.approx(where.roll_deg, abs=8)


def test_nobody_is_left_when_everybody_is_gone(live: LiveFaces, empty: ByteArray) -> None:
    for _ in range(3):
        seen = live(with_faces(empty, Standing(0.5, 0.5, 0.1)))
    assert len(seen) == 1
    assert live(empty) == [] and live(empty) == []


def test_twenty_people_are_a_few_and_the_largest_is_among_them(live: LiveFaces, empty: ByteArray) -> None:
    crowd = [Standing(0.1 + 0.2 * (n % 5), 0.15 + 0.22 * (n // 5), 0.04 + 0.02 * (n == 13)) for n in range(20)]
    picture = with_faces(empty, *crowd)
    for _ in range(40):
        seen = live(picture)
    assert len(seen) == MOST_FACES and sum(face.is_fresh for face in seen) == 2
    first = seen[0].landmarks_px
    assert (first[454] + first[234])[:2] / 2 == pytest.approx((0.7 * 1280, 0.59 * 720), abs=30)


def test_a_picture_that_shrinks_while_running_is_begun_anew(live: LiveFaces, empty: ByteArray) -> None:
    picture = with_faces(empty, Standing(0.7, 0.6, 0.1))
    for _ in range(3):
        live(picture)
    small = np.ascontiguousarray(picture[::2, ::2])
    (face,) = live(small)
    assert (face.landmarks_px[454] + face.landmarks_px[234])[:2] / 2 == pytest.approx((448, 216), abs=12)


@pytest.mark.parametrize("shape", [(721, 1283, 3), (16, 16, 3), (40, 1000, 3), (1, 1, 3)])
def test_odd_sizes_are_looked_at(live: LiveFaces, shape: tuple[int, int, int]) -> None:
    assert live(np.full(shape, 120, np.uint8)) == []


def test_a_far_face_is_found_in_a_still() -> None:
    stills = StillFaces()
    try:
        (face,) = stills(with_faces(background(1), Standing(0.3, 0.4, 0.04)))
        assert (face.landmarks_px[454] + face.landmarks_px[234])[:2] / 2 == pytest.approx((384, 288), abs=10)
        assert len(stills(sitter().picture)) == 1
    finally:
        stills.close()
        stills.close()


def test_without_the_full_range_model_near_faces_are_still_found(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, empty: ByteArray
) -> None:
    model = tmp_path / SHORT_RANGE.file
    model.parent.mkdir(parents=True)
    model.write_bytes((mediapipe_folder() / SHORT_RANGE.file).read_bytes())
    detector = open_detector(tmp_path)
    (said,) = caplog.messages
    assert "MediaPipe's wheel does not contain this model" in said and "metre" in said
    (face,) = detector(with_faces(empty, Standing(0.5, 0.5, 0.2)), 0.5)
    assert (face.x, face.y) == pytest.approx((640, 360), abs=40)


def test_a_wheel_without_any_model_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match="does not contain this model"):
        open_detector(tmp_path)
    broken = tmp_path / SHORT_RANGE.file
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"no network")
    with pytest.raises(ModelError, match="cannot read this model"):
        FaceDetector(SHORT_RANGE, tmp_path)
    monkeypatch.setattr(face_detector.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="not installed"):
        mediapipe_folder()
