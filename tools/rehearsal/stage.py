"""The camera's pictures of a rehearsal: drawn faces before a drawn room. No photograph of anybody is used.

The webcam's process draws them, so nothing heavy is imported here.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from engine.types import ByteArray
from tools.rehearsal.scenario import Presence, visitors_at
from tools.sight.rooms import room

FACES_FILE, PLAN_FILE, DEVICE_FILE, ACT_FILE = "faces.npy", "plan.json", "camera", "act"
FADE = 0.1  # of a portrait's side, over which it passes into the room
NOISE_LEVELS = 2.0  # of the sensor, so that no two pictures are the same


@dataclass(frozen=True)
class Plan:
    """What the camera's process has to know.

    Attributes:
        seed: of room and visitors.
        began_s: when the evening began, on the machine's monotonic clock.
    """

    seed: int
    began_s: float


def write_stage(folder: Path, faces: ByteArray, plan: Plan) -> None:
    """Prepare the folder that a staged camera reads: drawn faces (N, S, S, 3), the plan, and the device itself."""
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / FACES_FILE, faces)
    (folder / PLAN_FILE).write_text(json.dumps(asdict(plan)), encoding="utf-8")
    (folder / DEVICE_FILE).touch()


def read_plan(folder: Path) -> Plan:
    """The plan of a stage."""
    return Plan(**json.loads((folder / PLAN_FILE).read_text(encoding="utf-8")))


class Stage:
    """Draws what a camera would see.

    Args:
        faces: (N, S, S, 3) uint8 RGB.
        seed: of room and visitors.
        size_wh: of the pictures, px.
    """

    def __init__(self, faces: ByteArray, seed: int, size_wh: tuple[int, int]) -> None:
        self._random = np.random.default_rng(seed)
        self._room = room(self._random, size_wh)
        self._seed, self._size_wh = seed, size_wh
        cover = _cover(faces.shape[1])
        self._portraits = [_in_sizes(np.dstack([face, cover])) for face in faces]
        height = 2 * size_wh[1]
        noise = NOISE_LEVELS * self._random.standard_normal((height, size_wh[0], 1), np.float32)
        self._noise = np.rint(noise).astype(np.int16)

    def picture(self, time_s: float) -> ByteArray:
        """(H, W, 3) uint8 RGB at a moment of the evening."""
        shown = self._room.copy()
        for presence in visitors_at(time_s, self._seed, len(self._portraits)):
            self._place(shown, presence)
        start = int(self._random.integers(self._size_wh[1]))
        noisy = shown.astype(np.int16) + self._noise[start : start + self._size_wh[1]]
        return np.asarray(np.clip(noisy, 0, 255), np.uint8)

    def _place(self, picture: ByteArray, presence: Presence) -> None:
        """Draw one portrait over a picture, in place."""
        width, height = self._size_wh
        side_px = max(8.0, presence.width * height)
        portrait = next((p for p in reversed(self._portraits[presence.face]) if p.shape[0] >= side_px), None)
        portrait = self._portraits[presence.face][0] if portrait is None else portrait
        scale, roll = side_px / portrait.shape[0], math.radians(presence.roll_deg)
        turn = scale * np.array([[math.cos(roll), -math.sin(roll)], [math.sin(roll), math.cos(roll)]])
        middle = np.array([presence.x * width, presence.y * height])
        reach = side_px * (abs(math.cos(roll)) + abs(math.sin(roll))) / 2 + 1
        left, top = (int(value) for value in np.clip(np.floor(middle - reach), 0, (width, height)))
        right, bottom = (int(value) for value in np.clip(np.ceil(middle + reach), 0, (width, height)))
        if right <= left or bottom <= top:
            return  # not in sight
        shift = middle - turn @ np.full(2, portrait.shape[0] / 2) - (left, top)
        drawn = cv2.warpAffine(portrait, np.column_stack([turn, shift]), (right - left, bottom - top))
        share = drawn[:, :, 3:].astype(np.float32) / 255
        part = picture[top:bottom, left:right]
        part[:] = np.rint(part + share * (drawn[:, :, :3].astype(np.float32) - part)).astype(np.uint8)


def _cover(side: int) -> ByteArray:
    """(S, S) uint8: how much a portrait covers, less towards its edges."""
    rows, columns = np.mgrid[0:side, 0:side]
    inwards = np.minimum(np.minimum(rows, side - 1 - rows), np.minimum(columns, side - 1 - columns))
    return np.asarray(255 * np.clip(inwards / (FADE * side), 0, 1), np.uint8)


def _in_sizes(portrait: ByteArray) -> list[ByteArray]:
    """A portrait whole, half as wide and a quarter as wide, so that a small one does not flicker."""
    sizes = [portrait]
    for _ in range(2):
        half = sizes[-1].shape[0] // 2
        sizes.append(np.asarray(cv2.resize(sizes[-1], (half, half), interpolation=cv2.INTER_AREA), np.uint8))
    return sizes
