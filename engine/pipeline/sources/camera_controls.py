"""Exposure, gain, white balance and focus of a webcam: set if its driver allows it, and restored at the end.

Drivers differ in the controls they have, in their units, and in how honestly they report; so each value is read back
after it was set. Runs in the child process that reads the camera, and knows no picture.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

NAMES = ("exposure", "gain", "white_balance", "focus")
TOLERANCE = 0.1  # relative: drivers round to their own steps
MANUAL_EXPOSURE = {"linux": 1.0, "win32": 0.25}  # OpenCV's value for manual exposure, by backend

Before = tuple[tuple[int, float], ...]
"""Property numbers and their previous values, in the order of restoration."""


class Properties(Protocol):
    """Part of OpenCV's capture interface used here."""

    def get(self, number: int) -> float: ...

    def set(self, number: int, value: float) -> bool: ...


@dataclass(frozen=True, slots=True)
class CameraControls:
    """Settings of a webcam, in its driver's units; None leaves a setting unchanged.

    Attributes:
        exposure: exposure time; on Linux in units of 0.1 ms, on Windows as a power of two of a second.
        gain: amplification.
        white_balance: colour temperature, K.
        focus: usually 0 (far) to 255 (near).
    """

    exposure: float | None = None
    gain: float | None = None
    white_balance: float | None = None
    focus: float | None = None

    def wanted(self) -> dict[str, float]:
        """Settings to change."""
        values = {name: getattr(self, name) for name in NAMES}
        return {name: value for name, value in values.items() if value is not None}


def set_controls(capture: Properties, controls: CameraControls) -> tuple[Before, tuple[str, ...]]:
    """Apply settings to a camera; returns the previous values, and the names of rejected settings."""
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
    """Restore a camera: first the values, then their automatic modes."""
    for number, value in before:
        capture.set(number, value)


def readings(capture: Properties) -> tuple[tuple[str, float], ...]:
    """Settings reported by a camera; those its driver lacks are omitted."""
    return tuple(_readings(capture))


def _readings(capture: Properties) -> Iterator[tuple[str, float]]:
    for name in NAMES:
        value = capture.get(_numbers(name)[0])
        if value not in (0.0, -1.0):  # OpenCV's values for missing properties
            yield name, value


def _numbers(name: str) -> tuple[int, int | None]:
    """OpenCV's numbers of a property, and of its automatic mode."""
    import cv2

    return {
        "exposure": (cv2.CAP_PROP_EXPOSURE, cv2.CAP_PROP_AUTO_EXPOSURE),
        "gain": (cv2.CAP_PROP_GAIN, None),
        "white_balance": (cv2.CAP_PROP_WB_TEMPERATURE, cv2.CAP_PROP_AUTO_WB),
        "focus": (cv2.CAP_PROP_FOCUS, cv2.CAP_PROP_AUTOFOCUS),
    }[name]


def _manual(name: str) -> float:
    return MANUAL_EXPOSURE.get(sys.platform, 0.0) if name == "exposure" else 0.0
