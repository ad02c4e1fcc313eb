"""Which device a camera is: by name, by number, after it was plugged in again."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.core.errors import ConfigError
from engine.pipeline.sources.webcam_device import WebcamDevice, parse_device


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
