"""Measurement of a camera over some seconds: size, rate, delay, light, and faces.

Does not know how to improve or present the result.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from engine.core.clock import TimeSource
from engine.core.errors import DeviceError
from engine.core.slot import Slot
from engine.features.dim_light import gain_of_room
from engine.features.face_finder import LiveFaces
from engine.features.geometry import FaceGeometry, measure_face
from engine.pipeline.sources.base import Source
from engine.pipeline.sources.webcam import Webcam
from engine.types import ByteArray, FloatArray, Frame

EYES_M = 0.063  # between the centres of the eyes, adult mean (Dodgson 2004)
FACE_M = 0.145  # width of the face oval: 2.3 eye distances, as in the mean face
FIRST_PICTURE_S = 20.0
TAKE_S = 0.5


@dataclass(frozen=True)
class SeenPerson:
    """Face in the last picture.

    Attributes:
        width: width of its oval, as a share of the picture's width.
        eye_distance_px: distance between its eyes, as seen from the front.
        eye_distance: the same in picture heights, like `near` in config.yaml.
        light_gain: brightening that its light needed; 1 is normal light.
        box_px: left, top, right, bottom of its landmarks.
    """

    width: float
    eye_distance_px: float
    eye_distance: float
    light_gain: float
    box_px: tuple[float, float, float, float]


@dataclass(frozen=True)
class CameraFigures:
    """Results of the measurement.

    Attributes:
        size_wh: picture size, px.
        rate_hz: new pictures per second; NaN if there was only one.
        delay_ms: time from capture until the program has the picture: median and 95th percentile; NaN if the source
                does not report it.
        longest_gap_ms: longest interval between two pictures.
        room_gain: brightening that the room needs; 1 is normal light.
        noise: pixel noise between pictures, levels; NaN if there was only one.
        reported: values reported by the camera, by name.
        refused: settings that it rejected.
        people: nearest first.
        picture: last picture (H, W, 3).
    """

    size_wh: tuple[int, int]
    rate_hz: float
    delay_ms: tuple[float, float]
    longest_gap_ms: float
    room_gain: float
    noise: float
    reported: dict[str, str]
    refused: tuple[str, ...]
    people: list[SeenPerson]
    picture: ByteArray = field(repr=False)

    def focal_px(self, field_of_view_deg: float) -> float:
        """Focal length, px, of a lens with this horizontal field of view."""
        return self.size_wh[0] / 2 / math.tan(math.radians(field_of_view_deg) / 2)


def focal_px_of(person: SeenPerson, distance_m: float) -> float:
    """Focal length, px, of a camera that sees this person at that distance."""
    return person.eye_distance_px * distance_m / EYES_M


def field_of_view_deg(focal_px: float, width_px: int) -> float:
    """Horizontal field of view of a lens, degrees."""
    return math.degrees(2 * math.atan(width_px / 2 / focal_px))


def distance_of_width(share: float, focal_px: float, width_px: int) -> float:
    """Distance in metres of a face with this width, as a share of the picture's width."""
    return FACE_M * focal_px / (share * width_px)


def distance_of_eyes(eye_distance: float, focal_px: float, height_px: int) -> float:
    """Distance in metres of eyes that are this far apart, in picture heights."""
    return EYES_M * focal_px / (eye_distance * height_px)


def check_camera(source: Source, frames: Slot[Frame], seconds: float, clock: TimeSource) -> CameraFigures:
    """Observe a started source for this many seconds after its first picture.

    Raises:
        DeviceError: it delivers no picture.
    """
    faces = LiveFaces(clock=clock)
    try:
        taken, last, seen = _watch(source, frames, faces, seconds, clock)
    finally:
        faces.close()
    times_s = np.array([frame.captured_s for frame in taken])
    steps = np.maximum(np.diff([frame.sequence for frame in taken]), 1)  # more than one if some were skipped here
    gaps_ms = np.diff(times_s) / steps * 1000
    delays_ms = [(frame.read_s - frame.captured_s) * 1000 for frame in taken if frame.read_s is not None]
    reported, refused = _reported(source)
    height, width = last.shape[:2]
    return CameraFigures(
        size_wh=(width, height),
        rate_hz=float(steps.sum() / max(times_s[-1] - times_s[0], 1e-6)) if len(gaps_ms) else math.nan,
        delay_ms=(float(np.median(delays_ms)), float(np.percentile(delays_ms, 95))) if delays_ms else (math.nan,) * 2,
        longest_gap_ms=float(gaps_ms.max()) if len(gaps_ms) else math.nan,
        room_gain=gain_of_room(last),
        noise=_noise([frame.image for frame in taken[-2:]]),
        reported=reported,
        refused=refused,
        people=seen,
        picture=last,
    )


def _watch(
    source: Source, frames: Slot[Frame], faces: LiveFaces, seconds: float, clock: TimeSource
) -> tuple[list[Frame], ByteArray, list[SeenPerson]]:
    """Frames, all but the last two without pixels; the last picture, and the faces in it."""
    deadline_s = clock.now_s() + FIRST_PICTURE_S
    taken: list[Frame] = []
    seen: list[SeenPerson] = []
    while clock.now_s() < deadline_s:
        frame = frames.take(TAKE_S)
        if frame is None:
            continue
        if not taken:
            deadline_s = clock.now_s() + seconds
        if len(taken) >= 2:
            taken[-2] = Frame(np.empty((0, 0, 3), np.uint8), taken[-2].captured_s, taken[-2].sequence, taken[-2].read_s)
        taken.append(frame)
        seen = _people(faces, frame.image)
    if not taken:
        raise DeviceError(f"{source.name} gave no picture within {FIRST_PICTURE_S:g} s; it is {source.state}")
    return taken, taken[-1].image, seen


def _people(faces: LiveFaces, picture: ByteArray) -> list[SeenPerson]:
    height, width = picture.shape[:2]
    people = []
    for face in faces(picture):
        geometry = measure_face(face.landmarks_px, width, height)
        if geometry is not None:
            people.append(_person(face.landmarks_px, geometry, max(face.light.gains), width))
    return people


def _person(landmarks: FloatArray, geometry: FaceGeometry, gain: float, width_px: int) -> SeenPerson:
    low, high = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
    return SeenPerson(
        width=float(np.linalg.norm(landmarks[454] - landmarks[234])) / width_px,
        eye_distance_px=geometry.eye_distance_px,
        eye_distance=geometry.placement.eye_distance,
        light_gain=gain,
        box_px=(float(low[0]), float(low[1]), float(high[0]), float(high[1])),
    )


def _noise(pictures: list[ByteArray]) -> float:
    """Noise between two consecutive pictures where nothing moved: the median over their pixels."""
    if len(pictures) < 2 or pictures[0].shape != pictures[1].shape:
        return math.nan
    before, after = (picture[::4, ::4].astype(np.float32) for picture in pictures)
    return float(np.median(np.abs(after - before))) / 0.6745 / math.sqrt(2)


def _reported(source: Source) -> tuple[dict[str, str], tuple[str, ...]]:
    opened = source.reported if isinstance(source, Webcam) else None
    if opened is None:
        return {}, ()
    reported = {name.replace("_", " "): f"{value:g}" for name, value in opened.readings}
    if opened.pixel_format:
        reported["format"] = opened.pixel_format
    if opened.fps > 0:
        reported["rate"] = f"{opened.fps:g} Hz"
    return reported, opened.refused
