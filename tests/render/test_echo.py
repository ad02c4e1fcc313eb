"""The echo: light where the stranger is not the viewer, where that is, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.render.frame_inputs import FrameInputs
from engine.render.glass_area import GlassArea
from engine.render.passes.echo import halo_table
from engine.render.passes.echo_lines import EchoLines, FaceOnStage
from engine.render.passes.face_placement import put_face
from engine.types import Placement, ReflectionComparison
from engine.visitor.face_difference import FaceDifference, compare
from tests.render.conftest import STAGE_WH, Draw
from tests.render.pictures import ALIGNMENT, REST, centre_of_light, measured_stranger, measured_viewer

VIEWER = measured_viewer(0.0)
CHIN, LEFT_JAW = 152, 234
LINE_ONLY = {"tints": 0.0, "veil": 0.0, "repeats": 0, "line": 4.0, "width": 0.004}
KNOBS = {"follow": 0.8, "size": 0.8, "eye_line": 0.42, "viewer_eyes": 0.11}


def parted(moved: dict[int, tuple[float, float]] | None = None) -> FaceDifference:
    return compare(ReflectionComparison(VIEWER, measured_stranger(VIEWER, moved)))


def view_of(face_difference: FaceDifference | None, placement: Placement = REST, presence: float = 1.0) -> FrameInputs:
    return FrameInputs(face_difference=face_difference, alignment=ALIGNMENT, placement=placement, presence=presence)


def stage_place(landmark: int, placement: Placement = REST) -> tuple[float, float]:
    """Where a landmark of the viewer is to be seen, fractions of the stage."""
    face_difference, aspect = parted(), STAGE_WH[0] / STAGE_WH[1]
    face = FaceOnStage.of(face_difference, put_face(GlassArea.whole(aspect), ALIGNMENT, placement, KNOBS))
    x, y = face.place(face_difference.outline[[landmark]])[0]
    return float(x) / aspect + 0.5, float(y) + 0.5


def test_where_they_are_alike_nothing_is_drawn(draw: Draw) -> None:
    assert draw("echo", view=view_of(parted())).max() == 0.0


@pytest.mark.parametrize("view", [FrameInputs(presence=1.0), view_of(parted({CHIN: (0, 0.4)}), presence=0.0)])
def test_without_an_echo_or_anybody_nothing_is_drawn(draw: Draw, view: FrameInputs) -> None:
    assert draw("echo", view=view).max() == 0.0


@pytest.mark.parametrize("placement", [REST, replace(REST, x=0.35, eye_distance=0.07, roll_rad=0.4)])
@pytest.mark.parametrize("landmark", [CHIN, LEFT_JAW])
def test_one_feature_that_differs_is_lit_where_the_viewers_is(draw: Draw, landmark: int, placement: Placement) -> None:
    light = draw("echo", LINE_ONLY, view_of(parted({landmark: (0.0, 0.4)}), placement))
    assert light[..., :3].max() > 0.05
    assert centre_of_light(light) == pytest.approx(stage_place(landmark, placement), abs=0.025)


def test_the_further_apart_the_more_light(draw: Draw) -> None:
    light = [draw("echo", LINE_ONLY, view_of(parted({CHIN: (0, way)}))).sum() for way in (0.03, 0.07, 0.15)]
    assert 0 < light[0] < light[1] < light[2]


def test_the_veil_falls_towards_the_stranger_and_repetitions_go_the_other_way(draw: Draw) -> None:
    view, line = view_of(parted({CHIN: (0.0, 0.4)})), stage_place(CHIN)[1]
    veil = draw("echo", {**LINE_ONLY, "line": 0.0, "veil": 1.0}, view)
    repeated = draw("echo", {**LINE_ONLY, "repeats": 4}, view)
    assert centre_of_light(veil)[1] > line + 0.005
    assert centre_of_light(repeated)[1] < line - 0.005
    assert repeated.sum() > draw("echo", LINE_ONLY, view).sum()


def test_the_eyes_of_the_echo_are_the_eyes_of_the_reflection() -> None:
    """As `reflection.frag` puts the picture: its point `ALIGNMENT` comes to lie where `put_face` has the eyes."""
    turned = replace(REST, x=0.4, roll_rad=0.5)
    put = put_face(GlassArea.whole(16 / 9), ALIGNMENT, turned, KNOBS)
    face = FaceOnStage.of(parted(), put)
    x, y, per_side, roll = put
    away = face.eyes - (x, y)
    uv = np.array([[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]]) @ away * per_side + 0.5
    assert uv == pytest.approx((ALIGNMENT.x, ALIGNMENT.y), abs=1e-5)
    assert face.unit * per_side == pytest.approx(ALIGNMENT.eye_distance)


def test_lines_go_through_the_landmarks() -> None:
    lines, face_difference = EchoLines(), parted()
    face = FaceOnStage(np.zeros(2, np.float32), 1.0, np.eye(2, dtype=np.float32))
    table = lines.table(face_difference, face).reshape(lines.count, 2, 4)
    for landmark in (10, CHIN, 61, 70, 105):
        away = np.linalg.norm(table[:, 0, :2] - face_difference.outline[landmark], axis=1)
        assert away.min() < 1e-4
    assert np.linalg.norm(table[:, 0, 2:], axis=1) == pytest.approx(np.ones(lines.count), abs=1e-3)
    assert table[lines.contour_count - 1, 1, 3] == table[-1, 1, 3] == -1.0, "lines end"


def test_halos_have_the_hue_that_the_viewer_has_more_of(draw: Draw) -> None:
    rosy = replace(VIEWER, patches=VIEWER.patches + np.array([0, 0, 0, 15, 0], np.float32))
    face_difference = compare(ReflectionComparison(rosy, measured_stranger(VIEWER)))
    face = FaceOnStage(np.zeros(2, np.float32), 1.0, np.eye(2, dtype=np.float32))
    light = halo_table(face_difference, face).reshape(-1, 2, 4)[:, 1]
    assert (light[:, 0] > light[:, 1] + 0.2).all()
    drawn = draw("echo", {"line": 0.0, "veil": 0.0}, view_of(face_difference))
    assert drawn[..., 0].sum() > 1.3 * drawn[..., 1].sum() > 0
    assert len(halo_table(replace(face_difference, tints=np.empty((0, 5), np.float32)), face)) == 0
