"""tools.render: the same session gives the same pictures, in every form."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from engine.config.recorder import RecorderSettings
from engine.render.output.codecs import FILM_CODECS
from engine.render.output.video_writer import VideoFile
from engine.session.format import Cue
from tests.session import drawn
from tests.tools.render.clouds import SCENE, digests, head_of, pictures, render
from tools.film.segments import join_films

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
