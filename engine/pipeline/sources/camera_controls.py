"""Exposure, gain, white balance and focus of a webcam: set where its driver lets them be, and given back at the end.

Drivers differ in what they have, in its units, and in how honestly they answer; so each value is read again after it
was set. It runs in the child that reads the camera, and knows no picture.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

NAMES = ("exposure", "gain", "white_balance", "focus")
TOLERANCE = 0.1  # of a value: drivers round to their own steps
MANUAL_EXPOSURE = {"linux": 1.0, "win32": 0.25}  # what OpenCV's backends call an exposure that is not automatic

Before = tuple[tuple[int, float], ...]
"""Numbers of properties and the values that they had, in the order in which they are to be given back."""


class Properties(Protocol):
    """The part of OpenCV's capture that this needs."""

    def get(self, number: int) -> float: ...

    def set(self, number: int, value: float) -> bool: ...


@dataclass(frozen=True, slots=True)
class CameraControls:
    """What a webcam is to be set to, in its driver's own units; None leaves it as it is.

    Attributes:
        exposure: time of a picture; on Linux in units of 0.1 ms, on Windows as a power of two of a second.
        gain: amplification.
        white_balance: colour temperature, K.
        focus: usually 0 (far) to 255 (near).
    """

    exposure: float | None = None
    gain: float | None = None
    white_balance: float | None = None
    focus: float | None = None

    def wanted(self) -> dict[str, float]:
        """Those that are to be set."""
        values = {name: getattr(self, name) for name in NAMES}
        return {name: value for name, value in values.items() if value is not None}


def set_controls(capture: Properties, controls: CameraControls) -> tuple[Before, tuple[str, ...]]:
    """Set a camera; what it was before, and the names of what it did not take."""
    before: list[tuple[int, float]] = []
    refused = []
    for name, value in controls.wanted().items():
        number, automatic = _numbers(name)
        was = [(each, capture.get(each)) for each in (number, automatic) if each is not None]
        if automatic is not None:
            capture.set(automatic, _manual(name))
        capture.set(number, value)
        if abs(capture.get(number) - value) > max(TOLERANCE * abs(value), 0.5):
            refused.append(name)
            give_back(capture, tuple(was))
        else:
            before += was
    return tuple(before), tuple(refused)


def give_back(capture: Properties, before: Before) -> None:
    """Set a camera as it was: first the values, then what sets them automatically."""
    for number, value in before:
        capture.set(number, value)


def readings(capture: Properties) -> tuple[tuple[str, float], ...]:
    """What a camera says it is set to; what its driver does not have is left out."""
    return tuple(_readings(capture))


def _readings(capture: Properties) -> Iterator[tuple[str, float]]:
    for name in NAMES:
        value = capture.get(_numbers(name)[0])
        if value not in (0.0, -1.0):  # OpenCV's answers for a property that is not there
            yield name, value


def _numbers(name: str) -> tuple[int, int | None]:
    """OpenCV's numbers of a property, and of what sets it automatically."""
    import cv2

    return {
        "exposure": (cv2.CAP_PROP_EXPOSURE, cv2.CAP_PROP_AUTO_EXPOSURE),
        "gain": (cv2.CAP_PROP_GAIN, None),
        "white_balance": (cv2.CAP_PROP_WB_TEMPERATURE, cv2.CAP_PROP_AUTO_WB),
        "focus": (cv2.CAP_PROP_FOCUS, cv2.CAP_PROP_AUTOFOCUS),
    }[name]


def _manual(name: str) -> float:
    return MANUAL_EXPOSURE.get(sys.platform, 0.0) if name == "exposure" else 0.0
