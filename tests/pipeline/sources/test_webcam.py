"""The webcam against a scripted camera that ends, hangs, freezes, changes and lies. No hardware."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.config.camera import CameraSettings
from engine.core.clock import Clock
from engine.pipeline.sources.webcam import Webcam
from engine.pipeline.sources.webcam_device import WebcamDevice
from tests.pipeline.fake_reader import moving_picture
from tests.pipeline.stand import Stand


def losses(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if "has no picture and" in record.message]


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
        ("freeze 4", "its picture has not changed for 0.8 s"),
        ("empty 4", "it delivers no more pictures; it may be unplugged"),
        ("stuck", "it did not open within 1 s"),
        ("refuse it is busy", "it is busy"),
        ("tiny", "a picture of 1x1 px is too small; 16x16 px is the minimum"),
        ("float", "an array of shape (48, 64, 3) and type float64 is not a picture"),
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
    assert losses(caplog) == [f"camera:fake has no picture and will be retried: {reason}"]
    assert caplog.messages[-1] == "camera:fake has a picture again"


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
    assert it.webcam.state == "lost: its picture has not changed for 0.8 s"


def test_the_picture_may_change_its_size(stand: Callable[..., Stand]) -> None:
    it = stand("grow")
    assert it.take().image.shape == (48, 64, 3)
    it.until(lambda: it.take().image.shape == (96, 192, 3))
    assert it.webcam.restarts == 0


def test_a_camera_may_shrink_and_give_odd_sizes(stand: Callable[..., Stand]) -> None:
    it = stand("shrink")
    shapes = [it.take().image.shape]
    it.until(lambda: shapes.append(it.take().image.shape) or shapes[-1] == (24, 32, 3))
    assert set(shapes) == {(48, 64, 3), (24, 32, 3)}
    assert stand("odd").take().image.shape == (47, 61, 3)


def test_black_bars_are_cut_off_and_told(stand: Callable[..., Stand], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    it = stand("bars")
    assert it.take().image.shape == (48, 100, 3)
    it.until(lambda: it.take().image.shape == (48, 64, 3))
    assert it.take().image[0, 0, [0, 2]].tolist() == [0, 200], "the picture begins where the bar ended"
    assert "camera:fake: the 64x48 px between its black bars are used" in caplog.messages


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
    assert "camera:fake delivers 32x24 px at an unknown rate; requested was 1280x720 px at 30 Hz" in caplog.messages


def test_an_unplugged_device_is_named_and_taken_back(tmp_path: Path, stand: Callable[..., Stand]) -> None:
    it = stand("run 20; works")
    it.take()
    it.script.rename(tmp_path / "away")
    it.until(lambda: it.webcam.state.startswith(f"lost: there is no {it.script}"))
    (tmp_path / "away").rename(it.script)
    it.until(lambda: it.webcam.state == "running")


def test_a_slow_camera_is_given_time(tmp_path: Path) -> None:
    device = WebcamDevice(str(tmp_path / "video0"))
    assert Webcam(device, CameraSettings(fps=1), [], Clock()).limits.content_s == 3
    assert Webcam(device, CameraSettings(fps=30), [], Clock()).limits.content_s == 2


def test_a_control_that_is_set_meanwhile_reaches_a_new_reader_and_is_no_loss(
    stand: Callable[..., Stand], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float | None] = []
    request = Webcam._request

    def noted(webcam: Webcam, where: int | str) -> object:
        made = request(webcam, where)
        asked.append(made.controls.gain)
        return made

    monkeypatch.setattr(Webcam, "_request", noted)
    it = stand("works; works")
    it.take()
    it.webcam.adjust({"gain": None})  # as it is already
    it.webcam.adjust({"gain": 20.0})
    it.until(lambda: len(asked) == 2)
    it.take()
    assert asked == [None, 20.0] and it.webcam.restarts == 0 and losses(caplog) == []
