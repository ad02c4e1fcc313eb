"""Simulated camera film of a viewer's picture: the head is still or turns, with sensor noise.

A turn is synthesised from the landmarks, which have depth: each moves as on a head that turns about its vertical axis,
the area between them follows smoothly, and the picture's border stays fixed (thin plate splines, Bookstein 1989). Up to
ten degrees this looks like a turning head; the actual turn is measured on the film. Does not know how a mirror reacts.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

import cv2
import numpy as np
from PIL import Image
from scipy.interpolate import RBFInterpolator

from engine.features.featurizer import Featurizer
from engine.types import ByteArray, Features, FloatArray, Frame

CAMERA_WH = (640, 480)
FACE_PX = 260  # side of the portrait in the camera's picture: a visitor at about a metre
SENSOR_SD = 3.0  # levels of 255
JPEG_QUALITY = 90
GRID_PX = 48  # side of the grid for displacements
BORDER_POINTS = 8  # fixed points per side
NEIGHBOURS = 40  # landmarks that affect a grid point


class ViewerFilm:
    """Films one picture.

    Args:
        picture: (H, W, 3) uint8 RGB, nearly square.
        face: measurements of it.
    """

    def __init__(self, picture: ByteArray, face: Features) -> None:
        self._picture: Any = cv2.resize(picture, (FACE_PX, FACE_PX), interpolation=cv2.INTER_CUBIC)
        self._face = face
        self._points = face.landmarks_px * np.float32(FACE_PX / picture.shape[0])
        self._fields: tuple[FloatArray, FloatArray] | None = None  # computed for the first turn

    def still(self, count: int, random: np.random.Generator) -> Iterator[ByteArray]:
        """Frames (480, 640, 3) of a still head."""
        for _ in range(count):
            yield _as_filmed(self._picture, random)

    def turning(self, by_deg: Iterable[float], random: np.random.Generator) -> Iterator[ByteArray]:
        """Frames of a head turned by these angles from its original pose, right of the picture positive."""
        across, deep = self._fields = self._fields or self._displacements()
        rows, columns = np.mgrid[:FACE_PX, :FACE_PX].astype(np.float32)
        for angle_deg in by_deg:
            angle = np.radians(angle_deg)
            shift = (np.cos(angle) - 1) * across - np.sin(angle) * deep
            turned = cv2.remap(self._picture, columns - shift, rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
            yield _as_filmed(np.asarray(turned, np.uint8), random)

    def _displacements(self) -> tuple[FloatArray, FloatArray]:
        """Offset of each pixel (S, S) from the axis, across and in depth, px; both fade to 0 at the border."""
        points = self._points.astype(np.float64)
        middle = points.mean(axis=0)
        edge = np.linspace(0, FACE_PX, BORDER_POINTS)
        border = np.array([(x, y) for x in edge for y in edge if {x, y} & {0.0, float(FACE_PX)}])
        places = np.vstack([points[:, :2], border])
        values = np.vstack([points[:, [0, 2]] - middle[[0, 2]], np.zeros((len(border), 2))])
        spline = RBFInterpolator(places, values, neighbors=NEIGHBOURS, smoothing=1.0)
        line = np.linspace(0, FACE_PX, GRID_PX)
        grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
        found = spline(grid).reshape(GRID_PX, GRID_PX, 2).astype(np.float32)
        across, deep = (cv2.resize(found[..., part], (FACE_PX, FACE_PX)) for part in range(2))
        return across, deep


def seen_in(frames: Iterable[ByteArray], rate_hz: float, *, crops: bool = True) -> list[Features | None]:
    """Live measurements of the frames of a film."""
    with Featurizer("live", crops=crops) as featurizer:
        return [featurizer(Frame(image, index / rate_hz, index)) for index, image in enumerate(frames)]


def _as_filmed(portrait: ByteArray, random: np.random.Generator) -> ByteArray:
    """Portrait (S, S, 3) in a camera's picture, with sensor noise and compression."""
    width, height = CAMERA_WH
    left, top = (width - len(portrait)) // 2, (height - len(portrait)) // 2
    borders = top, height - len(portrait) - top, left, width - len(portrait) - left
    frame = cv2.copyMakeBorder(portrait, *borders, cv2.BORDER_REPLICATE)
    noisy = np.clip(frame + random.normal(0, SENSOR_SD, frame.shape) + 0.5, 0, 255).astype(np.uint8)
    content = io.BytesIO()
    Image.fromarray(noisy).save(content, "JPEG", quality=JPEG_QUALITY)
    with Image.open(content) as image:
        return np.asarray(image.convert("RGB"))
