"""Landmarks that lie about as no face does are no face; how a face is turned, made and moved does not matter."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from skimage.data import astronaut

from engine.features.face_finder import SeenFace
from engine.features.featurizer import Featurizer
from engine.features.geometry import MOST_MISFIT, mean_face, measure_face, misfit
from engine.types import Features, FloatArray, Frame
from tests.features.test_featurizer import posed

PICTURE = Frame(np.full((400, 640, 3), 128, np.uint8), 0.0, 0)


def squeezed(share: float) -> FloatArray:
    """A face whose left half is `share` as wide as it is: a mesh that has slipped off a profile."""
    points = posed(0, 0, 0)
    left = points[:, 0] < 300
    points[left, 0] = 300 + (points[left, 0] - 300) * share
    return points


def test_a_turned_moved_and_tilted_face_fits() -> None:
    for pose in ((0, 0, 0), (40, 0, 0), (-50, 20, 30), (0, -40, -90)):
        assert misfit(posed(*pose).astype(np.float64)) == pytest.approx(0, abs=1e-5)


def test_an_open_mouth_does_not_count() -> None:
    points = posed(10, 5, 0)
    points[:, 1] += np.clip(mean_face()[0][:, 1] - 1, 0, 0.5) * 2 * 90  # the chin 0.9 eye distances lower: a yawn
    assert misfit(points.astype(np.float64)) < 1e-5
    face = measure_face(points, 640, 400)
    assert face is not None


def test_it_is_in_eye_distances() -> None:
    noise = np.random.default_rng(0).normal(0, 0.05, (478, 3))
    expected = 0.05 * 3**0.5
    assert misfit((mean_face()[0] + noise) * 80) == pytest.approx(expected, rel=0.1)
    assert misfit(np.zeros((478, 3))) == np.inf


@pytest.mark.parametrize(("share", "is_face"), [(1.0, True), (0.9, True), (0.3, False)])
def test_a_mesh_that_has_slipped_is_no_face(share: float, is_face: bool) -> None:
    points = squeezed(share)
    assert (misfit(points.astype(np.float64)) <= MOST_MISFIT) == is_face
    assert (measure_face(points, 640, 400) is not None) == is_face


@pytest.fixture(scope="module")
def live() -> Iterator[Featurizer]:
    with Featurizer("live") as featurizer:
        yield featurizer


def test_a_slipped_mesh_is_not_seen_and_takes_nobodys_place(live: Featurizer, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[FloatArray] = []
    monkeypatch.setattr(
        live, "_faces", lambda image: [SeenFace(face, track=number) for number, face in enumerate(found)]
    )

    def seen(*faces: FloatArray) -> Features | None:
        found[:] = faces
        return live(PICTURE)

    visitor = seen(posed(0, 0, 0))
    assert visitor is not None
    assert seen(squeezed(0.3)) is None
    beside = seen(squeezed(0.3), posed(5, 0, 0))
    assert beside is not None and beside.identity == visitor.identity


@pytest.mark.parametrize("half", ["left", "right", "lower"])
def test_a_half_covered_face_is_measured_or_not_seen_but_never_out_of_range(half: str) -> None:
    picture = np.ascontiguousarray(astronaut())
    rows, columns = {
        "left": (slice(20, 200), slice(120, 222)),
        "right": (slice(20, 200), slice(222, 330)),
        "lower": (slice(120, 200), slice(160, 290)),
    }[half]
    with Featurizer("static") as still:
        whole = still(Frame(picture, 0.0, 0))
        covered = picture.copy()
        covered[rows, columns] = 24
        face = still(Frame(covered, 0.0, 1))
    assert whole is not None
    if face is not None:
        assert misfit(face.landmarks_px.astype(np.float64)) <= MOST_MISFIT
        assert abs(face.yaw_deg - whole.yaw_deg) < 25
        assert face.placement.x == pytest.approx(whole.placement.x, abs=0.05)
