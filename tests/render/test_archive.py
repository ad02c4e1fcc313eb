"""The wall: frames that do not touch, whoever stands there in the largest, the others in theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import moderngl
import numpy as np
import pytest

from engine.render.frame_inputs import FrameInputs
from engine.render.passes.archive import MOULDING, hang
from engine.render.portrait_archive import SLOTS, PortraitArchive
from tests.render.conftest import STAGE_WH, Draw
from tests.render.pictures import REST, synthetic_face
from tests.render.visits import hang_visitor

ASPECT = STAGE_WH[0] / STAGE_WH[1]


@pytest.mark.parametrize("aspect", [16 / 9, 4 / 3, 1.0, 9 / 16, 3.0, 0.4])
@pytest.mark.parametrize("newest", [0.2, 0.5, 0.7])
def test_frames_hang_on_the_wall_and_do_not_touch(aspect: float, newest: float) -> None:
    frames = hang(aspect, newest)
    assert frames.shape == (SLOTS, 4)
    assert (frames[0, 3] > frames[1:, 3]).all()
    reach = frames[:, 2:] + MOULDING * frames[:, 3:]
    assert (np.abs(frames[:, 0]) + reach[:, 0] < aspect / 2).all()
    assert (np.abs(frames[:, 1]) + reach[:, 1] < 0.5).all()
    for a, b in combinations(range(SLOTS), 2):
        apart = np.hypot(*((frames[a, :2] - frames[b, :2]) / (reach[a] + reach[b])))
        assert apart > 1.0, f"frames {a} and {b} touch"


def inside(light: np.ndarray, place: int) -> float:
    """Mean light in the middle of a frame's opening."""
    x, y, half_width, half_height = hang(ASPECT, 0.5)[place]
    at = np.array([x - 0.4 * half_width, x + 0.4 * half_width]) / ASPECT + 0.5
    rows = np.array([y - 0.4 * half_height, y + 0.4 * half_height]) + 0.5
    (left, right), (top, bottom) = (at * STAGE_WH[0]).astype(int), (rows * STAGE_WH[1]).astype(int)
    return float(light[top : bottom + 1, left : right + 1, :3].mean())


def test_strangers_hang_where_they_belong(draw: Draw, gl: moderngl.Context, face: Callable[..., FrameInputs]) -> None:
    archive = PortraitArchive(gl)
    empty = draw("archive", view=FrameInputs(archive_tiles=archive.archive_tiles))
    assert all(inside(empty, place) < 0.03 for place in range(SLOTS))
    hang_visitor(archive, synthetic_face(0), 0)
    hang_visitor(archive, synthetic_face(1), 1)
    left = draw("archive", view=FrameInputs(archive_tiles=archive.archive_tiles))
    assert inside(left, 0) > 5 * inside(empty, 0)
    assert inside(left, 1) > 4 * inside(empty, 1)
    assert inside(left, 2) == pytest.approx(inside(empty, 2), rel=0.01)
    somebody = face(np.full((64, 64, 4), 255, np.uint8), REST)
    there = draw("archive", {"even": 0.0}, replace(somebody, archive_tiles=archive.archive_tiles))
    assert inside(there, 0) > 1.3 * inside(left, 0)
    assert inside(there, 1) == pytest.approx(inside(left, 1), rel=0.2)
    archive.close()
