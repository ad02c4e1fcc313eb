"""Films and snapshots: orientation, colour, time, drops."""

from __future__ import annotations

import threading
from pathlib import Path

import av
import moderngl
import numpy as np
import pytest
from PIL import Image

from engine.config.recorder import RecorderSettings
from engine.core.clock import Clock
from engine.render.gl.gl_functions import GlCalls
from engine.render.gl.readback import Readback, fitting_box
from engine.render.output.recorder import Recorder, recording_path, save_snapshot
from engine.render.output.video_writer import VideoFile
from tests.render.films import EVERY_FRAME, SIZE, TIMEOUT_S, collecting, decode

# ------------------------------------------------------------------ what is in a film


def test_a_film_is_upright_in_its_colours_and_keeps_time(
    gl: moderngl.Context, picture: moderngl.Framebuffer, tmp_path: Path
) -> None:
    times_s = [5.0, 5.05, 5.15, 5.4, 6.5]
    with Recorder(gl, tmp_path / "new folder" / "film.mp4", SIZE, Clock(), EVERY_FRAME) as recorder:
        for time_s in times_s:
            recorder.capture(picture, time_s)
    frames = decode(recorder.path)
    assert (recorder.frames, recorder.drops, recorder.error) == (5, 0, None)
    assert [frame.time for frame in frames] == pytest.approx([time_s - 5.0 for time_s in times_s], abs=1e-4)
    assert [frame.key_frame for frame in frames] == [True, False, False, False, True], "a full frame after a second"
    shown = frames[-1].to_ndarray(format="rgb24").astype(int)
    assert shown.shape == (48, 64, 3)
    assert np.abs(shown[:20] - (255, 0, 0)).max() <= 6
    assert np.abs(shown[28:] - (0, 0, 255)).max() <= 6


def test_a_film_says_which_colours_it_means(
    gl: moderngl.Context, picture: moderngl.Framebuffer, tmp_path: Path
) -> None:
    with Recorder(gl, tmp_path / "film.mp4", SIZE, Clock(), EVERY_FRAME) as recorder:
        recorder.capture(picture, 0.0)
    with av.open(str(recorder.path)) as container:
        codec = container.streams.video[0].codec_context
        assert (codec.name, codec.pix_fmt) == ("h264", "yuv420p")
        assert (codec.colorspace, codec.color_primaries, codec.color_trc, codec.color_range) == (
            1,
            1,
            1,
            1,
        )  # bt709, tv


def test_an_odd_size_loses_its_last_column_and_bottom_row(tmp_path: Path) -> None:
    rows = np.zeros((35, 63, 4), np.uint8)  # bottom row first
    rows[0] = 255
    video = VideoFile(tmp_path / "odd.mp4", (63, 35), EVERY_FRAME)
    video.write(rows, 0.0)
    video.close()
    (frame,) = decode(video.path)
    assert (frame.width, frame.height) == (62, 34)
    assert frame.to_ndarray(format="gray").max() < 24, "the white bottom row is what was cut"


def test_times_that_do_not_advance_still_make_a_film_that_does(tmp_path: Path) -> None:
    video = VideoFile(tmp_path / "still.mp4", SIZE, EVERY_FRAME)
    for time_s in (1.0, 1.0, 0.5, 1.5):
        video.write(np.zeros((48, 64, 4), np.uint8), time_s)
    video.close()
    assert [frame.pts for frame in decode(video.path)] == [0, 1, 2, 45_000]


def test_frames_of_another_size_are_fitted_into_the_film(gl: moderngl.Context, picture: moderngl.Framebuffer) -> None:
    recorder, collector = collecting(gl, (128, 48))
    recorder.capture(picture, 0.0)
    recorder.close()
    upright = collector.rows[0][::-1, :, :3]
    assert not upright[:, :30].any() and not upright[:, 98:].any(), "black is beside it"
    assert (upright[:20, 36:92] == (255, 0, 0)).all() and (upright[28:, 36:92] == (0, 0, 255)).all()


@pytest.mark.parametrize(
    ("inner", "outer", "box"),
    [
        ((64, 48), (128, 48), (32, 0, 96, 48)),
        ((1920, 1080), (640, 640), (0, 140, 640, 500)),
        ((1, 999), (8, 8), (3, 0, 4, 8)),
    ],
)
def test_fitting_keeps_the_shape(inner: tuple[int, int], outer: tuple[int, int], box: tuple[int, ...]) -> None:
    assert fitting_box(inner, outer) == box


def test_both_ways_of_mapping_give_the_same_pixels(gl: moderngl.Context, picture: moderngl.Framebuffer) -> None:
    calls = GlCalls()
    ways = [True, False] if calls.has_persistent_mapping and gl.version_code >= 440 else [False]
    expected = np.frombuffer(picture.read(components=4), np.uint8).reshape(48, 64, 4)
    for persistent in ways:
        readback = Readback(gl, calls, SIZE, 1, persistent=persistent)
        for _ in range(2):  # the second time the buffer is used again
            assert readback.start(picture, 1.0)
            assert not readback.start(picture, 2.0), "its only buffer is in use"
            (arrived,) = readback.arrived(TIMEOUT_S)
            assert (arrived.rows == expected).all() and arrived.time_s == 1.0
            arrived.release()
        readback.close()


# ------------------------------------------------------------------ rate and drops


@pytest.mark.parametrize(("drawn_hz", "expected"), [(60, 30), (45, 30), (30, 30), (10, 10)])
def test_no_more_frames_than_asked_for(
    gl: moderngl.Context, picture: moderngl.Framebuffer, drawn_hz: int, expected: int
) -> None:
    recorder, collector = collecting(gl, settings=RecorderSettings(max_fps=30, buffers=32))
    for index in range(drawn_hz):
        recorder.capture(picture, index / drawn_hz)
    recorder.close()
    assert abs(len(collector.times_s) - expected) <= 1
    assert recorder.drops == 0, "a frame that nobody asked for is not a dropped one"


def test_a_slow_encoder_costs_frames_and_never_time(gl: moderngl.Context, picture: moderngl.Framebuffer) -> None:
    recorder, collector = collecting(gl, settings=RecorderSettings(max_fps=240, buffers=4))
    collector.go.clear()
    for index in range(20):
        recorder.capture(picture, index / 60)  # would never return if it waited
    assert recorder.drops == 16
    collector.go.set()
    recorder.close()
    assert (recorder.frames, recorder.drops, recorder.error) == (4, 16, None)
    assert collector.times_s == [0.0, 1 / 60, 2 / 60, 3 / 60]


def test_a_film_that_nobody_watches_waits_for_its_encoder(gl: moderngl.Context, picture: moderngl.Framebuffer) -> None:
    recorder, collector = collecting(gl, settings=RecorderSettings(max_fps=240, buffers=4), waits=True)
    collector.pause_s = 0.02
    for index in range(20):
        recorder.capture(picture, index / 60)
    recorder.close()
    assert (recorder.frames, recorder.drops, recorder.error) == (20, 0, None)
    assert collector.times_s == [index / 60 for index in range(20)]


def test_an_encoder_that_hangs_ends_no_film_that_waits_for_it(
    gl: moderngl.Context, picture: moderngl.Framebuffer
) -> None:
    settings = RecorderSettings(max_fps=240, buffers=4, finish_s=1.0)
    recorder, collector = collecting(gl, settings=settings, waits=True)
    collector.go.clear()
    for index in range(5):
        recorder.capture(picture, index / 60)
    assert recorder.drops == 1
    collector.go.set()
    recorder.close()
    assert recorder.frames == 4


def test_an_encoder_that_hangs_does_not_keep_the_program_from_ending(
    gl: moderngl.Context, picture: moderngl.Framebuffer
) -> None:
    recorder, collector = collecting(gl, settings=RecorderSettings(finish_s=0.1))
    collector.go.clear()
    recorder.capture(picture, 0.0)
    recorder.close()
    recorder.close()
    collector.go.set()
    assert recorder.error is not None and "was not finished within 0.1 s" in recorder.error


def test_a_film_can_end_while_the_show_goes_on(gl: moderngl.Context, picture: moderngl.Framebuffer) -> None:
    recorder, collector = collecting(gl)
    collector.go.clear()
    recorder.capture(picture, 0.0)
    recorder.capture(picture, 0.1)
    recorder.stop()
    for index in range(5):
        gl.finish()
        recorder.capture(picture, 0.2 + index)  # would never return if it waited for the encoder
    assert not recorder.is_recording and not recorder.is_finished
    collector.go.set()
    recorder._thread.join(TIMEOUT_S)
    assert recorder.is_finished
    recorder.close()
    assert collector.times_s == [0.0, 0.1] and recorder.drops == 0 and recorder.error is None


def test_capture_after_the_end_does_nothing(gl: moderngl.Context, picture: moderngl.Framebuffer) -> None:
    recorder, collector = collecting(gl)
    recorder.close()
    recorder.capture(picture, 0.0)
    assert not recorder.is_recording and collector.frames == 0


# ------------------------------------------------------------------ snapshots and names


def test_a_snapshot_is_upright(picture: moderngl.Framebuffer, tmp_path: Path) -> None:
    path = tmp_path / "kept" / "snapshot.png"
    save_snapshot(picture, path).join(TIMEOUT_S)
    image = np.asarray(Image.open(path))
    assert image.shape == (48, 64, 3)
    assert (image[:24] == (255, 0, 0)).all() and (image[24:] == (0, 0, 255)).all()


def test_a_snapshot_that_cannot_be_kept_is_logged(
    picture: moderngl.Framebuffer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "snapshot.png"
    path.write_text("precious")
    save_snapshot(picture, path).join(TIMEOUT_S)
    assert path.read_text() == "precious"
    assert "snapshot.png exists already and is not overwritten" in caplog.text


def test_two_films_of_one_second_get_two_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.render.output.recorder.file_stamp", lambda: "2026-03-01_19-30-05")
    first = recording_path(tmp_path, "pool")
    first.touch()
    assert first.name == "2026-03-01_19-30-05_pool.mp4"
    assert recording_path(tmp_path, "pool").name == "2026-03-01_19-30-05_pool_2.mp4"


def test_what_is_done_with_a_whole_film_does_not_hold_up_the_end(gl: moderngl.Context, tmp_path: Path) -> None:
    go, seen = threading.Event(), []

    def finish(path: Path) -> None:
        seen.append(path)
        assert go.wait(20.0)

    framebuffer = gl.framebuffer([gl.texture((64, 48), 4)])
    settings, path = RecorderSettings(finish_s=0.2), tmp_path / "film.mp4"
    recorder = Recorder(gl, path, (64, 48), Clock(), settings, finish=finish)
    for frame in range(10):
        recorder.capture(framebuffer, frame / 30)
        gl.finish()
    recorder.close()
    assert recorder.is_left_unfinished and recorder.error is None and seen == [path]
    go.set()
    recorder._thread.join(20.0)
    assert not recorder.is_left_unfinished and len(decode(path)) > 0
    framebuffer.color_attachments[0].release()
    framebuffer.release()
