"""The measurement: drawn from numbers alone, and as far as they go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from engine.features.colours import PATCHES, lab
from engine.render.frame_inputs import FrameInputs
from engine.render.overlay.glyph_atlas import FIGURES, GlyphAtlas
from engine.render.passes.measurement_columns import SWATCHES, DataColumns
from engine.render.passes.measurement_face import FaceDrawing, PlacedFace, load_map
from engine.render.passes.measurement_sheet import LETTER, RED, SWATCH, Sheet, linear_rgb
from engine.types import Attribute, Features
from tests.render.conftest import STAGE_WH, Draw
from tests.render.pictures import measured_viewer, synthetic_face

SHEET = Sheet.of(16 / 9, 0.155)
CASE = GlyphAtlas(20)


def view_of(features: Features | None, presence: float = 1.0) -> FrameInputs:
    placement = features.placement if features else None
    return FrameInputs(features=features, presence=presence, placement=placement)


def ink(light: np.ndarray, paper: np.ndarray) -> np.ndarray:
    """How much darker each place is than the paper, 0..1."""
    return np.asarray(1.0 - light[..., :3].mean(axis=2) / paper[..., :3].mean(axis=2))


def test_the_sheet_fills_as_it_is_drawn(draw: Draw) -> None:
    paper = draw("measurement", view=view_of(None))
    amounts = [
        ink(draw("measurement", {"drawn": drawn}, view_of(measured_viewer())), paper).mean()
        for drawn in (0.0, 0.2, 0.4, 0.7, 1.0)
    ]
    assert amounts == sorted(amounts)
    assert amounts[0] == pytest.approx(0.0, abs=1e-4)
    assert amounts[-1] > 0.02


def test_no_picture_is_used(draw: Draw, face: Callable[..., FrameInputs]) -> None:
    features = measured_viewer()
    pictured = face(synthetic_face(1), features.placement)
    without = draw("measurement", view=view_of(features))
    camera = replace(pictured, features=features, camera=pictured.reflection)
    assert (draw("measurement", view=camera) == without).all()


def test_the_drawn_face_is_where_the_eyes_stand(draw: Draw) -> None:
    paper = draw("measurement", view=view_of(None))
    marks = ink(draw("measurement", {"words": 0.0}, view_of(measured_viewer(0.0))), paper)
    rows, columns = np.nonzero(marks > 0.15)
    middle = STAGE_WH[0] / 2
    assert abs(columns.mean() - middle) < 12
    assert rows.min() > 0.1 * STAGE_WH[1]
    assert rows.max() < 0.9 * STAGE_WH[1]


def test_the_drawing_turns_and_moves_with_the_viewer() -> None:
    left, right = (PlacedFace.of(measured_viewer(yaw), SHEET, 0.0).points for yaw in (-25.0, 25.0))
    assert right[4, 0] > 0.02 > -0.02 > left[4, 0]  # the tip of the nose
    aside = [
        PlacedFace.of(measured_viewer(0.0, middle=(x, 200.0)), SHEET, 0.5).points[:, 0].mean() for x in (220.0, 420.0)
    ]
    assert aside[1] - aside[0] > 0.05
    still = [PlacedFace.of(measured_viewer(0.0, middle=(x, 200.0)), SHEET, 0.0).points for x in (220.0, 420.0)]
    assert np.allclose(still[0], still[1], atol=1e-4)


def test_the_eyes_are_one_unit_apart() -> None:
    """The unit of every figure on the sheet."""
    points = PlacedFace.of(measured_viewer(0.0), SHEET, 0.0).points
    eyes = [points[[33, 133]].mean(axis=0), points[[362, 263]].mean(axis=0)]
    assert np.linalg.norm(eyes[0] - eyes[1]) == pytest.approx(SHEET.unit, rel=0.03)


def columns(features: Features) -> np.ndarray:
    return DataColumns(SHEET, CASE).pose(features)


def test_without_attributes_the_probabilities_are_left_out() -> None:
    notes = measured_viewer(attributes=(Attribute("age", "38 to 43", 0.41), Attribute("gender", "male", 0.93)))
    red_letters = [
        int(((marks[:, 5] == LETTER) & (marks[:, 6] == RED)).sum())
        for marks in (columns(measured_viewer()), columns(notes))
    ]
    assert red_letters == [0, len("age38to430.41gendermale0.93")]


def test_without_patches_there_are_no_swatches() -> None:
    bare = replace(measured_viewer(), patches=np.empty((0, 5), np.float32))
    drawing = DataColumns(SHEET, CASE)
    face = PlacedFace.of(measured_viewer(), SHEET, 0.0)
    assert len(drawing.colours(bare, face)) == 0
    marks = drawing.colours(measured_viewer(), face)
    assert (marks[:, 5] == SWATCH).sum() == len(SWATCHES)
    assert FaceDrawing(SHEET, CASE).surface(PlacedFace.of(bare, SHEET, 0.0), bare).shape == (478, 4)


def test_swatches_are_called_what_they_are() -> None:
    for index, name in SWATCHES:
        words = set(PATCHES[index].name.replace("background", "behind").split("_"))
        assert words & set(name.split()), f"{name} is {PATCHES[index].name}"


@pytest.mark.parametrize("rgb", [(200, 150, 120), (30, 24, 20), (128, 128, 128), (90, 40, 160)])
def test_colours_are_what_was_measured(rgb: tuple[int, int, int]) -> None:
    code = np.array(rgb) / 255
    linear = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    assert linear_rgb(lab(np.array(rgb, np.uint8)).astype(np.float32)) == pytest.approx(linear, abs=2e-3)


def test_the_surface_is_whole() -> None:
    places, triangles = load_map()
    assert places.shape == (478, 2)
    assert set(triangles.ravel().astype(int)) <= set(range(468))
    assert len(triangles) > 850


def test_figures_are_of_one_width() -> None:
    """Numbers that change must not make their neighbours tremble."""
    assert len({round(CASE.width(figure, 1.0), 3) for figure in FIGURES}) == 1
    line = CASE.set_line("0.41", 1.0, 2.0, 0.5)
    assert line.shape == (4, 8)
    assert (np.diff(line[:, 0]) > 0).all()
    assert ((line[:, 4:] >= 0) & (line[:, 4:] <= 1)).all()


@pytest.mark.parametrize("aspect", [16 / 9, 4 / 3, 1.0, 9 / 16])
def test_what_is_written_stays_on_the_sheet(aspect: float) -> None:
    sheet = Sheet.of(aspect, 0.155)
    features, case = measured_viewer(0.0), GlyphAtlas(20)
    face = PlacedFace.of(features, sheet, 0.0)
    drawing, columns = FaceDrawing(sheet, case), DataColumns(sheet, case)
    marks = [drawing.lines(face), drawing.distances(face), columns.pose(features), columns.colours(features, face)]
    xs, ys = (np.concatenate([m[m[:, 5] != SWATCH][:, [i, i + 2]].ravel() for m in marks]) for i in (0, 1))
    assert np.abs(xs).max() < 0.5 * aspect
    assert np.abs(ys).max() < 0.5
