"""tools.render: the same session gives the same pictures, in every form, interrupted or not."""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
import signal
import sys
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import moderngl
import numpy as np
import pytest
from PIL import Image

import tools.film_parts
import tools.render
from engine.clock import ManualClock
from engine.networks.persona import Persona
from engine.networks.rung import Rung
from engine.pipeline.echo import EchoListener
from engine.pipeline.face import FacePainter
from engine.render.codecs import FILM_CODECS
from engine.render.display_settings import DisplaySettings
from engine.render.passes import registry
from engine.render.recorder_settings import RecorderSettings
from engine.render.shader import ShaderLibrary
from engine.render.video_file import VideoFile
from engine.render.window import open_window
from engine.repertoire import Repertoire
from engine.session.format import Answer, Cue, SessionHead
from engine.session.reader import Session
from engine.types import ByteArray, Features, FloatArray, Frame
from tests.render.pictures import measured_viewer
from tests.session import drawn
from tests.tiny_persona import write_tiny_persona
from tools.film_parts import join_films
from tools.session_drawing import SessionDrawing

ROOT = Path(__file__).resolve().parents[2]
SIZE, SIZE_WH = "96x54", (96, 54)
SCENE = """
format: 1
title: Test
size: [1280, 720]
passes:
  - reflection: {}
"""


class Clouds:
    """A generator whose picture follows from the latent, and quickly."""

    size_px, latent_size = 32, 16
    rungs = (Rung("clouds", 32),)

    def __call__(self, z: FloatArray, rung: Rung | None = None) -> ByteArray:
        y, x = np.mgrid[0:32, 0:32] / 32
        waves = [np.sin(6 * (z[3 * k] * x + z[3 * k + 1] * y) + z[3 * k + 2]) for k in range(3)]
        picture = np.dstack([*[127 + 120 * wave for wave in waves], np.full((32, 32), 255)])
        return np.ascontiguousarray(picture.astype(np.uint8))

    def growth(self, z: FloatArray, rung: Rung | None = None) -> tuple[ByteArray, ...]:
        picture = self(z)
        return tuple(np.ascontiguousarray(picture[::step, ::step]) for step in (8, 4, 2, 1))

    def free(self) -> None: ...


@pytest.fixture
def place(tmp_path: Path, gl: moderngl.Context, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with scenes, shaders, a persona and a session of three seconds; faces are clouds."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenes").mkdir()
    for name in ("plain", "another"):
        (tmp_path / "scenes" / f"{name}.yaml").write_text(SCENE)
    shutil.copytree(ROOT / "shaders", tmp_path / "shaders")
    write_tiny_persona(tmp_path / "models" / "tiny")
    drawn.write_session(tmp_path / "a.narc", [Cue(0.0, "plain"), *drawn.answers(3.0)], head_of("tiny"))
    monkeypatch.setattr(tools.render, "open_generator", lambda persona: Clouds())
    return tmp_path


def head_of(model: str, latent_size: int = 16, sha256: str | None = None) -> SessionHead:
    sha256 = sha256 or Persona.open(Path("models") / model).generator_sha256
    return SessionHead(model, sha256, latent_size, "1 abc", 5, 478, *SIZE_WH, "2026-03-01_19-30-05")


def render(place: Path, output: str, *more: str, session: str = "a.narc") -> int:
    return tools.render.main([session, "--output", output, "--fps", "10", "--encoder", "processor", *more], place)


def pictures(path: Path) -> list[np.ndarray]:
    if path.is_dir():
        return [np.asarray(Image.open(file)) for file in sorted(path.iterdir())]
    with av.open(str(path)) as film:
        return [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]


def digests(found: list[np.ndarray]) -> list[str]:
    return [hashlib.sha256(picture.tobytes()).hexdigest() for picture in found]


def look_again(frame: Frame) -> Features:
    """What is measured of a cloud: a face that differs from cloud to cloud."""
    return replace(measured_viewer(float(frame.image[3, 5, 0]) / 8 - 16), sequence=frame.sequence)


def drawing(
    session: Path,
    root: Path,
    scene: str | None,
    fps: float,
    window: Any,
    look: Callable[[Frame], Features | None] = look_again,
) -> SessionDrawing:
    opened = Session(session)
    repertoire = Repertoire(root / "scenes", (), registry())
    names = [scene] if scene else list(opened.scenes)
    paint = FacePainter(Clouds(), ManualClock()).draw
    alignment = Persona.open(Path("models/tiny")).alignment
    scenes = {name: repertoire.load(name) for name in names}
    library, listener = ShaderLibrary(root / "shaders"), EchoListener(lambda: look, ManualClock(), waits=True)
    return SessionDrawing(opened, scenes, paint, alignment, window, library, fps, scene, listener=listener)


# ------------------------------------------------------------------ what is drawn


def test_the_same_session_gives_the_same_pictures_and_the_visitor_is_in_them(place: Path) -> None:
    assert render(place, "one.mkv") == 0 and render(place, "two.mkv") == 0
    one, two = pictures(place / "one.mkv"), pictures(place / "two.mkv")
    assert len(one) == 30 and one[0].shape == (54, 96, 3)
    assert digests(one) == digests(two)
    before, during = one[5].astype(int), one[25].astype(int)
    assert np.abs(during - before)[15:40, 30:66].mean() > 5, "the face is in the glass"
    assert len(set(digests(one[15:]))) == 15, "between two answers lies a picture of its own"
    assert not (place / "one.mkv.parts").exists()


def test_any_size_rate_and_scene(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert render(place, "big.mp4", "--size", "130x70", "--fps", "24", "--scene", "another") == 0
    with av.open("big.mp4") as film:
        stream = film.streams.video[0]
        frames = list(film.decode(video=0))
        assert (stream.width, stream.height, stream.average_rate) == (130, 70, 24)
        assert stream.codec_context.name == "h264" and stream.codec_context.color_primaries == 1
    assert len(frames) == 71
    assert [frame.time for frame in frames] == pytest.approx([index / 24 for index in range(71)], abs=1e-4)
    out = capsys.readouterr()
    assert "71 pictures, 3.0 s; 3.0 s were made in" in out.out and "render: 100%" in out.err


def test_scenes_change_and_the_wall_goes_black_when_they_did(place: Path) -> None:
    (place / "scenes" / "another.yaml").write_text(SCENE.replace("reflection: {}", "reflection: {opacity: 0.5}"))
    cues = [Cue(0.0, "plain"), Cue(1.0, "another"), Cue(2.0, "another", is_black=True)]
    records = sorted([*cues, *drawn.answers(3.0)], key=lambda record: record.time_s)
    drawn.write_session(place / "b.narc", records, head_of("tiny"))
    assert render(place, "b.mkv", session="b.narc") == 0 and render(place, "a.mkv") == 0
    a, b = pictures(place / "a.mkv"), pictures(place / "b.mkv")
    assert digests(a[:10]) == digests(b[:10]) and digests(a)[10] != digests(b)[10]
    assert b[19].max() > 50 and b[-1].max() == 0


def test_the_room_is_as_loud_as_it_was(place: Path) -> None:
    knobs = 'picture: {tint: [1, 1, 1], brightness: 0, bind: {brightness: "audio"}}'
    (place / "scenes" / "plain.yaml").write_text(SCENE.replace("reflection: {}", knobs))
    assert render(place, "heard.mkv") == 0
    light = np.array([picture.mean() for picture in pictures(place / "heard.mkv")])
    assert (np.diff(light) > 0).all() and light[-1] > light[0] + 100  # drawn.answers grow louder
    silent = [replace(answer, audio=0.0) for answer in drawn.answers(3.0)]
    drawn.write_session(place / "b.narc", [Cue(0.0, "plain"), *silent], head_of("tiny"))
    assert render(place, "silent.mkv", session="b.narc") == 0
    assert max(picture.max() for picture in pictures(place / "silent.mkv")) < 8


def test_a_session_that_was_cut_is_rendered_up_to_the_cut(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = (place / "a.narc").read_bytes()
    drawn.write_session(place / "b.narc", [Cue(0.0, "plain"), *drawn.answers(2.0)], head_of("tiny"))
    half = (place / "b.narc").read_bytes()
    (place / "cut.narc").write_bytes(half[: -len(b"OVER") - 8] + data[-300:-200])
    assert render(place, "cut", session="cut.narc") == 0
    assert len(pictures(place / "cut")) == 20
    assert "cut.narc is read up to 2 s" in capsys.readouterr().err


# ------------------------------------------------------------------ forms


@pytest.mark.parametrize(
    ("name", "options", "worst"),
    [
        ("a.mp4", [], 80),
        ("a.mov", [], 80),
        ("b.mp4", ["--codec", "hevc"], 80),
        ("a.mkv", [], 0),
    ],
)
def test_every_form_holds_what_was_drawn(place: Path, name: str, options: list[str], worst: int) -> None:
    assert render(place, "drawn") == 0
    assert render(place, name, "--quality", "4", *options) == 0
    for one, other in zip(pictures(place / "drawn"), pictures(place / name), strict=True):
        difference = np.abs(one.astype(int) - other.astype(int))
        assert difference.max() <= worst and difference.mean() <= worst / 8
    assert sorted(path.name for path in (place / "drawn").iterdir())[:2] == ["frame_000000.png", "frame_000001.png"]


@pytest.mark.parametrize("name", FILM_CODECS)
def test_parts_are_joined_without_a_seam(name: str, tmp_path: Path) -> None:
    codec = FILM_CODECS[name]
    settings, ending = RecorderSettings(codec=name, keep_free_mb=0, max_fps=25), codec.endings[0]
    random = np.random.default_rng(0)
    kept: list[np.ndarray] = []
    for part in range(2):
        film = VideoFile(tmp_path / f"{part}{ending}", (64, 48), settings)
        for index in range(5):
            film.write(np.repeat(random.integers(0, 255, (48, 1, 4), np.uint8), 64, 1), index / 25)
        film.close()
        kept += pictures(film.path)
    whole = tmp_path / f"whole{ending}"
    join_films([tmp_path / f"0{ending}", tmp_path / f"1{ending}"], whole, 25)
    assert digests(pictures(whole)) == digests(kept), "nothing was compressed again"
    with av.open(str(whole)) as film:
        context = film.streams.video[0].codec_context
        assert context.color_primaries == 1 and context.pix_fmt == codec.pixels
        if codec.tag:
            assert context.codec_tag == codec.tag
        times = [frame.time for frame in film.decode(video=0)]
    assert times == pytest.approx([index / 25 for index in range(10)], abs=1e-3)


# ------------------------------------------------------------------ interruptions


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
    monkeypatch.setattr(tools.film_parts, "PART_S", 1.0)
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


# ------------------------------------------------------------------ what is wrong


@pytest.mark.parametrize(
    ("spoil", "more", "status", "sentence"),
    [
        (lambda p: (p / "a.mp4").write_text(""), [], 3, "a.mp4 exists already and is not overwritten"),
        (lambda p: (p / "a.narc").write_bytes(b"no"), [], 3, "a.narc cannot be used: it is no session"),
        (lambda p: (p / "a.narc").unlink(), [], 3, "a.narc: there is no such file"),
        (lambda p: (p / "scenes/plain.yaml").unlink(), [], 3, "there is no scene 'plain': "),
        (lambda p: None, ["--scene", "nothing"], 3, "there is no scene 'nothing': "),
        (lambda p: None, ["--model", "nobody"], 5, "there is no persona 'nobody'"),
        (lambda p: shutil.rmtree(p / "models/tiny"), [], 5, "there is no persona 'tiny'"),
        (
            lambda p: write_tiny_persona(p / "models/tiny", seed=9),
            [],
            5,
            "its faces would be others; --model tiny draws",
        ),
        (
            lambda p: write_tiny_persona(p / "models/wide", latent_size=32),
            ["--model", "wide"],
            5,
            "has latents of 16 numbers, and",
        ),
        (lambda p: None, ["--codec", "prores"], 3, "a.mp4 cannot hold ProRes 422 HQ, being a .mp4 file"),
        (lambda p: None, ["--codec", "png"], 3, "a.mp4 is a file's name, and pictures go into a folder"),
        (lambda p: None, ["--size", "8x8"], 3, "a picture of 8x8 px cannot be shown"),
        (lambda p: (p / "a.mp4.parts").write_text(""), [], 4, "a.mp4 cannot be made: its folder is not a folder"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    place: Path,
    spoil: Callable[[Path], object],
    more: list[str],
    status: int,
    sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spoil(place)
    assert render(place, "a.mp4", *more) == status
    said = capsys.readouterr().err
    assert sentence in said and said.startswith("render: ") and said.count("\n") == 1


def test_another_generator_that_is_asked_for_is_drawn_and_told(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_tiny_persona(place / "models" / "other", seed=5)
    assert render(place, "a.mkv", "--model", "other") == 0
    assert "is not the generator that answered" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "sentence"),
    [(["--fps", "0"], "must be a number from 4 to 240, not '0'"), (["--size", "big"], "must be WIDTHxHEIGHT in px")],
)
def test_a_wrong_command_line_is_explained(
    place: Path, option: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        render(place, "a.mp4", *option)
    assert left.value.code == 2 and sentence in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="disks are filled by a stand-in for writing here")
def test_a_full_disk_keeps_what_is_safe(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tools.film_parts, "PART_S", 1.0)
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
