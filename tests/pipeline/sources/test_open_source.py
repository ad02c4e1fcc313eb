"""What a source is called, what a wrong name is told, and the settings."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from engine.config.camera import CameraSettings
from engine.core.clock import Clock, ManualClock
from engine.core.errors import ConfigError, DeviceError
from engine.core.slot import Slot
from engine.pipeline.sources.open_source import choose_source, open_source, probe_camera
from engine.pipeline.sources.webcam import Webcam
from engine.pipeline.sources.webcam_device import WebcamDevice
from engine.types import Frame
from tests.pipeline.viewing import PLAIN, until


@pytest.mark.parametrize("spec", ["camera:0", "camera:12", "camera:/dev/video2", "/dev/video2"])
def test_a_camera_is_opened_without_touching_it(spec: str) -> None:
    with_threads = threading.active_count()
    source = open_source(spec, PLAIN, [], ManualClock())
    assert isinstance(source, Webcam)
    assert (source.state, threading.active_count()) == ("starting", with_threads)
    source.close()


def test_an_absent_camera_never_raises(tmp_path: Path) -> None:
    with open_source(f"camera:{tmp_path}/video7", PLAIN, [Slot[Frame]("sink")], Clock()) as source:
        until(lambda: source.state.startswith(f"lost: there is no {tmp_path}/video7"))
    assert source.restarts == 0


@pytest.mark.parametrize("spec", ["", "  ", "http://example.org/a.mp4", "rtsp://camera", "a\0b"])
def test_an_unknown_source_is_told_what_is_allowed(spec: str) -> None:
    with pytest.raises(
        ConfigError, match=r"is unknown; it may be camera:0 .*, a video file, an image, a folder .*, or self"
    ):
        open_source(spec, PLAIN, [], ManualClock())


@pytest.mark.parametrize("spec", ["camera:", "camera:front", "camera:-1", "camera:0.5"])
def test_an_unknown_camera_is_told_what_is_allowed(spec: str) -> None:
    with pytest.raises(ConfigError, match=rf"source {spec} names no camera; write a number from 0"):
        open_source(spec, PLAIN, [], ManualClock())


def test_a_missing_file_is_told_what_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=r"a\.mp4: there is no such file or folder; it may be camera:0 .* or self$"):
        open_source(str(tmp_path / "a.mp4"), PLAIN, [], ManualClock())


@pytest.mark.parametrize("spec", ["self", "auto"])
def test_what_is_decided_elsewhere_is_not_opened_here(spec: str) -> None:
    with pytest.raises(ValueError, match=spec):
        open_source(spec, PLAIN, [], ManualClock())


@pytest.mark.parametrize(("has_camera", "expected"), [(True, "camera:0"), (False, "self")])
def test_auto_is_the_camera_if_there_is_one(monkeypatch: pytest.MonkeyPatch, has_camera: bool, expected: str) -> None:
    monkeypatch.setattr("engine.pipeline.sources.open_source.probe_camera", lambda where: has_camera)
    assert choose_source("auto") == expected
    assert choose_source("clip.mp4") == "clip.mp4"


def test_no_device_file_means_no_camera_without_asking_anyone(tmp_path: Path) -> None:
    assert not probe_camera(device=WebcamDevice(0, tmp_path, has_files=True), reader="nothing:here")


@pytest.mark.parametrize(
    "wrong", [{"width": 0}, {"fps": 0}, {"timeout_s": float("nan")}, {"picture_s": 0}, {"lens": 1}, {"source": ""}]
)
def test_settings_are_closed_and_bounded(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        CameraSettings(**wrong)


def test_every_setting_says_what_it_is() -> None:
    for name, field in CameraSettings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name
