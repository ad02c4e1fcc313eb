"""Pictures of known people at known position and size: portraits placed in a room, and the empty room.

The size of a face is the width of its oval, from landmark 234 to 454, as a share of the picture's width. Does not know
what is measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.errors import DeviceError
from engine.features.face_mesh import FaceMesh
from engine.types import ByteArray, FloatArray
from tools.dataset.portrait_set import read_portraits
from tools.sight.rooms import room

SIZE_WH = (1280, 720)
FADE = 0.08  # of a portrait's side, blended into the room
FINER = 4  # oversampling of portraits that are reduced


@dataclass(frozen=True)
class Sitter:
    """Portrait of a person.

    Attributes:
        picture: (S, S, 3) uint8 RGB.
        landmarks: (478, 3) float32, px.
    """

    picture: ByteArray
    landmarks: FloatArray

    @property
    def face_px(self) -> float:
        """Width of the face oval."""
        return float(np.linalg.norm(self.landmarks[454] - self.landmarks[234]))

    @property
    def middle(self) -> NDArray[np.float64]:
        """Centre of it, (2,)."""
        return np.asarray((self.landmarks[454, :2] + self.landmarks[234, :2]) / 2, np.float64)


@dataclass(frozen=True)
class Standing:
    """Position of a person: centre and width of their face as shares of the picture, and its roll."""

    x: float
    y: float
    width: float
    roll_deg: float = 0.0


def sitters(path: Path, count: int, seed: int = 0) -> list[Sitter]:
    """Different people from a portrait set, held-out ones first.

    Raises:
        DeviceError: the file cannot be read, or has fewer people with a detectable face.
    """
    portraits = read_portraits(path)
    shuffled = np.random.default_rng(seed).permutation(len(portraits))
    order = sorted(shuffled, key=lambda index: portraits.labels[index].split != "val")
    people: dict[str, Sitter] = {}
    mesh = FaceMesh()
    try:
        for index in order:
            label = portraits.labels[index]
            if label.id in people or label.kind != "modern":
                continue
            faces = mesh(portraits.pictures[index])
            if len(faces) == 1:
                people[label.id] = Sitter(portraits.pictures[index], faces[0])
            if len(people) == count:
                return list(people.values())
    finally:
        mesh.close()
    raise DeviceError(f"{path} has {len(people)} people whose face is found, and not {count}; ask for fewer: --people")


def places(width: float, roll_deg: float, random: np.random.Generator) -> Iterator[Standing]:
    """Random positions in which the whole face is visible."""
    margin_x = min(0.45, width)
    margin_y = min(0.45, width * SIZE_WH[0] / SIZE_WH[1])
    while True:
        x, y = random.uniform(margin_x, 1 - margin_x), random.uniform(margin_y, 1 - margin_y)
        yield Standing(x, y, width, roll_deg * (1 if random.integers(2) else -1))


def stand(sitter: Sitter, where: Standing, background: ByteArray) -> tuple[ByteArray, FloatArray]:
    """Picture (H, W, 3) of a person over a background of that size, and their landmarks in it."""
    height, width = background.shape[:2]
    scale = where.width * width / sitter.face_px
    roll = math.radians(where.roll_deg)
    turn = scale * np.array([[math.cos(roll), -math.sin(roll)], [math.sin(roll), math.cos(roll)]])
    shift = np.array([where.x * width, where.y * height]) - turn @ sitter.middle
    side = sitter.picture.shape[0]
    corners = np.array([[0, 0], [side, 0], [0, side], [side, side]]) @ turn.T + shift
    first = np.clip(np.floor(corners.min(axis=0)), 0, (width, height)).astype(int)
    last = np.clip(np.ceil(corners.max(axis=0)), 0, (width, height)).astype(int)
    drawn, cover = _drawn(sitter.picture, turn, shift - first, last - first)
    picture = background.copy()
    part = picture[first[1] : last[1], first[0] : last[0]]
    part[:] = np.rint(part + cover * (drawn - part)).astype(np.uint8)
    landmarks = sitter.landmarks.astype(np.float64)
    landmarks[:, :2] = landmarks[:, :2] @ turn.T + shift
    landmarks[:, 2] *= scale
    return picture, landmarks.astype(np.float32)


def _drawn(
    portrait: ByteArray, turn: NDArray[np.float64], shift: NDArray[np.float64], size_wh: NDArray[np.int_]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Portrait rotated and scaled into a window of that size, and its opacity (H, W, 1)."""
    finer = FINER if np.linalg.det(turn) < 1 else 1
    matrix: Any = np.hstack([turn, shift[:, None]]) * finer
    matrix[:, 2] += matrix[:, :2] @ np.array([0.5, 0.5]) - 0.5
    side = portrait.shape[0]
    rows, columns = np.mgrid[0:side, 0:side]
    inwards = np.minimum(np.minimum(rows, side - 1 - rows), np.minimum(columns, side - 1 - columns))
    cover = np.clip(inwards / (FADE * side), 0, 1).astype(np.float32)
    size = (int(size_wh[0]), int(size_wh[1]))
    large = (size[0] * finer, size[1] * finer)
    layers = (
        cv2.warpAffine(portrait.astype(np.float32), matrix, large, borderMode=cv2.BORDER_REPLICATE),
        cv2.warpAffine(cover, matrix, large),
    )
    picture, cover = (cv2.resize(layer, size, interpolation=cv2.INTER_AREA) for layer in layers)
    return np.asarray(picture, np.float32), np.asarray(cover, np.float32)[..., None]


def film(
    people: list[Sitter], width: float, roll_deg: float, frames: int, seed: int = 0
) -> Iterator[tuple[ByteArray, FloatArray]]:
    """One person after another in some position for this many frames, with sensor noise: pictures and landmarks."""
    random = np.random.default_rng(seed)
    where = places(width, roll_deg, random)
    for sitter in people:
        background = room(random, SIZE_WH)
        picture, landmarks = stand(sitter, next(where), background)
        for _ in range(frames):
            yield with_noise(picture, random), landmarks


def with_noise(picture: ByteArray, random: np.random.Generator, levels: float = 2.0) -> ByteArray:
    """Add sensor noise of this many levels."""
    small = (random.standard_normal((picture.shape[0], picture.shape[1], 1), np.float32)) * np.float32(levels)
    return np.asarray(np.clip(picture + small, 0, 255), np.uint8)
