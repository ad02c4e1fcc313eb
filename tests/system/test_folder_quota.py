"""What a folder of recordings may hold: the oldest go, only where that was asked for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.system.folder_quota import DAY_S, remove_oldest

NOW_S = 1_000_000_000.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for days, name in enumerate(("a.mp4", "b.narc", "c.mkv", "d.png")):
        (tmp_path / name).write_bytes(bytes(1000))
        os.utime(tmp_path / name, (NOW_S, NOW_S - days * DAY_S))
    (tmp_path / "notes.txt").write_bytes(bytes(10_000))
    os.utime(tmp_path / "notes.txt", (NOW_S, 0))
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_nothing_goes_that_nobody_asked_for(folder: Path) -> None:
    assert remove_oldest(folder, NOW_S, keep_days=None, max_gb=None) == []
    assert len(names(folder)) == 5


def test_what_is_too_old_goes(folder: Path) -> None:
    assert [path.name for path in remove_oldest(folder, NOW_S, keep_days=1.5, max_gb=None)] == ["d.png", "c.mkv"]
    assert names(folder) == ["a.mp4", "b.narc", "notes.txt"]


def test_what_is_too_much_goes_from_the_oldest_on_but_not_what_is_being_written(folder: Path) -> None:
    removed = remove_oldest(folder, NOW_S, keep_days=None, max_gb=2500 / 1e9, spare=[folder / "d.png"])
    assert [path.name for path in removed] == ["c.mkv", "b.narc"]
    assert names(folder) == ["a.mp4", "d.png", "notes.txt"]


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert remove_oldest(tmp_path / "gone", NOW_S, keep_days=1, max_gb=1) == []
