"""The dial: its hand and its line say how many bits are left."""

from __future__ import annotations

import numpy as np
import pytest

from engine.render.frame_inputs import FrameInputs
from tests.render.conftest import STAGE_WH, Draw

SOMEBODY = FrameInputs(presence=1.0)


def red(picture: np.ndarray) -> np.ndarray:
    """Where it is red, (x, y) from the middle in stage heights."""
    rows, columns = np.nonzero(picture[..., 0] > 4 * np.maximum(picture[..., 1], 0.02))
    width, height = STAGE_WH
    return np.stack([(columns + 0.5 - width / 2) / height, (rows + 0.5) / height - 0.5], axis=1)


@pytest.mark.parametrize(("bits", "x", "y"), [(64, 0.0, -0.39), (4, -0.39, -0.04), (1024, 0.39, -0.04)])
def test_the_hand_points_at_the_bits(draw: Draw, bits: int, x: float, y: float) -> None:
    hand = red(draw("dial", {"bits": bits, "rise": 0.0, "radius": 0.41}, SOMEBODY)).mean(axis=0)
    assert hand == pytest.approx((x, y), abs=0.03)


def test_without_bits_there_is_neither_hand_nor_line_and_for_nobody_nothing(draw: Draw) -> None:
    bare, some = (draw("dial", {"bits": bits}, SOMEBODY) for bits in (0, 7))
    assert not len(red(bare)) and len(red(some))
    below = slice(round(0.88 * STAGE_WH[1]), None)
    assert bare[below, ..., :3].max() < 0.02 < some[below, ..., :3].max()
    assert draw("dial", {"bits": 7}, FrameInputs())[..., :3].max() < 1e-3
