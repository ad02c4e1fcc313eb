"""Differences between the stranger in the glass and the visitor: a `ReflectionComparison`, smoothed over frames.

Comparisons arrive twice a second and are smoothed. The visitor's outline arrives with every reflection and follows at
once, like the reflection. Knows neither networks nor OpenGL.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from engine.types import Features, FloatArray, Placement, Reflection, ReflectionComparison

APART_TIME_S = 0.8  # time constants: differences,
OUTLINE_TIME_S = 0.09  # the visitor's outline,
HEARD_TIME_S = 1.0  # appearing and disappearing
UNHEARD = 0.004


@dataclass(frozen=True, slots=True)
class FaceDifference:
    """Comparison of stranger and visitor, each relative to their own face (`Features.aligned`).

    Attributes:
        outline: (478, 2) current landmarks of the visitor.
        apart: (478, 2) offsets of the stranger's landmarks from the visitor's, smoothed.
        eyes: position of the stranger's eyes in the drawn picture, smoothed.
        tints: (N, 5) colour patches: x, y on the stranger; L*, a*, b* of the visitor minus the stranger's, smoothed.
        heard: 1 if there was a comparison lately, else 0; smoothed.
    """

    outline: FloatArray
    apart: FloatArray
    eyes: Placement
    tints: FloatArray
    heard: float


class FaceDifferenceSmoother:
    """Smooths comparisons; call `smooth` once per drawn frame, then read.

    Attributes:
        face_difference: current difference; None if there has been no comparison.
    """

    def __init__(self) -> None:
        self.face_difference: FaceDifference | None = None
        self._target: FaceDifference | None = None
        self._echo: ReflectionComparison | None = None

    def smooth(self, reflection: Reflection | None, dt_s: float) -> None:
        """Advance by `dt_s`; `reflection` is the newest one if it is new, otherwise None."""
        if reflection is not None:
            self._take(reflection)
        if self._target is None:
            return
        if self.face_difference is None:
            self.face_difference = replace(self._target, heard=0.0)
        self.face_difference = _towards(self.face_difference, self._target, dt_s)
        if self._target.heard <= 0.0 and self.face_difference.heard < UNHEARD:
            self.face_difference = self._target = None

    def _take(self, reflection: Reflection) -> None:
        echo, viewer = reflection.echo, reflection.latent.features
        if echo is not None and echo is not self._echo:
            self._target = compare(echo)
        elif echo is None and self._target is not None:
            self._target = replace(self._target, heard=0.0)
        self._echo = echo
        if viewer is not None and self._target is not None:
            self._target = replace(self._target, outline=viewer.aligned(viewer.landmarks_px))


def compare(echo: ReflectionComparison) -> FaceDifference:
    """Compute the differences in one comparison."""
    viewer, stranger = echo.viewer, echo.stranger
    outline = viewer.aligned(viewer.landmarks_px)
    apart = stranger.aligned(stranger.landmarks_px) - outline
    return FaceDifference(outline, apart, stranger.placement, _tints(viewer, stranger), 1.0)


def _tints(viewer: Features, stranger: Features) -> FloatArray:
    if len(viewer.patches) != len(stranger.patches):  # sessions contain none of the visitor's
        return np.empty((0, 5), np.float32)
    places = stranger.aligned(stranger.patches)
    return np.hstack([places, viewer.patches[:, 2:] - stranger.patches[:, 2:]]).astype(np.float32)


def _towards(now: FaceDifference, target: FaceDifference, dt_s: float) -> FaceDifference:
    outline, apart, heard = (1.0 - math.exp(-dt_s / time_s) for time_s in (OUTLINE_TIME_S, APART_TIME_S, HEARD_TIME_S))
    eyes, towards = now.eyes, target.eyes
    same_patches = len(now.tints) == len(target.tints)
    return FaceDifference(
        outline=now.outline + np.float32(outline) * (target.outline - now.outline),
        apart=now.apart + np.float32(apart) * (target.apart - now.apart),
        eyes=Placement(
            x=eyes.x + apart * (towards.x - eyes.x),
            y=eyes.y + apart * (towards.y - eyes.y),
            eye_distance=eyes.eye_distance + apart * (towards.eye_distance - eyes.eye_distance),
            roll_rad=eyes.roll_rad + apart * math.remainder(towards.roll_rad - eyes.roll_rad, 2 * math.pi),
            aspect=towards.aspect,
        ),
        tints=now.tints + np.float32(apart) * (target.tints - now.tints) if same_patches else target.tints,
        heard=now.heard + heard * (target.heard - now.heard),
    )
