"""Screening of photographs: aligned portraits for training, or the reason for rejection.

Each picture is examined by itself; only `Duplicates` compares pictures. Does not know who is in them.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.core.closing import Closing
from engine.core.errors import DeviceError
from engine.features.aligned_crop import square_of
from engine.features.colours import lab
from engine.features.geometry import OVAL
from engine.pipeline.sources.images import load_image
from engine.types import ByteArray, FloatArray
from tools.dataset.alignment import cut
from tools.dataset.face_detection import FaceSearch, face_width

READ_PX = 6144  # longer pictures are reduced when they are read
SIMILAR_SIZE = 0.6  # relative to the largest face: with a second one this large, the subject is ambiguous
MOST_OUTSIDE = 0.15  # maximum share of the face's outline beyond the picture
JPEG_QUALITY = 95

# RMS chroma not explained by brightness, of a picture at `TONE_PX`; below it, a picture is monochrome. Of 5 475
# portraits of known kind, 0.2 % of the black and white ones are above, and 1 % of the recent colour photographs below.
# At full size, coloured noise of prints, scans and young networks would count as colour.
LEAST_COLOUR, TONE_PX = 2.5, 16
FINGERPRINT_SIDE = 16
MOST_DIFFERENT_BITS = 20  # of 256, between copies; see `Duplicates`

NO_FACE, DOUBLED, SMALL, CUT_OFF, TURNED, BLURRED = (
    "no face", "several faces", "too small", "cut off", "turned away", "blurred",
)  # fmt: skip
DUPLICATE, UNREADABLE = "duplicate", "unreadable"


@dataclass(frozen=True, slots=True)
class Limits:
    """Requirements for photographs.

    Attributes:
        size_px: side of the portrait.
        min_face_px: minimum width of the face in the photograph.
        max_yaw: maximum nose offset divided by eye distance.
        min_sharpness: see `sharpness`.
    """

    size_px: int
    min_face_px: float
    max_yaw: float
    min_sharpness: float


@dataclass(frozen=True, slots=True)
class Portrait:
    """Accepted photograph.

    Attributes:
        jpeg: the aligned picture.
        face_px: width of the face in the photograph.
        yaw: nose offset divided by eye distance.
        is_coloured: False for black and white, and single-toned prints.
        fingerprint: (256,) bool, for `Duplicates`.
    """

    jpeg: bytes
    face_px: int
    yaw: float
    is_coloured: bool
    fingerprint: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rejection:
    """Rejected photograph: the reason, one of the words above, and details."""

    reason: str
    detail: str


class Screening(Closing):
    """Screens photographs one by one.

    Args:
        limits: requirements.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._search = FaceSearch()

    def __call__(self, path: Path) -> Portrait | Rejection:
        """Screen a file; anything wrong with it is a rejection."""
        try:
            picture = load_image(path, READ_PX)
        except DeviceError as error:
            return Rejection(UNREADABLE, str(error))
        return self.look_at(picture)

    def look_at(self, picture: ByteArray) -> Portrait | Rejection:
        """Screen a picture (H, W, 3) uint8 RGB."""
        faces = self._search(picture)
        if not faces:
            return Rejection(NO_FACE, "none was found")
        face, square = faces[0], square_of(faces[0])
        rejection = self._judge_place(picture, faces) or self._judge_turn(square.yaw)
        if rejection is not None:
            return rejection
        aligned = cut(picture, square, self._limits.size_px)
        sharp = sharpness(aligned)
        if sharp < self._limits.min_sharpness:
            return Rejection(BLURRED, f"sharpness {sharp:.3f}; {self._limits.min_sharpness:g} is the minimum")
        content = io.BytesIO()
        Image.fromarray(aligned).save(content, "JPEG", quality=JPEG_QUALITY, subsampling=0)
        return Portrait(
            content.getvalue(), round(face_width(face)), square.yaw, is_coloured(aligned), fingerprint(aligned)
        )

    def _judge_place(self, picture: ByteArray, faces: list[FloatArray]) -> Rejection | None:
        widths = [face_width(face) for face in faces]
        if len(widths) > 1 and widths[1] > SIMILAR_SIZE * widths[0]:
            return Rejection(DOUBLED, f"the largest are {widths[0]:.0f} and {widths[1]:.0f} px wide")
        if widths[0] < self._limits.min_face_px:
            return Rejection(
                SMALL, f"the face is {widths[0]:.0f} px wide; {self._limits.min_face_px:.0f} is the minimum"
            )
        outline = faces[0][list(OVAL), :2]
        outside = float(((outline < 0) | (outline > picture.shape[1::-1])).any(axis=1).mean())
        if outside > MOST_OUTSIDE:
            return Rejection(CUT_OFF, f"{outside:.0%} of the face's outline is beyond the border")
        return None

    def _judge_turn(self, yaw: float) -> Rejection | None:
        if abs(yaw) > self._limits.max_yaw:
            return Rejection(TURNED, f"yaw {yaw:+.2f}; {self._limits.max_yaw:g} is the maximum")
        return None

    def close(self) -> None:
        """Release the face detector."""
        self._search.close()


def sharpness(aligned: ByteArray) -> float:
    """Variance of the Laplacian over the face, relative to the variance of its brightness.

    For an aligned portrait (S, S, 3). Independent of contrast; typically 0.2 to 1.5; a Gaussian blur of one pixel
    leaves 0.05, of two pixels 0.01.
    """
    grey = cv2.cvtColor(aligned, cv2.COLOR_RGB2GRAY).astype(np.float32)
    y, x = np.mgrid[: len(grey), : len(grey)] / len(grey)
    face = ((x - 0.5) / 0.26) ** 2 + ((y - 0.56) / 0.34) ** 2 < 1
    return float(cv2.Laplacian(grey, cv2.CV_32F)[face].var() / max(1.0, float(grey[face].var())))


def is_coloured(aligned: ByteArray) -> bool:
    """Whether a portrait has colours: chroma not explained by its brightness, unlike that of a sepia tone."""
    small = np.asarray(cv2.resize(aligned, (TONE_PX, TONE_PX), interpolation=cv2.INTER_AREA), np.uint8)
    values = lab(small).reshape(-1, 3)
    tone = np.clip(values[:, 0] / 5, 0, 19).astype(np.intp)
    count = np.maximum(np.bincount(tone, minlength=20), 1)
    rest = [values[:, axis] - (np.bincount(tone, values[:, axis], 20) / count)[tone] for axis in (1, 2)]
    return float(np.sqrt(np.mean(rest[0] ** 2 + rest[1] ** 2))) > LEAST_COLOUR


def fingerprint(aligned: ByteArray) -> NDArray[np.bool_]:
    """Difference hash, (256,) bool: whether brightness increases to the right, on a grid of 16x16."""
    grey = cv2.cvtColor(aligned, cv2.COLOR_RGB2GRAY)
    grid = np.asarray(cv2.resize(grey, (FINGERPRINT_SIDE + 1, FINGERPRINT_SIDE), interpolation=cv2.INTER_AREA))
    return np.asarray(grid[:, 1:] > grid[:, :-1]).ravel()


class Duplicates:
    """Detects repeated portraits: the same file, or a copy that was scaled, cropped or recompressed.

    Among 5 475 aligned portraits, copies differed in at most 15 of 256 bits, and two people in at least 33.
    """

    def __init__(self) -> None:
        self._names: list[str] = []
        self._rows = np.empty((256, FINGERPRINT_SIDE**2), np.bool_)  # doubles when full

    def earlier(self, name: str, portrait: Portrait) -> str | None:
        """Name of the portrait that this one copies; if there is none, remember this one and return None."""
        count = len(self._names)
        if count:
            differing = (self._rows[:count] != portrait.fingerprint).sum(axis=1)
            nearest = int(differing.argmin())
            if differing[nearest] <= MOST_DIFFERENT_BITS:
                return self._names[nearest]
        if count == len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
        self._rows[count] = portrait.fingerprint
        self._names.append(name)
        return None
