"""Every way in which a film can fail: names, folders, full and worn-out disks, a killed program."""

from __future__ import annotations

import logging
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import av
import moderngl
import numpy as np
import pytest

from engine.config.recorder import RecorderSettings
from engine.core.clock import Clock
from engine.core.errors import ConfigError, DeviceError
from engine.render.output import codecs
from engine.render.output.recorder import Recorder
from engine.render.output.video_writer import VideoFile
from engine.system.disk import create_file
from tests.conftest import ROOT
from tests.render.films import EVERY_FRAME, SIZE, TIMEOUT_S, collecting, decode, noise


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
    assert not caplog.records, "whoever asked for it tells it, once"


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
from engine.core.errors import DeviceError
from engine.config.recorder import RecorderSettings
from engine.render.output.video_writer import VideoFile
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
