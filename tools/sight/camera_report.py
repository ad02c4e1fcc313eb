"""Report of a camera check for the person who installs it: figures, and advice."""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np

from engine.config.camera import CameraSettings
from engine.pipeline.sources.webcam import in_words
from engine.types import ByteArray
from tools.sight.camera_check import (
    CameraFigures,
    distance_of_eyes,
    distance_of_width,
    field_of_view_deg,
)

ALL_FOUND, MOST_FOUND = 0.05, 0.03  # face widths of which `tools.measure_sight` finds at least 19 of 20, and most
SLOW_SHARE = 0.9  # of the requested rate
LATE_MS = 100.0
GAP_MS = 200.0
NOISY = 4.0  # levels
DIM, SHADE = 1.3, 1.5  # gains


def report(figures: CameraFigures, focal_px: float, source_of_focal: str, near: float) -> str:
    """Figures in lines."""
    return "\n".join(_lines(figures, focal_px, source_of_focal, near))


def advice(figures: CameraFigures, settings: CameraSettings, *, is_camera: bool) -> list[str]:
    """Advice in sentences; nothing if all is well."""
    return list(_advice(figures, settings, is_camera=is_camera))


def marked(figures: CameraFigures) -> ByteArray:
    """Last picture (H, W, 3) with a box around each face and its width in percent."""
    picture = figures.picture.copy()
    thick = max(1, round(picture.shape[0] / 360))
    for person in figures.people:
        left, top, right, bottom = (round(value) for value in person.box_px)
        cv2.rectangle(picture, (left, top), (right, bottom), (255, 200, 60), thick)
        text = f"{person.width:.1%}"
        cv2.putText(
            picture, text, (left, max(12, top - 6)), cv2.FONT_HERSHEY_SIMPLEX, 0.5 * thick, (255, 200, 60), thick
        )
    return picture


def _lines(figures: CameraFigures, focal_px: float, source_of_focal: str, near: float) -> Iterator[str]:
    width, height = figures.size_wh
    yield f"pictures      {width}x{height} px, {_number(figures.rate_hz, ' per second')}"
    usual, late = (_number(value, " ms") for value in figures.delay_ms)
    gap = _number(figures.longest_gap_ms, " ms")
    yield f"delay         {usual} until the program has a picture, {late} at the 95th percentile; longest gap {gap}"
    if figures.reported:
        yield "camera says   " + ", ".join(f"{name} {value}" for name, value in figures.reported.items())
    yield f"light         {_light(figures.room_gain)}; noise {_number(figures.noise, ' levels', 1)}"
    seen = field_of_view_deg(focal_px, width)
    yield f"lens          {seen:.0f} degrees horizontally ({source_of_focal}), focal length {focal_px:.0f} px"
    far = [distance_of_width(share, focal_px, width) for share in (ALL_FOUND, MOST_FOUND)]
    yield f"reach         faces are found up to {far[0]:.1f} m (nearly all), {far[1]:.1f} m (most)"
    if near > 0:
        within = distance_of_eyes(near, focal_px, height)
        yield f"near          {near:g} in config.yaml reflects visitors within {within:.1f} m"
    for number, person in enumerate(figures.people, 1):
        away = distance_of_eyes(person.eye_distance, focal_px, height)
        yield (
            f"face {number}        {person.width:.1%} of the width, eyes {person.eye_distance:.3f} picture heights "
            f"apart, about {away:.1f} m away"
        )
    if not figures.people:
        yield "faces         none"


def _advice(figures: CameraFigures, settings: CameraSettings, *, is_camera: bool) -> Iterator[str]:
    width, height = figures.size_wh
    if is_camera and (width < settings.width or height < settings.height):
        yield (
            f"it delivers {width}x{height} px instead of {settings.width}x{settings.height}: far faces need every "
            "pixel; try another port, cable or camera"
        )
    if is_camera and figures.rate_hz < SLOW_SHARE * settings.fps:
        yield (
            f"it delivers {figures.rate_hz:.0f} pictures per second instead of {settings.fps:g}: cameras expose longer "
            "in dim light; add light, or set camera.exposure in config.yaml"
        )
    if figures.delay_ms[1] > LATE_MS:
        yield "pictures come late: avoid hubs and wireless bridges, and close other programs"
    if is_camera and figures.longest_gap_ms > GAP_MS:
        yield f"there was a gap of {figures.longest_gap_ms:.0f} ms: try another cable or port"
    if figures.refused:
        yield f"its driver does not accept settings for {in_words(figures.refused)}: remove the keys from config.yaml"
    yield from _advice_on_light(figures)
    if not figures.people:
        yield "no face was found: let somebody stand where visitors will, looking at the mirror, and check again"


def _advice_on_light(figures: CameraFigures) -> Iterator[str]:
    if figures.room_gain > DIM:
        yield (
            f"the room is dim, by a factor of {figures.room_gain:.1f}: light the visitors' faces from the front, or "
            "raise camera.exposure and then camera.gain in config.yaml"
        )
    shaded = [person for person in figures.people if person.light_gain > SHADE * figures.room_gain]
    if shaded:
        yield "a face is in shadow or in coloured light: put no lamp behind visitors, but one beside the mirror"
    if figures.noise > NOISY:
        yield "the picture is noisy: more light helps, and less camera.gain"


def _light(room_gain: float) -> str:
    return "usual" if room_gain <= 1.0 else f"dim, {room_gain:.1f} times too dark"


def _number(value: float, unit: str, digits: int = 0) -> str:
    return f"?{unit}" if math.isnan(value) else f"{np.round(value, digits):.{digits}f}{unit}"
