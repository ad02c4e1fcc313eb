"""The reader of real webcams, on files."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.core.clock import Clock
from engine.pipeline.sources import webcam, webcam_reader
from engine.pipeline.sources.webcam_process import Ended, ReaderRequest, WebcamProcess
from tests.pipeline.viewing import until


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
