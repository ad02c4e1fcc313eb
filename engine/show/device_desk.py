"""Device desk: sets webcam, microphone and projectors as the register of parameters says, on the main thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.audio.level_meter import AudioLevelMeter
from engine.config.audio import AudioSettings
from engine.config.camera import CameraSettings
from engine.control.device_parameters import (
    AUDIO,
    AUDIO_NAMES,
    CAMERA,
    CAMERA_NAMES,
    audio_parameters,
    camera_parameters,
    projector_parameters,
    tuned,
)
from engine.control.parameter import Value
from engine.control.register import Register
from engine.pipeline.sources.late_camera import LateCamera
from engine.pipeline.sources.webcam import Webcam
from engine.render.projection.calibration import Calibration

REST_S = 0.5
"""A camera is opened anew for each change, and so when nothing has changed for a moment."""


@dataclass(frozen=True)
class Devices:
    """What is plugged in.

    Attributes:
        level_meter, audio: the microphone, and what config.yaml says of it.
        camera, camera_settings: the same of the webcam; None where the mirror looks at something else.
        calibration: of the projectors.
    """

    level_meter: AudioLevelMeter
    audio: AudioSettings
    camera: Webcam | LateCamera | None
    camera_settings: CameraSettings
    calibration: Calibration


class DeviceDesk:
    """Follows the register.

    Args:
        register: which.
        devices: what it sets.
    """

    def __init__(self, register: Register, devices: Devices) -> None:
        self._register, self._devices = register, devices
        self._heard = {name: float(getattr(devices.audio, name)) for name in AUDIO_NAMES}
        self._seen: dict[str, float | None] = {name: getattr(devices.camera_settings, name) for name in CAMERA_NAMES}
        self._usual_heard, self._usual_seen = dict(self._heard), dict(self._seen)
        self._camera_due_s: float | None = None
        self._overrides: Mapping[str, Value] = {}
        self._file_venue = self._shown_venue = devices.calibration.venue
        register.declare("audio", audio_parameters(devices.audio))
        if devices.camera is not None:
            register.declare("camera", camera_parameters(devices.camera_settings))
        self._declare_projectors()

    def follow(self, overrides: Mapping[str, Value], now_s: float) -> None:
        """Set what has changed. Once a frame."""
        is_new, self._overrides = overrides is not self._overrides, overrides
        if is_new:
            self._set_microphone(overrides)
        if is_new or self._camera_due_s is not None:
            self._set_camera(overrides, now_s)
        if is_new or self._devices.calibration.venue is not self._shown_venue:
            self._set_projectors(overrides)

    def _set_microphone(self, overrides: Mapping[str, Value]) -> None:
        wanted = {name: _number(overrides.get(f"{AUDIO}/{name}"), usual) for name, usual in self._usual_heard.items()}
        if wanted != self._heard:
            self._heard = wanted
            self._devices.level_meter.adjust(wanted["gain_db"], wanted["attack_s"], wanted["release_s"])

    def _set_camera(self, overrides: Mapping[str, Value], now_s: float) -> None:
        camera = self._devices.camera
        if camera is None:
            return
        wanted: dict[str, float | None] = {}
        for name, usual in self._usual_seen.items():
            value = overrides.get(f"{CAMERA}/{name}", usual)
            wanted[name] = value if isinstance(value, float) else usual
        if wanted != self._seen:
            self._seen, self._camera_due_s = wanted, now_s + REST_S
        if self._camera_due_s is not None and now_s >= self._camera_due_s:
            self._camera_due_s = None
            camera.adjust(wanted)

    def _set_projectors(self, overrides: Mapping[str, Value]) -> None:
        calibration = self._devices.calibration
        if calibration.venue is not self._shown_venue:  # its file was saved, or the operator has moved a corner
            self._file_venue = calibration.venue
            self._shown_venue = calibration.venue
            self._declare_projectors()
        before, shown = self._file_venue.projectors, self._shown_venue.projectors
        colours = {number: tuned(each.colour, number + 1, overrides) for number, each in enumerate(before)}
        if any(colour != shown[number].colour for number, colour in colours.items()):
            calibration.tune(colours)
            self._shown_venue = calibration.venue

    def _declare_projectors(self) -> None:
        self._register.declare("projector", projector_parameters(self._file_venue))


def _number(value: Value, usual: float) -> float:
    return float(value) if isinstance(value, int | float) else usual
