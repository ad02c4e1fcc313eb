"""Sources of files for a film: what is due is handed on by whoever asks, and no thread runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from engine.config.camera import CameraSettings
from engine.core.clock import FilmClock
from engine.core.slot import Slot
from engine.pipeline.sources.base import LostError
from engine.pipeline.sources.open_source import open_source
from engine.pipeline.sources.paced_source import PacedSource
from engine.types import Frame
from tests.pipeline.sources.test_video_file import write_video
from tests.pipeline.viewing import level_of, lopsided


def opened(path: Path, clock: FilmClock) -> tuple[PacedSource, Slot[Frame]]:
    sink = Slot[Frame]("reflection")
    source = open_source(str(path), CameraSettings(), [sink], clock)
    assert isinstance(source, PacedSource)
    return source, sink


def test_a_video_gives_each_picture_at_its_moment_and_begins_again(tmp_path: Path) -> None:
    clock = FilmClock(100.0)
    source, sink = opened(write_video(tmp_path / "a.mp4", [40, 80, 120, 160], times=[0, 1, 4, 5]), clock)
    seen: list[tuple[float, int]] = []
    while len(seen) < 6:
        due_s = source.advance()
        frame = sink.poll()
        assert frame is not None
        seen.append((frame.captured_s, level_of(frame)))
        clock.go_to(due_s)
    assert [level for _, level in seen] == [40, 80, 120, 160, 40, 80]
    assert [moment for moment, _ in seen] == pytest.approx([100.0, 100.1, 100.4, 100.5, 100.6, 100.7])
    assert sink.drop_count == 0
    assert "camera" not in [thread.name for thread in threading.enumerate()]


def test_a_folder_goes_from_picture_to_picture(tmp_path: Path) -> None:
    for number in range(2):
        Image.fromarray(lopsided() // (number + 1)).save(tmp_path / f"{number}.png")
    clock = FilmClock()
    source, sink = opened(tmp_path, clock)
    brightest = []
    while clock.now_s() < 2 * CameraSettings().picture_s:
        due_s = source.advance()
        frame = sink.poll()
        assert frame is not None
        brightest.append(int(frame.image.max()))
        clock.go_to(due_s)
    assert sorted(set(brightest)) == [100, 200]
    assert brightest == sorted(brightest, reverse=True)


def test_nothing_is_given_before_it_is_due(tmp_path: Path) -> None:
    clock = FilmClock()
    source, sink = opened(write_video(tmp_path / "a.mp4", [40, 80]), clock)
    assert source.advance() == pytest.approx(0.1)
    assert sink.poll() is not None
    clock.go_to(0.09)
    source.advance()
    assert sink.poll() is None


class Failing(PacedSource):
    def _moments(self) -> Iterator[float]:
        yield self._clock.now_s()
        raise LostError("gone")


def test_what_is_lost_is_tried_again_on_the_clock_of_the_film() -> None:
    clock = FilmClock()
    source = Failing("failing", False, [], clock)
    assert source.advance() == 0.5
    assert source.state == "lost: gone"
    clock.go_to(0.5)
    assert source.advance() == 1.5, "the pause doubles"
    assert source.restarts == 2
