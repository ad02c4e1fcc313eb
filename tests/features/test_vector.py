"""Layouts: what stands where, what they were before, and that docs/features.md says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.features.featurizer import VECTORS
from engine.features.geometry import mean_face, measure_face
from engine.features.vector import AGES, LAYOUT, regrouped
from engine.features.vector_2019 import AGES_YEARS as LEVI_HASSNER_YEARS
from engine.features.vector_2019 import LANDMARKS, LAYOUT_342, OriginalVector
from engine.networks.attributes.small_cnn import AGES_YEARS as OWN_YEARS
from engine.types import ByteArray, FloatArray
from tools.dev.describe_features import describe

ROOT = Path(__file__).resolve().parents[2]


def test_layouts_change_only_with_their_versions() -> None:
    """If this fails: raise `version`, name the layout before as predecessor, then write the new pair here."""
    assert (LAYOUT.version, LAYOUT.digest) == (2, "3f53aea5dc84fc9e")
    assert (LAYOUT_342.version, LAYOUT_342.digest) == (1, "0b960a72939a13f7")


def test_the_first_layout_is_still_what_it_was() -> None:
    (first,) = LAYOUT.predecessors
    assert (first.layout.stamp, first.layout.size) == ("1 8ef7fea6792394ca", 240)
    columns = LAYOUT.columns_of(first.layout.stamp)
    assert columns is not None and len(set(columns)) == 240
    for name, now in (("pose.yaw", "pose.yaw"), ("colour.hair_top_L", "colour.hairline_L")):
        assert LAYOUT.names[columns[first.layout.index(name)]] == now


def test_columns_of_itself_and_of_nothing_known() -> None:
    own = LAYOUT.columns_of(LAYOUT.stamp)
    assert own is not None and own.tolist() == list(range(LAYOUT.size))
    assert LAYOUT.columns_of("7 unheard") is None and LAYOUT.columns_of(LAYOUT_342.stamp) is None


def test_neutral_values_are_as_many_as_numbers() -> None:
    for kind in VECTORS.values():
        for group in kind.layout.groups:
            assert len(group.neutral) in (0, len(group.names)), group.name


def test_the_document_says_what_the_layouts_are() -> None:
    """If this fails: `python -m tools.dev.describe_features`."""
    assert (ROOT / "docs" / "features.md").read_text(encoding="utf-8") == describe()


@pytest.mark.parametrize("years", [OWN_YEARS, LEVI_HASSNER_YEARS])
def test_ages_of_either_network_become_those_of_the_layout(years: tuple[tuple[int, int], ...]) -> None:
    even = np.full(len(years), 1 / len(years), np.float32)
    groups = tuple(AGES.values())
    assert regrouped(even, years, groups).sum() == pytest.approx(1)
    oldest = np.eye(len(years), dtype=np.float32)[-1]
    assert regrouped(oldest, years, groups).argmax() == 2
    if years is OWN_YEARS:
        np.testing.assert_array_equal(regrouped(oldest, years, groups), [0, 0, 1])


SIDE_PX, EYE_PX = 256, 64.0


def face_at(x: float, y: float, scale: float = 1.0) -> FloatArray:
    return (mean_face()[0] * EYE_PX * scale + [x, y, 0]).astype(np.float32)


def measured(points: FloatArray, image: ByteArray) -> FloatArray:
    face = measure_face(points, image.shape[1], image.shape[0])
    assert face is not None
    return OriginalVector().measure(image, points, face, np.empty(0, np.float32))


def test_the_original_has_342_numbers_of_68_landmarks() -> None:
    assert len(set(LANDMARKS)) == len(LANDMARKS) == 68
    vector = measured(face_at(128, 120), np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8))
    assert vector.shape == (342,) == (LAYOUT_342.size,) and vector.dtype == np.float32


def test_the_originals_landmarks_do_not_depend_on_where_the_face_is() -> None:
    image = np.zeros((480, 640, 3), np.uint8)
    here, there = measured(face_at(128, 120), image), measured(face_at(500, 300, scale=0.4), image)
    part = LAYOUT_342["landmarks"]
    np.testing.assert_allclose(here[part], there[part], atol=0.2)
    points = here[part].reshape(68, 2)
    right_eye, left_eye = points[45], points[36]  # outer corners, as counted by iBUG from 0
    assert left_eye[0] < 512 < right_eye[0] and points[:, 1].min() > 200 and points[8, 1] == points[:, 1].max()


def test_the_original_reads_colours_at_row_y_and_column_x() -> None:
    rows, columns = np.indices((SIDE_PX, SIDE_PX))
    image = np.stack([columns, rows, np.full_like(rows, 7)], axis=-1).astype(np.uint8)
    points = face_at(128, 100)
    colours = measured(points, image)[LAYOUT_342["colour"]].reshape(68, 3)
    np.testing.assert_allclose(colours[:, :2], points[list(LANDMARKS), :2], atol=1.5)
    assert (colours[:, 2] == 7).all()
    at_the_border = measured(face_at(5, 250), image)
    assert np.isfinite(at_the_border).all()


def test_the_originals_classes_are_means() -> None:
    vector = measured(face_at(128, 120), np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8))
    part = LAYOUT_342["attributes"]
    assert vector[part].tolist() == [3.5, 0.5]
    eighths = np.array([0, 0, 0, 0, 0.5, 0.5, 0, 0], np.float32)
    told = OriginalVector().with_attributes(
        vector, {"age": eighths, "gender": np.array([0.2, 0.8], np.float32)}, LEVI_HASSNER_YEARS
    )
    assert told[part] == pytest.approx([4.5, 0.8])
    assert vector[part].tolist() == [3.5, 0.5]
