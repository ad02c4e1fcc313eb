"""tools.record_camera: only with everyone's word, by the process that the show uses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import pytest

from engine.config.camera import CameraSettings
from engine.core.clock import TimeSource
from engine.core.slot import Slot
from engine.pipeline.sources.open_source import Source
from engine.pipeline.sources.webcam import Webcam
from engine.pipeline.sources.webcam_device import WebcamDevice
from engine.types import Frame
from tests.pipeline.fake_reader import READER
from tools import record_camera

AGREED = "--everyone-agreed"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder whose `camera:0` is the script `camera`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text("camera: {width: 160, height: 120}\n")
    (tmp_path / "camera").write_text("run\n")

    def scripted(spec: str, settings: CameraSettings, sinks: Sequence[Slot[Frame]], clock: TimeSource) -> Source:
        device = WebcamDevice(str(tmp_path / "camera"), has_files=False)
        return Webcam(device, settings, sinks, clock, name=spec, reader=READER)

    monkeypatch.setattr(record_camera, "open_source", scripted)
    return tmp_path


def test_a_film_shows_what_the_camera_sees_not_mirrored(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert record_camera.main(["--output", "a.mkv", AGREED, "--seconds", "0.5", "--codec", "ffv1"]) == 0
    with av.open("a.mkv") as film:
        frames = [frame for frame in film.decode(video=0)]
    assert len(frames) > 2 and f"a.mkv: {len(frames)} pictures" in capsys.readouterr().out
    times = [frame.time for frame in frames]
    assert times == sorted(times) and times[-1] < 2
    picture = frames[0].to_ndarray(format="rgb24")
    assert picture.shape == (48, 64, 3)
    assert picture[10, 10, 0] == 200 and picture[10, 50, 2] == 200, "red is on the left, as the camera gave it"


def test_nobody_is_filmed_without_everyones_word(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        record_camera.main(["--output", "a.mp4"])
    assert left.value.code == 2 and not (place / "a.mp4").exists()
    assert "ask everyone who may, hang a notice, and say --everyone-agreed" in capsys.readouterr().err


def test_what_was_filmed_before_trouble_plays(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "camera").write_text("grow\n")
    assert record_camera.main(["--output", "a.mkv", AGREED, "--codec", "ffv1"]) == 4
    assert "the camera's picture became 192x96 px after 64x48" in capsys.readouterr().err
    with av.open("a.mkv") as film:
        assert np.shape(next(film.decode(video=0)).to_ndarray(format="rgb24")) == (48, 64, 3)


@pytest.mark.parametrize(
    ("more", "status", "sentence"),
    [
        (["--output", "there.mp4"], 3, "there.mp4 exists already"),
        (["--output", "a.avi"], 3, "a.avi cannot hold H.264"),
        (["--output", "a.mp4", "--config", "no.yaml"], 3, "no.yaml"),
    ],
)
def test_what_is_wrong_is_told(
    place: Path, more: list[str], status: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "there.mp4").write_text("precious")
    assert record_camera.main([AGREED, *more]) == status
    assert sentence in capsys.readouterr().err


def test_a_camera_that_gives_nothing_is_told(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(record_camera, "FIRST_PICTURE_S", 0.5)
    (place / "camera").write_text("refuse it is busy\n")
    assert record_camera.main(["--output", "a.mp4", AGREED]) == 4
    assert "camera:0 gave no picture in 0.5 s" in capsys.readouterr().err and not (place / "a.mp4").exists()
