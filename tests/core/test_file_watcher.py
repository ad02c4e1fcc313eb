"""Saved files are told, however an editor saves them; what cannot be watched does not end the show."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import engine.core.file_watcher
from engine.core.clock import Clock
from engine.core.file_watcher import Watcher

PATIENCE_S = 20.0  # of a busy machine; a save is told within a fraction of a second


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    places = tmp_path / "scenes", tmp_path / "shaders"
    for place in places:
        (place / "lib").mkdir(parents=True)
    return places


@pytest.fixture
def watcher(folders: tuple[Path, Path]) -> Iterator[Watcher]:
    """One that watches already: its start cannot be seen, but a save that it tells."""
    with Watcher(folders) as watcher:
        told(watcher, lambda: [(place / "start").write_text("?") for place in folders], [p / "start" for p in folders])
        settle(watcher)
        yield watcher


def told(watcher: Watcher, save: Callable[[], object], expected: list[Path]) -> None:
    """Save, again and again if need be, until all of it is told."""
    clock, seen = Clock(), set[Path]()
    limit_s = clock.now_s() + PATIENCE_S
    while not seen >= set(expected):
        assert clock.now_s() < limit_s, f"only {seen} of {expected} was told"
        save()
        for _ in range(10):
            clock.sleep_s(0.05)
            seen |= watcher.poll()
            if seen >= set(expected):
                break


def settle(watcher: Watcher) -> None:
    """Until nothing more comes of what was saved."""
    clock, quiet = Clock(), 0
    for _ in range(200):
        clock.sleep_s(0.05)
        quiet = 0 if watcher.poll() else quiet + 1
        if quiet == 8:
            return
    pytest.fail("saves are told without end")


def ended(watcher: Watcher) -> bool:
    clock = Clock()
    limit_s = clock.now_s() + PATIENCE_S
    while watcher.is_watching and clock.now_s() < limit_s:
        clock.sleep_s(0.05)
    return not watcher.is_watching


def test_nothing_saved_is_nothing_told(watcher: Watcher) -> None:
    assert watcher.poll() == frozenset()


def test_a_save_in_place_is_told_once(watcher: Watcher, folders: tuple[Path, Path]) -> None:
    file = folders[0] / "plain.yaml"
    told(watcher, lambda: file.write_text("title: A"), [file])
    settle(watcher)
    assert watcher.poll() == frozenset()


def test_a_save_by_renaming_is_told(watcher: Watcher, folders: tuple[Path, Path]) -> None:
    file, draft = folders[1] / "film.frag", folders[1] / ".film.frag.new"
    file.write_text("old")
    settle(watcher)

    def save() -> None:
        draft.write_text("new")
        os.replace(draft, file)

    told(watcher, save, [file])
    assert file.read_text() == "new"


def test_includes_in_a_folder_below_and_deleted_files_are_told(watcher: Watcher, folders: tuple[Path, Path]) -> None:
    file = folders[1] / "lib" / "hash.glsl"
    told(watcher, lambda: file.write_text("float hash;"), [file])
    settle(watcher)
    told(watcher, lambda: file.unlink(missing_ok=True), [file])


def test_what_nobody_asked_for_yet_is_kept(watcher: Watcher, folders: tuple[Path, Path]) -> None:
    first, second = folders[0] / "a.yaml", folders[1] / "b.frag"
    clock, seen = Clock(), frozenset[Path]()
    for file in (first, second):
        file.write_text("text")
        clock.sleep_s(0.5)
    for _ in range(100):
        seen = watcher._saved._item or frozenset()  # looked at, not taken
        if seen >= {first, second}:
            break
        clock.sleep_s(0.1)
    assert watcher.poll() >= {first, second}


def test_closing_ends_the_thread_and_may_be_repeated(folders: tuple[Path, Path]) -> None:
    watcher = Watcher(folders)
    assert not watcher.is_watching and watcher.poll() == frozenset()
    watcher.close()
    with watcher:
        assert watcher.is_watching
    assert not watcher.is_watching
    assert "watcher" not in {thread.name for thread in threading.enumerate()}
    watcher.close()


def test_a_folder_that_vanishes_is_told_once(
    watcher: Watcher, folders: tuple[Path, Path], caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(folders[0])
    assert ended(watcher)
    assert [record.getMessage() for record in caplog.records if record.name == "engine.core.file_watcher"] == [
        f"there is no folder {folders[0]}: what is saved is shown on its scene's key only, no longer at once"
    ]
    watcher.poll()
    assert watcher.poll() == frozenset()


def test_a_folder_that_was_never_there_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Watcher((tmp_path / "nothing",)) as watcher:
        assert ended(watcher)
    assert caplog.text.count(f"there is no folder {tmp_path / 'nothing'}: what is saved") == 1


def test_a_limit_of_the_system_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("Error creating recommended watcher: Too many open files (os error 24)")

    monkeypatch.setattr(engine.core.file_watcher, "watch", refuse)
    with Watcher((tmp_path,)) as watcher:
        assert ended(watcher)
    assert caplog.text.count("Too many open files (os error 24): what is saved is shown on its scene's key only") == 1
