"""Films and snapshots: orientation, colour, time, drops, and every way in which a disk can fail."""

from __future__ import annotations

import logging
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import av
import moderngl
import numpy as np
import pytest
from PIL import Image

from engine.clock import Clock, ManualClock
from engine.disk import create_file
from engine.errors import ConfigError, DeviceError
from engine.render import codecs
from engine.render.gl_calls import GlCalls
from engine.render.readback import Readback, fitting_box
from engine.render.recorder import Recorder, recording_path, save_snapshot
from engine.render.recorder_settings import RecorderSettings
from engine.render.video_file import VideoFile
from engine.types import ByteArray

ROOT = Path(__file__).resolve().parents[2]
SIZE = (64, 48)
EVERY_FRAME = RecorderSettings(max_fps=240, buffers=32, keep_free_mb=0)
TIMEOUT_S = 30.0


@pytest.fixture
def picture(gl: moderngl.Context) -> Iterator[moderngl.Framebuffer]:
    """A framebuffer whose upper half, as people see it, is red and whose lower half is blue."""
    framebuffer = gl.framebuffer([gl.texture(SIZE, 4)])
    paint(framebuffer)
    yield framebuffer
    framebuffer.color_attachments[0].release()
    framebuffer.release()


def paint(framebuffer: moderngl.Framebuffer) -> None:
    width, height = framebuffer.size
    framebuffer.clear(0.0, 0.0, 1.0, 1.0)
    framebuffer.clear(1.0, 0.0, 0.0, 1.0, viewport=(0, height // 2, width, height - height // 2))


def decode(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def noise(generator: np.random.Generator, size_wh: tuple[int, int] = (320, 240)) -> ByteArray:
    return generator.integers(0, 256, (size_wh[1], size_wh[0], 4), dtype=np.uint8)


class Collector:
    """A writer that keeps what it gets, and waits for `go` first."""

    def __init__(self) -> None:
        self.frames = 0
        self.times_s: list[float] = []
        self.rows: list[ByteArray] = []
        self.go = threading.Event()
        self.go.set()

    def write(self, rows: ByteArray, time_s: float) -> None:
        assert self.go.wait(TIMEOUT_S)
        self.rows.append(rows.copy())
        self.times_s.append(time_s)
        self.frames += 1

    def close(self) -> None: ...

    def abandon(self) -> None: ...


def collecting(
    gl: moderngl.Context, size_wh: tuple[int, int] = SIZE, settings: RecorderSettings = EVERY_FRAME
) -> tuple[Recorder, Collector]:
    collector = Collector()
    path = Path("never-written.mp4")
    return Recorder(gl, path, size_wh, ManualClock(), settings, lambda *_: collector), collector


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


# ------------------------------------------------------------------ trouble


def test_an_existing_file_is_never_overwritten(gl: moderngl.Context, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_text("precious")
    with pytest.raises(ConfigError, match=r"film\.mp4 exists already and is not overwritten: choose another name"):
        Recorder(gl, path, SIZE, Clock(), EVERY_FRAME)
    assert path.read_text() == "precious"


def test_a_size_of_one_pixel_is_refused(gl: moderngl.Context, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a film of 1x48 px cannot be recorded: it needs at least 2x2"):
        Recorder(gl, tmp_path / "film.mp4", (1, 48), Clock(), EVERY_FRAME)


def test_a_folder_that_cannot_be_is_told_and_the_show_goes_on(
    gl: moderngl.Context, picture: moderngl.Framebuffer, tmp_path: Path
) -> None:
    (tmp_path / "recordings").write_text("not a folder")
    with Recorder(gl, tmp_path / "recordings" / "film.mp4", SIZE, Clock(), EVERY_FRAME) as recorder:
        recorder.capture(picture, 0.0)
    assert recorder.error is not None and "its folder is not a folder; choose another" in recorder.error
    assert not recorder.is_recording and recorder.frames == 0


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PermissionError(13, "Permission denied"), "the folder must not be written to; change its permissions"),
        (OSError(30, "Read-only file system"), "the disk is read-only; choose another folder"),
        (OSError(28, "No space left on device"), "the disk is full; free some space"),
    ],
)
def test_a_file_that_cannot_be_made_is_explained(tmp_path: Path, error: OSError, sentence: str) -> None:
    def refuse(_: Path) -> BinaryIO:
        raise error

    with pytest.raises(DeviceError, match=rf"the recording .*film\.mp4 cannot be created: {sentence}"):
        VideoFile(tmp_path / "film.mp4", SIZE, EVERY_FRAME, open_file=refuse)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_ends_the_film_with_one_sentence_and_not_the_show(
    gl: moderngl.Context, picture: moderngl.Framebuffer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def on_full_disk(path: Path, size_wh: tuple[int, int], settings: RecorderSettings) -> VideoFile:
        return VideoFile(path, size_wh, settings, open_file=lambda _: open("/dev/full", "wb", buffering=0))

    caplog.set_level(logging.ERROR)
    recorder = Recorder(gl, tmp_path / "film.mp4", SIZE, Clock(), EVERY_FRAME, on_full_disk)
    for index in range(30):
        recorder.capture(picture, index / 30)
        picture.clear()  # the show
    recorder.close()
    assert recorder.error is not None and "film.mp4 stopped: the disk is full; free some space" in recorder.error
    assert [record.getMessage() for record in caplog.records] == [recorder.error]


def test_a_disk_that_nearly_is_full_ends_the_film(tmp_path: Path) -> None:
    settings = RecorderSettings(keep_free_mb=1_000_000)
    video = VideoFile(tmp_path / "film.mp4", SIZE, settings)
    with pytest.raises(DeviceError, match=r"MB are free on its disk and recorder\.keep_free_mb is 1000000"):
        video.write(np.zeros((48, 64, 4), np.uint8), 0.0)
    video.abandon()


def test_a_folder_that_vanishes_is_noticed(tmp_path: Path) -> None:
    video = VideoFile(tmp_path / "usb" / "film.mp4", SIZE, EVERY_FRAME)
    rows = np.zeros((48, 64, 4), np.uint8)
    video.write(rows, 0.0)
    shutil.rmtree(tmp_path / "usb")
    with pytest.raises(DeviceError, match="the file or its folder is gone; choose a folder that stays"):
        video.write(rows, 1.5)
    video.abandon()


class WornOut:
    """A file on a disk that fails after so many bytes, in the middle of a write."""

    def __init__(self, path: Path, limit_bytes: int) -> None:
        self._file = create_file(path)
        self._left = limit_bytes
        self.fileno, self.truncate, self.close = self._file.fileno, self._file.truncate, self._file.close

    def write(self, data: memoryview) -> int:
        if not self._left:
            raise OSError(5, "Input/output error")
        taken = min(len(data), self._left, 1000)  # as short as a write may be
        self._left -= taken
        return self._file.write(data[:taken])


def test_what_was_written_before_a_disk_failed_plays_to_its_end(tmp_path: Path) -> None:
    opened: Callable[[Path], BinaryIO] = lambda path: WornOut(path, 400_000)  # type: ignore[assignment,return-value]  # noqa: E731
    settings = RecorderSettings(keyframe_s=0.2, keep_free_mb=0)
    video = VideoFile(tmp_path / "film.mp4", (320, 240), settings, open_file=opened)
    generator = np.random.default_rng(0)
    with pytest.raises(DeviceError, match="the disk does not answer; check it and its cable"):
        for index in range(100):
            video.write(noise(generator), index / 30)
    video.abandon()
    frames = decode(video.path)  # raises if a fragment is cut
    assert 0 < video.frames - len(frames) <= 8, "what was in the fragment that failed is lost, no more"


def test_a_fault_that_nobody_foresaw_is_one_sentence_too(gl: moderngl.Context, picture: moderngl.Framebuffer) -> None:
    recorder, collector = collecting(gl)
    collector.write = lambda rows, time_s: 1 / 0  # type: ignore[method-assign,assignment,return-value]
    recorder.capture(picture, 0.0)
    recorder.close()
    assert recorder.error == "the recording never-written.mp4 stopped: ZeroDivisionError: division by zero; see the log"


def test_a_graphics_card_that_is_not_there_is_named_or_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoCard:
        @staticmethod
        def create(name: str, _: str) -> None:
            raise av.UnknownError(0, f"no card for {name}")

    monkeypatch.setattr(codecs.av, "CodecContext", NoCard)
    h264, prores = codecs.FILM_CODECS["h264"], codecs.FILM_CODECS["prores"]
    assert codecs.choose_encoder(h264, RecorderSettings(encoder="auto"), SIZE) == "libx264"
    with pytest.raises(DeviceError, match="the video encoder h264_nvenc does not open on this machine: set recorder"):
        codecs.choose_encoder(h264, RecorderSettings(encoder="nvenc"), SIZE)
    with pytest.raises(ConfigError, match="no nvenc encoder makes ProRes 422 HQ: set recorder"):
        codecs.choose_encoder(prores, RecorderSettings(encoder="nvenc"), SIZE)


def test_a_film_without_a_frame_leaves_no_file(gl: moderngl.Context, tmp_path: Path) -> None:
    Recorder(gl, tmp_path / "film.mp4", SIZE, Clock(), EVERY_FRAME).close()
    assert not list(tmp_path.iterdir())


CHILD = """
import sys
from pathlib import Path
import numpy as np
from engine.errors import DeviceError
from engine.render.recorder_settings import RecorderSettings
from engine.render.video_file import VideoFile
generator = np.random.default_rng(0)
video = VideoFile(Path(sys.argv[1]), (160, 120), RecorderSettings(keep_free_mb=0))
try:
    for index in range({frames}):
        video.write(generator.integers(0, {levels}, (120, 160, 4), dtype=np.uint8), index / 30)
except DeviceError as error:
    print(error, flush=True)
    video.abandon()
else:
    print(video.frames, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("levels", [1, 256], ids=["calm picture, few bytes", "noise, many bytes"])
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is not a thing of Windows")
def test_a_killed_program_leaves_a_film_that_plays(tmp_path: Path, levels: int) -> None:
    path = tmp_path / "film.mp4"
    command = [sys.executable, "-c", CHILD.format(frames=135, levels=levels), str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        written = int(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        child.wait(TIMEOUT_S)
    kept = len(decode(path))
    assert written == 135
    assert written - 60 <= kept, f"{(written - kept) / 30:.1f} s of the film are lost; two are allowed"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits on file sizes")
def test_the_largest_allowed_file_ends_the_film(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))\n"
    command = [sys.executable, "-c", limit + CHILD.format(frames=300, levels=256), str(path)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=True).stdout
    assert "stopped: the file has reached the largest size that is allowed; start a new one" in said
    assert len(decode(path)) >= 30


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
    monkeypatch.setattr("engine.render.recorder.file_stamp", lambda: "2026-03-01_19-30-05")
    first = recording_path(tmp_path, "pool")
    first.touch()
    assert first.name == "2026-03-01_19-30-05_pool.mp4"
    assert recording_path(tmp_path, "pool").name == "2026-03-01_19-30-05_pool_2.mp4"
