"""Windows: they cover the picture, overlap, and those in which something moved come first."""

from __future__ import annotations

import numpy as np
import pytest

from engine.features.search_windows import WindowOrder, tiles
from engine.types import ByteArray


@pytest.mark.parametrize("size", [(1280, 720), (640, 480), (720, 1280), (1921, 801), (4000, 500), (3000, 70)])
def test_tiles_cover_the_picture_and_a_face_on_a_border_is_inside_another(size: tuple[int, int]) -> None:
    width, height = size
    covered = np.zeros((height, width), int)
    for left, top, across, down in tiles(width, height):
        assert min(across, height) == down and left >= 0 and top >= 0
        assert left + across <= width and top + down <= height
        covered[top : top + down, left : left + across] += 1
    assert covered.min() >= 1
    side = tiles(width, height)[0][2]
    for x in range(0, width - side // 3, max(1, side // 7)):  # a face of a third of a tile lies wholly in one of them
        assert any(left <= x and x + side // 3 <= left + side for left, _, _, _ in tiles(width, height))


def test_a_small_picture_has_no_tiles() -> None:
    assert tiles(320, 240) == tiles(128, 128) == tiles(4000, 3) == []
    order = WindowOrder()
    picture = grey(128, 128)
    assert order.some(picture, 4) == order.one(picture) == order.one(picture) == [(0, 0, 128, 128)]


def test_every_tile_has_its_turn() -> None:
    order, picture = WindowOrder(), grey(1280, 720)
    looked_at = {window for _ in range(8) for window in order.some(picture, 4)}
    assert looked_at == {(0, 0, 1280, 720), *tiles(1280, 720)}
    alone = [order.one(picture)[0] for _ in range(16)]
    assert alone[::2] == [(0, 0, 1280, 720)] * 8 and set(alone[1::2]) == set(tiles(1280, 720))


def test_where_something_moved_is_looked_at_until_it_was_seen() -> None:
    order, picture = WindowOrder(), grey(1280, 720)
    for _ in range(3):
        order.some(picture, 4)
    moved = picture.copy()
    moved[300:400, 1150:1230] = 200
    seen = [window for _ in range(2) for window in order.some(moved, 4)]
    there = [each for each in tiles(1280, 720) if each[0] <= 1150 and each[0] + each[2] >= 1230]
    assert there and set(there) <= set(seen)


def test_a_lamp_that_is_switched_on_is_no_movement() -> None:
    order, picture = WindowOrder(), grey(1280, 720)
    order.some(picture, 4)
    assert len(order.some(picture + np.uint8(60), 4)) == 2


def test_a_picture_of_another_size_begins_anew() -> None:
    order = WindowOrder()
    order.some(grey(1280, 720), 4)
    assert all(x + w <= 640 and y + h <= 360 for x, y, w, h in order.some(grey(640, 360), 4))


def grey(width: int, height: int) -> ByteArray:
    return np.full((height, width, 3), 90, np.uint8)
