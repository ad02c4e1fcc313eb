"""Head prediction: pose of the visitor's head at the time a picture is drawn.

A measurement is old when it arrives, and the next one arrives two frames later. In between, the pose is extrapolated
along its velocity, for at most `LONGEST_LEAD_S`: the drawn face keeps up with a moving head and rests with a still one.
Knows neither networks nor OpenGL.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.features.face_tracker import is_same_head
from engine.types import Features, Placement

PLACEMENT_TIME_S = 0.045  # time constant with which the pose follows the prediction
VELOCITY_TIME_S = 0.08  # time constant of the velocity
FIRST_LEAD_S = 0.017  # initial extrapolation of a new measurement; one 33 ms later continues from there
LONGEST_LEAD_S = 0.05
LONGEST_GAP_S = 0.4  # measurements further apart say nothing about velocity
CALM = np.array([0.05, 0.05, 0.15, 0.2, 10.0, 10.0])
"""Speed of jitter, which is not extrapolated: picture widths, heights, logarithm of size, rad, degrees, degrees, each
per second."""

Pose = NDArray[np.float64]  # x, y, logarithm of the distance between the eyes, roll (rad), yaw, pitch (degrees)


@dataclass(frozen=True, slots=True)
class Head:
    """Pose of a head at one time.

    Attributes:
        placement: position in the camera's picture.
        yaw_deg, pitch_deg: see `Features`.
    """

    placement: Placement
    yaw_deg: float
    pitch_deg: float


class HeadPredictor:
    """Predicts one head: `take` each new measurement, `predict` once per drawn frame, then read `head`.

    The velocity is a moving average, but never larger than the newest velocity and never opposed to it: a head that
        stops
    is overshot only until the stop is seen.

    Attributes:
        head: current prediction; None before the first measurement.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Forget the head; the next one is taken without prediction."""
        self.head: Head | None = None
        self._measured: Features | None = None
        self._since_s = 0.0
        self._smooth = np.zeros(6)
        self._velocity = np.zeros(6)

    def take(self, features: Features) -> None:
        """Process a measurement, unless a newer one has already been processed."""
        last = self._measured
        elapsed_s = features.captured_s - last.captured_s if last is not None else 0.0
        if elapsed_s < 0 or features is last:
            return
        if last is not None and 0 < elapsed_s <= LONGEST_GAP_S and is_same_head(last.placement, features.placement):
            moved = difference(pose(features), pose(last)) / elapsed_s
            self._smooth += (1.0 - math.exp(-elapsed_s / VELOCITY_TIME_S)) * (moved - self._smooth)
            self._velocity = steady_part(moved, self._smooth)
        elif elapsed_s > 0:
            self._smooth, self._velocity = np.zeros(6), np.zeros(6)
        self._measured = features
        if elapsed_s > 0:
            self._since_s = 0.0

    def predict(self, dt_s: float) -> None:
        """Advance by `dt_s`."""
        if self._measured is None:
            return
        lead_s = min(LONGEST_LEAD_S, FIRST_LEAD_S + self._since_s)
        target = pose(self._measured) + lead_s * self._velocity
        place, aspect = target[:4], self._measured.placement.aspect
        if self.head is not None:
            shown = _of_placement(self.head.placement)
            share = 1.0 - math.exp(-dt_s / PLACEMENT_TIME_S)
            place = shown + share * difference(place, shown)
        x, y, size, roll = (float(number) for number in place)
        self.head = Head(Placement(x, y, math.exp(size), roll, aspect), float(target[4]), float(target[5]))
        self._since_s += dt_s


def pose(features: Features) -> Pose:
    """Six numbers of a `Pose`."""
    return np.append(_of_placement(features.placement), (features.yaw_deg, features.pitch_deg))


def difference(after: Pose, before: Pose) -> Pose:
    """`after` minus `before`, for whole poses or their first four numbers; roll takes the shorter way round."""
    apart = after - before
    apart[3] = math.remainder(apart[3], 2 * math.pi)
    return apart


def steady_part(newest: Pose, mean: Pose) -> Pose:
    """Common part of two velocities: the smaller one if their signs agree, else 0; close to 0 for jitter."""
    agreed = np.where(newest * mean > 0, np.sign(mean) * np.minimum(np.abs(newest), np.abs(mean)), 0.0)
    return np.asarray(agreed * agreed**2 / (agreed**2 + CALM**2))


def _of_placement(place: Placement) -> Pose:
    return np.array([place.x, place.y, math.log(max(place.eye_distance, 1e-6)), place.roll_rad])
