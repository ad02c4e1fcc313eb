"""The webcam against a scripted camera that ends, hangs, freezes, changes and lies. No hardware."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from engine.clock import Clock
from engine.errors import ConfigError
from engine.pipeline import webcam, webcam_reader
from engine.pipeline.camera_settings import CameraSettings
from engine.pipeline.source import Backoff
from engine.pipeline.webcam import Webcam, WebcamLimits, probe_camera
from engine.pipeline.webcam_device import WebcamDevice, parse_device
from engine.pipeline.webcam_process import Ended, ReaderRequest, WebcamProcess
from engine.slot import Slot
from engine.types import Frame
from tests.pipeline.fake_reader import READER, moving_picture
from tests.pipeline.viewing import PATIENCE_S, until

ROOT = Path(__file__).parents[2]
LIMITS = WebcamLimits(start_s=30.0, open_s=1.0, content_s=0.8, absent_s=0.02, kill_s=5.0)
BACKOFF = Backoff(first_s=0.01, max_s=0.05)
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at /proc")


class Stand:
    """A webcam on a scripted device, and what came out of it."""

    def __init__(self, script: Path, acts: str, **settings: Any) -> None:
        self.script = script
        script.write_text("\n".join(acts.split("; ")))
        self.sinks = [Slot[Frame]("reflection"), Slot[Frame]("compositor")]
        self.webcam = Webcam(
            WebcamDevice(str(script)),
            CameraSettings(**settings),
            self.sinks,
            Clock(),
            name="camera:fake",
            reader=READER,
            limits=LIMITS,
            backoff=BACKOFF,
        )

    def take(self, sink: int = 0) -> Frame:
        frame = self.sinks[sink].take(PATIENCE_S)
        assert frame is not None, f"no frame; the source is {self.webcam.state}"
        return frame

    def until(self, is_so: Callable[[], bool]) -> None:
        until(is_so, lambda: f"the source is {self.webcam.state}")

    @property
    def child_pid(self) -> int:
        return int(Path(f"{self.script}.pid").read_text())


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Callable[..., Stand]]:
    stands: list[Stand] = []

    def start(acts: str, **settings: Any) -> Stand:
        made = Stand(tmp_path / "script", acts, **settings)
        stands.append(made)
        made.webcam.start()
        return made

    yield start
    for made in stands:
        made.webcam.close()


def losses(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if "gives no pictures" in record.message]


def test_frames_reach_every_sink_mirrored_once(stand: Callable[..., Stand]) -> None:
    it = stand("works")
    first, other = it.take(0), it.take(1)
    for frame in (first, other):
        assert frame.image.shape == (48, 64, 3)
        assert frame.image.dtype == np.uint8
        assert frame.image.flags.c_contiguous
        assert frame.image[0, 0, [0, 2]].tolist() == [0, 200], "the camera's right is the mirror's left"
        assert frame.image[0, -1, [0, 2]].tolist() == [200, 0]
    later = it.take(0)
    assert later.sequence > first.sequence
    assert later.captured_s > first.captured_s
    assert it.webcam.state == "running"
    assert it.webcam.restarts == 0


def test_mirroring_can_be_switched_off(stand: Callable[..., Stand]) -> None:
    frame = stand("works", mirror=False).take()
    assert np.array_equal(frame.image, moving_picture(int(frame.image[0, 0, 1])))


def test_a_kept_frame_is_never_written_over(stand: Callable[..., Stand]) -> None:
    it = stand("works")
    kept = it.take()
    before = kept.image.copy()
    for _ in range(6):
        it.take()
    assert np.array_equal(kept.image, before)


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        ("run 4", "its reader ended without a word"),
        ("hang 4", "no picture for 0.8 s"),
        ("freeze 4", "its picture has stood still for 0.8 s"),
        ("empty 4", "it gives no pictures any more; it may be unplugged"),
        ("stuck", "it did not open within 1 s"),
        ("refuse it is busy", "it is busy"),
        ("tiny", "a picture of 1x1 px is too small; 16x16 px is the least"),
        ("float", "an array of shape (48, 64, 3) and type float64 is no picture"),
    ],
)
def test_a_faulty_camera_is_lost_and_taken_back(
    stand: Callable[..., Stand], caplog: pytest.LogCaptureFixture, act: str, reason: str
) -> None:
    caplog.set_level(logging.INFO)
    it = stand(f"{act}; works")
    it.until(lambda: it.webcam.restarts == 1)
    it.until(lambda: it.webcam.state == "running")
    last = it.take()
    assert it.take().sequence > last.sequence
    assert losses(caplog) == [f"camera:fake gives no pictures and is tried again until it does: {reason}"]
    assert caplog.messages[-1] == "camera:fake gives pictures again"


def test_one_loss_is_logged_once_however_many_attempts_it_takes(
    stand: Callable[..., Stand], caplog: pytest.LogCaptureFixture
) -> None:
    it = stand("refuse one; refuse two; refuse three; works")
    it.until(lambda: it.webcam.state == "running")
    assert it.webcam.restarts == 3
    assert len(losses(caplog)) == 1


def test_state_tells_the_newest_reason(stand: Callable[..., Stand]) -> None:
    it = stand("refuse one; refuse two")
    it.until(lambda: it.webcam.state == "lost: two")
    assert all(sink.put_count == 0 for sink in it.sinks)


def test_black_pictures_are_shown_and_count_as_standing_still(stand: Callable[..., Stand]) -> None:
    it = stand("black; works")
    assert not it.take().image.any()
    it.until(lambda: it.webcam.restarts == 1 and it.webcam.state == "running")
    assert it.take().image.any()


def test_a_restart_that_gives_the_same_still_picture_is_no_recovery(stand: Callable[..., Stand]) -> None:
    it = stand("black; black; black; works")
    it.until(lambda: it.webcam.restarts == 2)
    assert it.webcam.state == "lost: its picture has stood still for 0.8 s"


def test_the_picture_may_change_its_size(stand: Callable[..., Stand]) -> None:
    it = stand("grow")
    assert it.take().image.shape == (48, 64, 3)
    it.until(lambda: it.take().image.shape == (96, 192, 3))
    assert it.webcam.restarts == 0


@pytest.mark.parametrize("act", ["grey", "grey1", "grey16", "rgba"])
def test_other_makes_of_pixels_become_rgb(stand: Callable[..., Stand], act: str) -> None:
    image = stand(act, mirror=False).take().image
    assert image.shape == (48, 64, 3)
    expected = [200, image[0, 0, 1], 0] if act == "rgba" else [200, 200, 200]
    assert image[0, 0].tolist() == expected


def test_a_picture_larger_than_its_buffer_is_scaled_down(stand: Callable[..., Stand]) -> None:
    height, width, _ = stand("huge").take().image.shape
    assert height * width <= 1280 * 1280
    assert width / height == pytest.approx(64 / 48, rel=0.01)


def test_what_was_not_granted_is_said(stand: Callable[..., Stand], caplog: pytest.LogCaptureFixture) -> None:
    stand("other", width=1280, height=720).take()
    assert "camera:fake gives 32x24 px at an unknown rate; asked were 1280x720 px at 30 Hz" in caplog.messages


def test_an_unplugged_device_is_named_and_taken_back(tmp_path: Path, stand: Callable[..., Stand]) -> None:
    it = stand("run 20; works")
    it.take()
    it.script.rename(tmp_path / "away")
    it.until(lambda: it.webcam.state.startswith(f"lost: there is no {it.script}"))
    (tmp_path / "away").rename(it.script)
    it.until(lambda: it.webcam.state == "running")


def test_the_child_loads_nothing_heavy(stand: Callable[..., Stand]) -> None:
    it = stand("loaded")
    it.until(lambda: it.webcam.state.startswith("lost"))
    assert it.webcam.state == "lost: loaded: "


@LINUX
@pytest.mark.parametrize("act", ["works", "hang 2", "stuck", "freeze 2"])
def test_close_ends_thread_and_child_at_any_moment(stand: Callable[..., Stand], act: str) -> None:
    it = stand(f"run 3; {act}")
    it.until(lambda: Path(f"{it.script}.opened").read_text() == "2" if it.webcam.frame_count else False)
    it.webcam.close()
    it.webcam.close()
    assert "camera" not in [thread.name for thread in threading.enumerate()]
    assert not multiprocessing.active_children()
    assert shared_blocks() == set()


def test_a_child_that_cannot_be_killed_gets_no_rival(
    stand: Callable[..., Stand], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Undead(WebcamProcess):
        made = 0
        refusals = 3

        def __init__(self, request: ReaderRequest, reader: str) -> None:
            Undead.made += 1
            super().__init__(request, reader)

        def close(self, *, is_polite: bool = True, timeout_s: float = 1.0) -> bool:
            if Undead.refusals:
                Undead.refusals -= 1
                return False
            return super().close(is_polite=is_polite, timeout_s=timeout_s)

    monkeypatch.setattr(webcam, "WebcamProcess", Undead)
    it = stand("hang 1; works")
    it.until(lambda: it.webcam.state == "lost: its driver does not let go of a reader that was killed")
    assert Undead.made == 1
    it.until(lambda: it.webcam.state == "running")
    assert Undead.made == 2


@LINUX
def test_twenty_losses_leave_nothing_behind(stand: Callable[..., Stand]) -> None:
    warm = stand(
        "works"
    )  # what the first child of a program starts for good, such as Python's tracker of shared memory
    warm.take()
    warm.webcam.close()
    before = holdings()
    it = stand("; ".join(["works", *["run 2", "refuse busy"] * 10, "works"]))  # the first line was played by `warm`
    it.until(lambda: it.webcam.restarts == 20 and it.webcam.state == "running")
    during = holdings()
    it.webcam.close()
    assert holdings() == before
    assert during["threads"] == before["threads"] + 1
    assert during["children"] == before["children"] + 1
    assert during["blocks"] == before["blocks"] + 1
    assert during["files"] <= before["files"] + 6, "one child's pipes and block"


def holdings() -> dict[str, int]:
    """What this process holds now."""
    return {
        "files": len(os.listdir("/proc/self/fd")),
        "threads": threading.active_count(),
        "children": len(multiprocessing.active_children()),
        "blocks": len(shared_blocks()),
    }


def shared_blocks() -> set[str]:
    """The blocks of shared memory that this process has mapped."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    return {line.split()[5] for line in lines if "/dev/shm/psm_" in line}


ORPHANING = """
import sys
from engine.clock import Clock
from engine.pipeline.webcam import Webcam
from engine.pipeline.webcam_device import WebcamDevice
from engine.pipeline.camera_settings import CameraSettings
if __name__ == "__main__":
    webcam = Webcam(WebcamDevice(sys.argv[1]), CameraSettings(), [], Clock(), reader=sys.argv[2])
    webcam.start()
    Clock().sleep_s(3600)
"""


@LINUX
@pytest.mark.parametrize("act", ["works", "hang 2", "stuck"])
def test_the_child_dies_with_its_parent(tmp_path: Path, act: str) -> None:
    script, program = tmp_path / "script", tmp_path / "orphaning.py"
    script.write_text(act)
    program.write_text(ORPHANING)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, program, script, READER], env=environment) as parent:
        try:
            until(Path(f"{script}.opened").exists)
            children = child_pids(parent.pid)
        finally:
            parent.send_signal(signal.SIGKILL)
    assert children
    until(lambda: not any(Path(f"/proc/{pid}").exists() and is_alive(pid) for pid in children))


def child_pids(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task").glob("*/children") for child in child.read_text().split()]


def is_alive(pid: int) -> bool:
    """Whether a process still runs; one that only waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def test_probe_tells_a_camera_from_none(tmp_path: Path) -> None:
    script = tmp_path / "script"
    assert not probe_camera(str(script), reader=READER), "there is no such device"
    script.write_text("works")
    assert probe_camera(str(script), reader=READER, timeout_s=PATIENCE_S)
    script.with_suffix(".opened").unlink()
    script.write_text("refuse busy")
    assert not probe_camera(str(script), reader=READER, timeout_s=PATIENCE_S)
    script.write_text("stuck")
    assert not probe_camera(str(script), reader=READER, timeout_s=1.0)
    assert not multiprocessing.active_children()


def test_the_real_reader_says_why_it_cannot_open(tmp_path: Path) -> None:
    no_camera = tmp_path / "video0"
    no_camera.write_bytes(b"no camera")
    process = WebcamProcess(ReaderRequest(str(no_camera)), webcam.WEBCAM_READER)
    ended: list[Ended] = []

    def has_ended() -> bool:
        message = process.newest(0.1)
        ended.extend([message] if isinstance(message, Ended) else [])
        return bool(ended)

    until(has_ended)
    assert process.close()
    assert ended[0].reason == "it cannot be opened; another program may be using it, or it is no camera"


def test_the_real_reader_gives_rgb_and_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (64, 48))
    for _ in range(3):
        writer.write(np.full((48, 64, 3), (0, 0, 200), np.uint8))  # red, in OpenCV's order
    writer.release()
    monkeypatch.setattr(webcam_reader, "_backends", lambda: (cv2.CAP_FFMPEG,))
    before_s = Clock().now_s()
    reader = webcam_reader.open_webcam(ReaderRequest(str(film)))
    assert (reader.size_wh, reader.fps) == ((64, 48), 25.0)
    found = reader.read()
    assert found is not None
    picture, captured_s = found
    assert np.abs(picture[24, 32].astype(int) - (200, 0, 0)).max() < 10
    assert captured_s >= before_s - 0.5
    assert reader.read() is not None
    assert reader.read() is None, "the first picture was used up by opening"
    reader.close()


def test_the_real_reader_names_a_device_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"there is no .*video9"):
        webcam_reader.open_webcam(ReaderRequest(str(tmp_path / "video9")))


def test_a_slow_camera_is_given_time(tmp_path: Path) -> None:
    device = WebcamDevice(str(tmp_path / "video0"))
    assert Webcam(device, CameraSettings(fps=1), [], Clock()).limits.content_s == 3
    assert Webcam(device, CameraSettings(fps=30), [], Clock()).limits.content_s == 2


def test_a_camera_is_followed_to_its_new_number(tmp_path: Path) -> None:
    names = tmp_path / "v4l" / "by-id"
    names.mkdir(parents=True)
    (tmp_path / "video0").touch()
    (names / "usb-eye-video-index0").symlink_to("../../video0")
    device = WebcamDevice(0, tmp_path, has_files=True)
    device.remember(str(device.find()))
    (tmp_path / "video0").rename(tmp_path / "video3")
    (names / "usb-eye-video-index0").unlink()
    assert device.find() is None
    assert device.absence() == f"there is no {tmp_path}/video0, but {tmp_path}/video3"
    (names / "usb-eye-video-index0").symlink_to("../../video3")
    assert device.find() == str(tmp_path / "video3")


def test_without_device_files_only_opening_tells(tmp_path: Path) -> None:
    assert WebcamDevice(1, tmp_path, has_files=False).find() == 1


@pytest.mark.parametrize("text", ["", "x", "-1", "0.5", "\u0661", "100000", "video0"])
def test_a_wrong_device_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^source camera:.* names no camera; write a number from 0 such as camera:0"):
        parse_device(text)
