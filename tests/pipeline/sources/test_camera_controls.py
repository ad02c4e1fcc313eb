"""What a camera is set to: taken, refused in a sentence, and given back, also after its reader was killed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import pytest

from engine.pipeline.sources.camera_controls import CameraControls, give_back, readings, set_controls
from tests.pipeline.stand import Stand
from tests.pipeline.viewing import until

AUTOMATIC = {
    cv2.CAP_PROP_EXPOSURE: 156.0,
    cv2.CAP_PROP_AUTO_EXPOSURE: 3.0,
    cv2.CAP_PROP_GAIN: 16.0,
    cv2.CAP_PROP_WB_TEMPERATURE: 4600.0,
    cv2.CAP_PROP_AUTO_WB: 1.0,
}


class Driver:
    """A camera without a focus; its gain has steps of 8 and goes to 64."""

    def __init__(self) -> None:
        self.values = dict(AUTOMATIC)

    def get(self, number: int) -> float:
        return self.values.get(number, 0.0)

    def set(self, number: int, value: float) -> bool:
        if number not in self.values:
            return False
        if number == cv2.CAP_PROP_WB_TEMPERATURE and self.values[cv2.CAP_PROP_AUTO_WB]:
            return True  # says so, and does nothing
        self.values[number] = min(64.0, value // 8 * 8) if number == cv2.CAP_PROP_GAIN else value
        return True


def test_a_camera_is_set_without_its_automatic_and_given_back_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    driver = Driver()
    before, refused = set_controls(driver, CameraControls(exposure=300, gain=33, white_balance=3200))
    assert refused == ()
    assert driver.values[cv2.CAP_PROP_EXPOSURE] == 300 and driver.values[cv2.CAP_PROP_AUTO_EXPOSURE] == 1
    assert driver.values[cv2.CAP_PROP_GAIN] == 32 and driver.values[cv2.CAP_PROP_WB_TEMPERATURE] == 3200
    assert dict(readings(driver)) == {"exposure": 300, "gain": 32, "white_balance": 3200}
    give_back(driver, before)
    kept = {number: value for number, value in AUTOMATIC.items() if number != cv2.CAP_PROP_GAIN}
    assert {number: driver.values[number] for number in kept} == kept and driver.values[cv2.CAP_PROP_GAIN] == 16


def test_what_is_not_asked_for_is_not_touched() -> None:
    driver = Driver()
    assert set_controls(driver, CameraControls()) == ((), ()) and driver.values == AUTOMATIC


def test_what_the_driver_does_not_take_is_named_and_stays_as_it_was() -> None:
    driver = Driver()
    _, refused = set_controls(driver, CameraControls(gain=200, focus=30))
    assert refused == ("gain", "focus") and driver.values == AUTOMATIC


def test_the_operator_is_told_in_one_sentence(stand: Callable[..., Stand], caplog: pytest.LogCaptureFixture) -> None:
    made = stand("run", exposure=100, white_balance=3200, focus=0)
    until(lambda: made.webcam.reported is not None)
    said = [each for each in caplog.messages if "settings for" in each]
    assert said == [
        "camera:fake does not accept settings for exposure, white balance and focus; its driver's own values stay"
    ]


def test_after_a_reader_was_killed_the_next_one_knows_what_to_give_back(stand: Callable[..., Stand]) -> None:
    made = stand("hang 3; run")
    before = Path(f"{made.script}.before")
    until(lambda: made.webcam.restarts > 0 and before.exists() and before.read_text() == "((39, 1.0),)")
