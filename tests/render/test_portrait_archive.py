"""This evening's strangers: one of each visit, no more than there is room for, and nowhere but in memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import moderngl
import numpy as np
import pytest

from engine.core.clock import Tick
from engine.render.portrait_archive import COLUMNS, KEEP_AFTER_S, SLOTS, TILE_PX, PortraitArchive, thumbnail
from engine.types import ByteArray, Reflection
from tests.render.pictures import synthetic_face
from tests.render.visits import DT_S, NOBODY, SOMEBODY, hang_visitor


@pytest.fixture
def archive(gl: moderngl.Context) -> Iterator[PortraitArchive]:
    archive = PortraitArchive(gl)
    yield archive
    archive.close()


def tile(archive: PortraitArchive, place: int) -> ByteArray:
    archive_tiles = archive.archive_tiles
    assert archive_tiles is not None
    width, height = archive_tiles.pictures.size
    pixels = np.frombuffer(archive_tiles.pictures.read(), np.uint8).reshape(height, width, 4)
    row, column = divmod(place, COLUMNS)
    return pixels[row * TILE_PX : (row + 1) * TILE_PX, column * TILE_PX : (column + 1) * TILE_PX]


def test_each_visit_leaves_one_stranger_the_newest_first(archive: PortraitArchive) -> None:
    pictures = [synthetic_face(seed) for seed in range(3)]
    for number, picture in enumerate(pictures):
        hang_visitor(archive, picture, number)
        assert archive.count == number + 1
    for place, picture in ((0, pictures[2]), (1, pictures[0]), (2, pictures[1])):
        assert np.array_equal(tile(archive, place), picture)
    archive_tiles = archive.archive_tiles
    assert archive_tiles is not None
    assert archive_tiles.shown[:3] == (1.0, 1.0, 1.0)
    assert set(archive_tiles.shown[3:]) == {0.0}


def test_who_leaves_soon_leaves_nothing(archive: PortraitArchive) -> None:
    hang_visitor(archive, synthetic_face(0), 0, dwell_s=KEEP_AFTER_S - 0.5)
    assert archive.count == 0
    assert not tile(archive, 0).any()


def test_a_mirror_without_viewers_keeps_nothing(archive: PortraitArchive) -> None:
    for step in range(100):
        archive.keep(Reflection(synthetic_face(0), NOBODY, 0.0, step), {0: 60.0}, Tick(step, 0.25 * step, 0.25))
    assert archive.count == 0


def test_the_picture_of_a_long_visit_is_its_last_one(archive: PortraitArchive) -> None:
    for second, seed in enumerate((0, 1, 2)):
        archive.keep(Reflection(synthetic_face(seed), SOMEBODY, 0.0, 0), {0: 5.0 + second}, Tick(0, 5.0 + second, 0.25))
    assert archive.count == 1
    assert np.array_equal(tile(archive, 0), synthetic_face(2))


def test_who_hung_longest_makes_room(archive: PortraitArchive) -> None:
    pictures = [np.full((64, 64, 4), 10 + number, np.uint8) for number in range(SLOTS + 2)]
    for number, picture in enumerate(pictures):
        hang_visitor(archive, picture, number)
    assert archive.count == SLOTS
    hanging = {int(tile(archive, place)[0, 0, 0]) for place in range(SLOTS)}
    assert hanging == set(range(12, 12 + SLOTS))


def test_closing_time_forgets_everybody(archive: PortraitArchive) -> None:
    hang_visitor(archive, synthetic_face(0), 0)
    hang_visitor(archive, synthetic_face(1), 1)
    archive.clear()
    archive_tiles = archive.archive_tiles
    assert archive_tiles is not None
    assert archive.count == 0
    assert set(archive_tiles.shown) == {0.0}
    assert not np.frombuffer(archive_tiles.pictures.read(), np.uint8).any()
    archive.close()
    archive.close()
    assert archive.archive_tiles is None


def test_nothing_is_written_anywhere(archive: PortraitArchive) -> None:
    """Python tells of every file that is opened, every folder that is made and every connection."""
    notes: list[str] = []
    is_watching = True

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if is_watching and event.startswith(("open", "os.", "socket.", "subprocess.", "shutil.")):
            notes.append(f"{event} {arguments}")

    sys.addaudithook(watch)  # it cannot be taken back, only silenced
    for number in range(SLOTS + 3):
        hang_visitor(archive, synthetic_face(number % 3), number)
    archive.clear()
    is_watching = False
    assert notes == []


def test_pictures_of_every_size_become_tiles() -> None:
    large = np.repeat(np.repeat(synthetic_face(0), 4, axis=0), 4, axis=1)
    assert np.array_equal(thumbnail(large), synthetic_face(0))
    small = np.arange(16 * 16 * 4, dtype=np.uint8).reshape(16, 16, 4)
    assert np.array_equal(thumbnail(small)[::4, ::4], small)


def test_a_stranger_can_be_taken_down_while_their_visitor_is_there(gl: moderngl.Context) -> None:
    archive = PortraitArchive(gl)
    for step in range(40):
        reflection = Reflection(synthetic_face(1), SOMEBODY, 0.0, step)
        archive.keep(reflection, {0: (step + 1) * DT_S}, Tick(step, step * DT_S, DT_S))
    assert archive.present == (0,) and archive.count == 1
    archive.forget(0)
    for step in range(40, 80):
        archive.keep(Reflection(synthetic_face(1), SOMEBODY, 0.0, step), {}, Tick(step, step * DT_S, DT_S))
    archive_tiles = archive.archive_tiles
    assert (
        archive_tiles is not None and archive.count == 0 and archive.present == () and max(archive_tiles.shown) == 0.0
    )
    assert not any(archive_tiles.pictures.read()), "nothing of it is left in memory"
    archive.close()
