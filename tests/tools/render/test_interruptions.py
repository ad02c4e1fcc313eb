"""What was interrupted goes on with the same command, and gives the same pictures."""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np
import pytest

import tools.film.segments
import tools.render
from engine.config.display import DisplaySettings
from engine.render.output.video_writer import VideoFile
from engine.render.window.window import open_window
from engine.session.format import Answer, Cue
from engine.types import ByteArray
from tests.conftest import ROOT
from tests.session import drawn
from tests.tools.render.clouds import digests, drawing, head_of, look_again, pictures, render
from tools.film.session_renderer import SessionDrawing


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """interrupt(n): Ctrl+C is pressed before picture n is written, once; or `how` happens."""

    def ctrl_c() -> None:
        raise KeyboardInterrupt

    def at(number: int, how: Callable[[], None] = ctrl_c) -> None:
        draw, is_pressed = SessionDrawing.pictures, []

        def pictures_until(self: SessionDrawing, first: int = 0) -> Generator[ByteArray | None, None, None]:
            for index, rows in enumerate(draw(self, first)):
                if index == number and not is_pressed:
                    is_pressed.append(True)
                    how()
                yield rows

        monkeypatch.setattr(SessionDrawing, "pictures", pictures_until)

    return at


@pytest.mark.parametrize(("name", "safe"), [("a.mkv", "2.0"), ("a", "2.5")])
def test_what_was_interrupted_goes_on_with_the_same_command(
    place: Path,
    name: str,
    safe: str,
    interrupt: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(tools.film.segments, "PART_S", 1.0)
    interrupt(25)
    assert render(place, name) == 130
    assert f"stopped; {safe} of 3.0 s are safe, and the same command goes on there" in capsys.readouterr().err
    assert (place / f"{name}.parts").is_dir()
    assert render(place, name) == 0
    assert f"3.0 s; {3.0 - float(safe)} s were made in" in capsys.readouterr().out
    assert render(place, "whole.mkv") == 0
    assert digests(pictures(place / name)) == digests(pictures(place / "whole.mkv"))
    assert not (place / f"{name}.parts").exists()


def test_a_request_to_end_is_as_ctrl_c(
    place: Path, interrupt: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    interrupt(25, lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert render(place, "a") == 130
    assert "stopped; " in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_was_begun_otherwise_is_not_gone_on_with(
    place: Path, interrupt: Callable[[int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    interrupt(5)
    render(place, "a.mkv")
    assert render(place, "a.mkv", "--size", "64x36", "--scene", "another") == 3
    assert "a.mkv.parts was begun with another scene and another size: give the same" in capsys.readouterr().err
    (place / "a.mkv.parts" / "film.json").write_text("{")
    assert render(place, "a.mkv") == 3
    assert "film.json is damaged: remove a.mkv.parts to begin anew" in capsys.readouterr().err


@pytest.mark.parametrize("scene", sorted(path.stem for path in (ROOT / "scenes").glob("*.yaml")))
def test_every_scene_that_ships_can_be_gone_on_with(place: Path, scene: str) -> None:
    """What passes remember is drawn again before the place: see `Pass.memory_s`."""
    fps, first = 4.0, 96
    answers: list[Answer | Cue] = [Cue(0.0, scene), *drawn.answers(26.0)]
    drawn.write_session(place / "long.narc", answers, head_of("tiny"))
    with open_window(DisplaySettings(), (48, 27), headless=True) as window:
        show = drawing(place / "long.narc", ROOT, scene, fps, window)
        whole = [
            rows[:, :, :3].astype(int) for rows in itertools.islice(show.pictures(), first, None) if rows is not None
        ]
        rest = [rows[:, :, :3].astype(int) for rows in show.pictures(first) if rows is not None]
    assert len(whole) == len(rest) == show.count - first > 4
    for one, other in zip(whole, rest, strict=True):
        assert np.abs(one - other).max() <= 3, "of 255: what a wave has left after 20 s"


def test_drawn_faces_are_looked_at_again(place: Path) -> None:
    """No session keeps what the pass `echo` compares."""
    drawn.write_session(place / "b.narc", [Cue(0.0, "echo"), *drawn.answers(16.0)], head_of("tiny"))
    with open_window(DisplaySettings(), (96, 54), headless=True) as window:
        shows = [drawing(place / "b.narc", ROOT, None, 4.0, window, look) for look in (look_again, lambda frame: None)]
        heard, unheard = ([rows.astype(int) for rows in show.pictures() if rows is not None] for show in shows)
    assert np.abs(heard[-1] - unheard[-1]).max() > 10


@pytest.mark.skipif(sys.platform == "win32", reason="disks are filled by a stand-in for writing here")
def test_a_full_disk_keeps_what_is_safe(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tools.film.segments, "PART_S", 1.0)
    write = VideoFile.write

    def fill(self: VideoFile, rows: ByteArray, time_s: float) -> None:
        if "000002" in self.path.name:
            with self._explained("stopped"):
                raise OSError(28, "No space left on device")
        write(self, rows, time_s)

    monkeypatch.setattr(VideoFile, "write", fill)
    assert render(place, "a.mkv") == 4
    said = capsys.readouterr().err
    assert "stopped; 2.0 of 3.0 s are safe" in said and "the disk is full; free some space" in said
    monkeypatch.setattr(VideoFile, "write", write)
    assert render(place, "a.mkv") == 0 and len(pictures(place / "a.mkv")) == 30
