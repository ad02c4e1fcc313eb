"""The check of a camera: what it says of a picture with known faces, of dim ones, and of what cannot be checked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.config.camera import CameraSettings
from tests.features.faces import background, with_faces
from tools.check_camera import main
from tools.sight.camera_check import CameraFigures, SeenPerson, distance_of_eyes, distance_of_width, focal_px_of
from tools.sight.camera_report import advice, report
from tools.sight.people import Standing

PICTURE = np.zeros((720, 1280, 3), np.uint8)
ADA = SeenPerson(0.08, 46.0, 46 / 720, 1.0, (500, 300, 600, 420))


def figures(**changes: object) -> CameraFigures:
    values = {
        "size_wh": (1280, 720),
        "rate_hz": 30.0,
        "delay_ms": (20.0, 40.0),
        "longest_gap_ms": 40.0,
        "room_gain": 1.0,
        "noise": 1.0,
        "reported": {},
        "refused": (),
        "people": [ADA],
        "picture": PICTURE,
    }
    return CameraFigures(**(values | changes))  # type: ignore[arg-type]


def test_distances_follow_from_a_person_of_known_distance() -> None:
    focal_px = focal_px_of(ADA, 2.0)
    assert distance_of_eyes(ADA.eye_distance, focal_px, 720) == pytest.approx(2.0)
    assert distance_of_width(ADA.width / 2, focal_px, 1280) == pytest.approx(4.0, rel=0.06)


def test_a_good_camera_needs_no_advice() -> None:
    assert advice(figures(), CameraSettings(), is_camera=True) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"size_wh": (640, 480)}, "640x480 px instead of 1280x720"),
        ({"rate_hz": 12.0}, "12 pictures per second instead of 30"),
        ({"delay_ms": (90.0, 180.0)}, "pictures come late"),
        ({"longest_gap_ms": 900.0}, "a gap of 900 ms"),
        ({"room_gain": 4.0}, "by a factor of 4.0"),
        ({"noise": 9.0}, "noisy"),
        ({"refused": ("exposure", "focus")}, "settings for exposure and focus"),
        ({"people": []}, "no face was found"),
        ({"people": [SeenPerson(0.08, 46.0, 0.064, 3.0, ADA.box_px)]}, "in shadow"),
    ],
)
def test_what_is_wrong_is_one_sentence(changes: dict[str, object], said: str) -> None:
    (sentence,) = advice(figures(**changes), CameraSettings(), is_camera=True)
    assert said in sentence


def test_what_is_not_known_is_no_number() -> None:
    text = report(figures(rate_hz=np.nan, delay_ms=(np.nan, np.nan), people=[]), 1000.0, "as told", near=0.05)
    assert "nan" not in text and "? per second" in text and "visitors within 1.8 m" in text


def test_a_picture_with_two_people_in_dim_light(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = with_faces(background(), Standing(0.3, 0.5, 0.08), Standing(0.7, 0.45, 0.12))
    Image.fromarray((shown * 0.3).astype(np.uint8)).save(tmp_path / "room.png")
    found = tmp_path / "found.png"
    source = str(tmp_path / "room.png")
    assert main(["--source", source, "--seconds", "2.5", "--field-of-view", "90", "--picture", str(found)]) == 0
    said = capsys.readouterr().out
    assert "1280x720 px" in said and "90 degrees" in said and "the room is dim" in said
    assert "face 1        12." in said and "face 2        8." in said
    marked = np.asarray(Image.open(found))
    assert marked.shape == (720, 1280, 3) and (marked == (255, 200, 60)).all(axis=2).sum() > 200
    assert main(["--source", source, "--picture", str(found)]) == 3
    assert "exists already" in capsys.readouterr().err


def test_a_known_distance_needs_one_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.fromarray(background()).save(tmp_path / "empty.png")
    assert main(["--source", str(tmp_path / "empty.png"), "--seconds", "0.5", "--person-at", "2"]) == 4
    assert "--person-at needs exactly one" in capsys.readouterr().err
