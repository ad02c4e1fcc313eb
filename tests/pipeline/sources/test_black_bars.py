"""Black bars of cameras: found where a machine drew them, and not taken from a dark room."""

from __future__ import annotations

import numpy as np
import pytest

from engine.pipeline.sources.black_bars import LOOK_EVERY, LOOKS, NONE, Bars, BlackBars, find_bars
from engine.types import ByteArray


def room(width: int, height: int, seed: int = 0) -> ByteArray:
    """A dim room with a lamp in it, seen through a noisy sensor."""
    random = np.random.default_rng(seed)
    picture = random.normal(12, 4, (height, width, 3))
    picture[height // 4 : height // 2, width // 3 : width // 2] += 150
    return picture.clip(0, 255).astype(np.uint8)


def barred(picture: ByteArray, bars: Bars, level: int = 0) -> ByteArray:
    left, top, right, bottom = bars
    return np.pad(picture, ((top, bottom), (left, right), (0, 0)), constant_values=level)


@pytest.mark.parametrize(
    ("inner_wh", "bars"),
    [
        ((960, 720), (160, 0, 160, 0)),  # 4:3 inside 16:9
        ((406, 720), (437, 0, 437, 0)),  # a telephone held upright
        ((640, 360), (0, 60, 0, 60)),  # 16:9 inside 4:3
    ],
)
@pytest.mark.parametrize("level", [0, 16])
def test_bars_are_found(inner_wh: tuple[int, int], bars: Bars, level: int) -> None:
    assert find_bars(barred(room(*inner_wh), bars, level)) == pytest.approx(bars, abs=1)


@pytest.mark.parametrize(
    "picture",
    [
        room(640, 480),
        np.zeros((480, 640, 3), np.uint8),
        barred(room(900, 720), (190, 0, 190, 0)),  # of no usual shape
        barred(room(960, 720), (20, 0, 300, 0)),  # a dark wall at one side
        barred(room(960, 720), (160, 0, 160, 0), 90),  # grey, and so not a machine's
    ],
)
def test_nothing_else_is_a_bar(picture: ByteArray) -> None:
    assert find_bars(picture) == NONE


def test_bars_are_cut_off_once_they_have_stood_and_given_back_when_they_light_up() -> None:
    watch, bars = BlackBars(), (32, 0, 32, 0)
    shapes = [watch.cut(barred(room(192, 144, seed), bars)).shape for seed in range(LOOKS * LOOK_EVERY)]
    assert set(shapes[:-1]) == {(144, 256, 3)}
    assert shapes[-1] == (144, 192, 3)
    whole = room(256, 144) + np.uint8(60)
    assert [watch.cut(whole).shape for _ in range(LOOK_EVERY)][-1] == (144, 256, 3)


def test_another_size_is_another_picture() -> None:
    watch = BlackBars()
    for seed in range(LOOKS * LOOK_EVERY):
        watch.cut(barred(room(96, 72, seed), (16, 0, 16, 0)))
    assert watch.bars != NONE
    assert watch.cut(room(64, 48)).shape == (48, 64, 3)
    assert watch.bars == NONE
