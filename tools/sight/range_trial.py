"""Range of detection: known faces of some width, one after another, live for three pictures each, and as stills.

A face counts as found live if it is found in its place in the last of its pictures; at the end nobody must be left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.features.face_finder import LiveFaces, StillFaces
from engine.types import ByteArray, FloatArray
from tools.sight.before import NearMesh
from tools.sight.people import Sitter, film

FRAMES = 3
FOUND_WITHIN = 0.25  # maximum mean error of landmarks, in eye distances
EMPTY_FRAMES = 2  # pictures without anybody after which nobody may be detected

Finder = Callable[[ByteArray], Sequence[FloatArray]]


@dataclass(frozen=True)
class Range:
    """Results for one face width.

    Attributes:
        width: face width, as a share of the picture's width.
        roll_deg: roll of the face.
        shown: number of people.
        found: number found, by method.
        error: median landmark error in eye distances, by method; None if nobody was found.
        left_over: faces still detected after everybody has left, by method.
    """

    width: float
    roll_deg: float
    shown: int
    found: dict[str, int]
    error: dict[str, float | None]
    left_over: dict[str, int]


class Ways:
    """Four methods under comparison; `close` them."""

    def __init__(self) -> None:
        self._live, self._still = LiveFaces(), StillFaces()
        self._near_live, self._near_still = NearMesh(is_live=True), NearMesh(is_live=False)
        self.live: dict[str, Finder] = {
            "live": lambda picture: [face.landmarks_px for face in self._live(picture) if face.is_fresh],
            "live, before": lambda picture: list(self._near_live(picture)),
        }
        self.still: dict[str, Finder] = {
            "still": lambda picture: [face.landmarks_px for face in self._still(picture)],
            "still, before": lambda picture: list(self._near_still(picture)),
        }

    def close(self) -> None:
        """Stop the meshes."""
        for finder in (self._live, self._still, self._near_live, self._near_still):
            finder.close()


def measure_range(people: list[Sitter], width: float, roll_deg: float, ways: Ways, seed: int = 0) -> Range:
    """Show everybody at one width to all methods."""
    found: dict[str, list[float]] = {name: [] for name in (*ways.live, *ways.still)}
    last: ByteArray | None = None
    for index, (picture, truth) in enumerate(film(people, width, roll_deg, FRAMES, seed)):
        is_last = index % FRAMES == FRAMES - 1
        for name, find in (ways.live | ways.still if is_last else ways.live).items():
            error = nearest_error(find(picture), truth)
            if is_last and error < FOUND_WITHIN:
                found[name].append(error)
        last = picture
    left = {name: 0 for name in ways.live}
    if last is not None:
        for _ in range(EMPTY_FRAMES):
            left = {name: len(find(np.full_like(last, 96))) for name, find in ways.live.items()}
    return Range(
        width=width,
        roll_deg=roll_deg,
        shown=len(people),
        found={name: len(errors) for name, errors in found.items()},
        error={name: float(np.median(errors)) if errors else None for name, errors in found.items()},
        left_over=left,
    )


def nearest_error(faces: Sequence[FloatArray], truth: FloatArray) -> float:
    """Mean landmark error of the nearest face from the truth (478, 3), in its eye distances."""
    eyes = truth[[33, 133], :2].mean(axis=0), truth[[362, 263], :2].mean(axis=0)
    eye_distance = float(np.linalg.norm(eyes[1] - eyes[0]))
    apart = [float(np.linalg.norm(face[:468, :2] - truth[:468, :2], axis=1).mean()) for face in faces]
    return min(apart, default=np.inf) / eye_distance
