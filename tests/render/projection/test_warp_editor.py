"""Calibration by hand, without a window: handles, steps, undo, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from engine.render.projection.settings import Corners, Grid, ProjectionSettings, ProjectorSettings
from engine.render.projection.warp import UNIT_SQUARE, Warp
from engine.render.projection.warp_editor import WarpEditor
from engine.render.window.calibration_keymap import EDIT_HELP, CalibrationAction, KeyPress, edit_for

WALL_WH = (1000, 500)


@pytest.fixture
def editor() -> WarpEditor:
    return WarpEditor(ProjectionSettings(), WALL_WH)


def places(editor: WarpEditor) -> list[tuple[float, float]]:
    return [handle.place_px for handle in editor.handles]


def press(editor: WarpEditor, *actions: CalibrationAction, times: int = 1, is_large: bool = False) -> None:
    for action in actions * times:
        editor.apply(action, is_large)


# ------------------------------------------------------------------ keys


@pytest.mark.parametrize(
    ("key", "shift", "ctrl", "edit"),
    [
        ("tab", False, False, KeyPress(CalibrationAction.NEXT_HANDLE)),
        ("tab", True, False, KeyPress(CalibrationAction.PREVIOUS_HANDLE, is_large=True)),
        ("left", False, False, KeyPress(CalibrationAction.LEFT)),
        ("down", True, False, KeyPress(CalibrationAction.DOWN, is_large=True)),
        ("+", True, False, KeyPress(CalibrationAction.FINER, is_large=True)),
        ("g", False, False, KeyPress(CalibrationAction.NEXT_GRID)),
        ("z", False, True, KeyPress(CalibrationAction.UNDO)),
        ("z", True, True, KeyPress(CalibrationAction.REDO)),
        ("y", False, True, KeyPress(CalibrationAction.REDO)),
        ("s", False, True, KeyPress(CalibrationAction.SAVE)),
        ("s", False, False, None),  # a snapshot, as always
        ("r", False, True, None),
        ("z", False, False, None),
        ("c", False, False, KeyPress(CalibrationAction.LEAVE)),
        ("escape", False, False, KeyPress(CalibrationAction.LEAVE)),
    ],
)
def test_keys(key: str, shift: bool, ctrl: bool, edit: KeyPress | None) -> None:
    assert edit_for(key, shift=shift, ctrl=ctrl) == edit


def test_the_help_names_every_key_once() -> None:
    keys = [key for line in EDIT_HELP for key in line.split("\t")[0].split(", ")]
    assert keys == [
        "Tab", "mouse", "arrows", "mouse", "+", "-", "G", "X", "P", "T", "Ctrl+Z", "Ctrl+Y", "Ctrl+S", "C", "Esc",
    ]  # fmt: skip


# ------------------------------------------------------------------ moving


def test_at_first_there_are_four_corners_and_the_first_is_held(editor: WarpEditor) -> None:
    assert places(editor) == [(0, 0), (1000, 0), (1000, 500), (0, 500)]
    assert editor.selected.name == "upper left corner"
    assert editor.venue == ProjectionSettings()


def test_arrows_move_by_a_pixel_and_with_shift_by_ten(editor: WarpEditor) -> None:
    press(editor, CalibrationAction.RIGHT, times=3)
    press(editor, CalibrationAction.DOWN, is_large=True)
    press(editor, CalibrationAction.UP)
    assert editor.selected.place_px == pytest.approx((3.0, 9.0))
    assert places(editor)[1:] == [(1000, 0), (1000, 500), (0, 500)]
    assert editor.venue.projectors[0].corners.top_left == pytest.approx((0.003, 0.018))
    press(editor, CalibrationAction.LEFT, times=5)
    assert editor.selected.place_px == pytest.approx((-2.0, 9.0)), "beyond the edge it may go"


def test_tab_goes_round_all_handles(editor: WarpEditor) -> None:
    press(editor, CalibrationAction.FINER)
    names = []
    for _ in range(9):
        names.append(editor.selected.name)
        press(editor, CalibrationAction.NEXT_HANDLE)
    assert names[:5] == [
        "upper left corner", "upper right corner", "lower right corner", "lower left corner",
        "point 2, 1 of the grid",
    ]  # fmt: skip
    assert len(set(names)) == 9 and editor.selected.name == names[0]
    press(editor, CalibrationAction.PREVIOUS_HANDLE)
    assert editor.selected.name == names[-1]


def test_a_point_of_the_grid_moves_alone(editor: WarpEditor) -> None:
    press(editor, CalibrationAction.NEXT_GRID)
    before = places(editor)
    editor.press((500, 250))
    editor.release()
    press(editor, CalibrationAction.RIGHT, is_large=True)
    after = places(editor)
    moved = [number for number, (a, b) in enumerate(zip(before, after, strict=True)) if a != pytest.approx(b)]
    assert [editor.handles[number].name for number in moved] == ["point 2, 2 of the grid"]
    assert after[moved[0]] == pytest.approx((510, 250))


def test_the_mouse_takes_what_is_near_and_keeps_its_grip(editor: WarpEditor) -> None:
    editor.press((500, 250))
    assert not editor.is_dragging, "nothing is near"
    editor.press((990, 492))
    assert editor.is_dragging and editor.selected.name == "lower right corner"
    editor.drag((980, 482))
    editor.drag((950, 452))
    editor.release()
    assert editor.selected.place_px == pytest.approx((960, 460)), "the handle does not jump to the mouse"
    editor.drag((0, 0))
    assert editor.selected.place_px == pytest.approx((960, 460)), "after the release nothing is held"


def test_the_middle_of_a_pin_follows_the_homography(editor: WarpEditor) -> None:
    press(editor, CalibrationAction.DOWN, CalibrationAction.RIGHT, times=12, is_large=True)
    press(editor, CalibrationAction.FINER)
    corners = editor.venue.projectors[0].corners.points
    x, y = Warp(corners, np.zeros((2, 2, 2))).place_one((0.5, 0.5))
    middle = next(handle for handle in editor.handles if handle.name == "point 2, 2 of the grid")
    assert middle.place_px == pytest.approx((1000 * x, 500 * y))


# ------------------------------------------------------------------ grids


def test_grids_go_from_two_to_nine_and_keep_the_shape(editor: WarpEditor) -> None:
    press(editor, CalibrationAction.COARSER)
    assert editor.note == "a grid has 2 to 9 points a side" and editor.venue == ProjectionSettings()
    press(editor, CalibrationAction.FINER)
    editor.press((500, 250))
    editor.drag((520, 240))
    editor.release()
    press(editor, CalibrationAction.FINER, times=2)
    grid = editor.venue.projectors[0].grid
    assert (grid.columns, grid.rows) == (5, 5)
    middle = next(handle for handle in editor.handles if handle.name == "point 3, 3 of the grid")
    assert middle.place_px == pytest.approx((520, 240))
    press(editor, CalibrationAction.FINER, times=4)
    assert editor.venue.projectors[0].grid.columns == 9 and editor.note == ""
    press(editor, CalibrationAction.FINER)
    assert editor.note.startswith("a grid has")
    press(editor, CalibrationAction.NEXT_GRID)
    assert editor.venue.projectors[0].grid.columns == 2, "G goes round"


def test_a_handle_that_vanishes_with_its_grid_is_let_go(editor: WarpEditor) -> None:
    press(editor, CalibrationAction.FINER)
    editor.press((500, 250))
    editor.release()
    press(editor, CalibrationAction.COARSER)
    assert editor.selected.name == "upper left corner"


def test_reset_puts_one_handle_back(editor: WarpEditor) -> None:
    press(
        editor, CalibrationAction.RIGHT, CalibrationAction.NEXT_HANDLE, CalibrationAction.LEFT, CalibrationAction.RESET
    )
    assert editor.venue.projectors[0].corners.points == ((0.001, 0.0), *UNIT_SQUARE[1:])


# ------------------------------------------------------------------ undo


def test_every_step_is_undone_and_done_again(editor: WarpEditor) -> None:
    states = [editor.venue]
    for action in (
        CalibrationAction.RIGHT,
        CalibrationAction.DOWN,
        CalibrationAction.FINER,
        CalibrationAction.NEXT_HANDLE,
        CalibrationAction.LEFT,
    ):
        press(editor, action)
        if editor.venue != states[-1]:
            states.append(editor.venue)
    assert len(states) == 5
    for state in states[-2::-1]:
        press(editor, CalibrationAction.UNDO)
        assert editor.venue == state
    press(editor, CalibrationAction.UNDO)
    assert editor.note == "there is nothing to undo" and editor.venue == states[0]
    for state in states[1:]:
        press(editor, CalibrationAction.REDO)
        assert editor.venue == state
    press(editor, CalibrationAction.REDO)
    assert editor.note == "there is nothing to redo"


def test_a_drag_is_one_step_and_a_click_is_none(editor: WarpEditor) -> None:
    press(editor, CalibrationAction.RIGHT)
    press(editor, CalibrationAction.UNDO)
    editor.press((1000, 0))
    editor.release()
    press(editor, CalibrationAction.REDO)
    assert editor.venue != ProjectionSettings(), "a click does not forget what can be done again"
    press(editor, CalibrationAction.UNDO)
    editor.press((1000, 0))
    for x in range(999, 900, -1):
        editor.drag((x, 0))
    editor.release()
    press(editor, CalibrationAction.UNDO)
    assert editor.venue == ProjectionSettings()


def test_something_new_forgets_what_was_undone(editor: WarpEditor) -> None:
    press(editor, CalibrationAction.RIGHT, CalibrationAction.UNDO, CalibrationAction.DOWN, CalibrationAction.REDO)
    assert editor.note == "there is nothing to redo"
    assert editor.venue.projectors[0].corners.top_left == pytest.approx((0.0, 0.002))


def test_a_file_that_is_read_meanwhile_can_be_undone(editor: WarpEditor) -> None:
    press(editor, CalibrationAction.RIGHT)
    mine, other = editor.venue, ProjectionSettings(rotation=180)
    editor.replace(other)
    assert editor.venue == other
    press(editor, CalibrationAction.UNDO)
    assert editor.venue == mine


# ------------------------------------------------------------------ what is refused


def test_a_fold_is_refused_and_nothing_is_lost(editor: WarpEditor) -> None:
    press(editor, CalibrationAction.RIGHT, times=90, is_large=True)
    before = editor.venue
    for _ in range(20):
        press(editor, CalibrationAction.RIGHT, CalibrationAction.DOWN, is_large=True)
    assert "the corners fold the picture" in editor.note or "the corners slant the picture" in editor.note
    assert editor.note.startswith("not done: ")
    assert Warp(editor.venue.projectors[0].corners.points, np.zeros((2, 2, 2))).is_folded() is False
    while editor.venue != before:
        press(editor, CalibrationAction.UNDO)
        assert editor.note == ""


def test_a_drag_over_the_other_side_stops_before_it(editor: WarpEditor) -> None:
    editor.press((0, 0))
    editor.drag((1500, 250))
    assert editor.note.startswith("not done: the corners fold the picture: the ")
    assert editor.venue == ProjectionSettings()
    editor.drag((100, 50))
    assert editor.note == "" and editor.selected.place_px == pytest.approx((100, 50))
    editor.release()


def test_a_grid_that_folds_is_refused(editor: WarpEditor) -> None:
    press(editor, CalibrationAction.FINER)
    editor.press((500, 250))
    before = editor.venue
    editor.drag((1400, 250))
    assert editor.note == "not done: the grid folds the picture: move its offsets nearer to [0, 0]"
    assert editor.venue == before


def test_what_is_too_far_outside_is_refused(editor: WarpEditor) -> None:
    editor.press((1000, 500))
    editor.drag((2500, 1200))
    assert editor.note == "not done: that is too far outside"
    assert editor.venue == ProjectionSettings()


# ------------------------------------------------------------------ several projectors


def test_each_projector_is_edited_in_its_own_area() -> None:
    left = ProjectorSettings(area=(0, 0, 0.5, 1))
    right = ProjectorSettings(area=(0.5, 0, 1, 1), grid=Grid(columns=3, rows=2))
    editor = WarpEditor(ProjectionSettings(projectors=(left, right)), WALL_WH)
    assert places(editor) == [(0, 0), (500, 0), (500, 500), (0, 500)]
    press(editor, CalibrationAction.NEXT_PROJECTOR)
    assert places(editor) == [(500, 0), (1000, 0), (1000, 500), (500, 500), (750, 0), (750, 500)]
    press(editor, CalibrationAction.RIGHT)
    assert editor.selected.place_px == pytest.approx((501, 0))
    assert editor.venue.projectors[0] == left
    assert editor.venue.projectors[1].corners == Corners(top_left=(0.002, 0.0))
    press(editor, CalibrationAction.NEXT_PROJECTOR)
    assert editor.projector == 0


def test_one_projector_says_that_there_is_no_other(editor: WarpEditor) -> None:
    press(editor, CalibrationAction.NEXT_PROJECTOR)
    assert editor.note == "the venue file has one projector"


def test_another_size_of_the_window_moves_the_handles_with_it(editor: WarpEditor) -> None:
    press(editor, CalibrationAction.RIGHT, is_large=True)
    editor.resize((2000, 1000))
    assert editor.selected.place_px == pytest.approx((20, 0))
    press(editor, CalibrationAction.RIGHT)
    assert editor.selected.place_px == pytest.approx((21, 0))
