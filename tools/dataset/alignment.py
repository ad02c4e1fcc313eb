"""A face and its picture -> the square cut-out of a portrait set: eyes level, cut and scaled as in FFHQ.

The square follows the recipe of the Flickr-Faces-HQ data set (Karras et al. 2019, appendix A; after Karras et al. 2018,
appendix C): turned by the mean of the eye line and the upright of the line from eyes to mouth, as large as these lines
are long, and filled with the blurred reflection of the picture where it ends. It does not know what faces are good for.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.types import ByteArray, FloatArray

LEFT_EYE, RIGHT_EYE = (33, 160, 158, 133, 153, 144), (362, 385, 387, 263, 373, 380)  # six around each, as in FFHQ
MOUTH_CORNERS = (61, 291)
NOSE_TIP = 4
EYES_TO_SIDE, MOUTH_TO_SIDE = 4.0, 3.6  # the side is the larger of: eye distance, and eyes to mouth, times these
DOWN = 0.1  # of the way from the eyes to the mouth: the middle of the square

OVERSAMPLING = 4  # the square is drawn so much larger, and reduced with an anti-aliasing filter
MAX_DRAWN_PX = 2048
BLUR = 0.02  # of the side: standard deviation of the blur beyond the picture's border
BLUR_IN = 0.06  # of the side: how far beyond the border the blur is complete
FADE = 0.5  # of the side: how far beyond the border only the median colour is left

HALF_PIXEL = np.array([[0, 0, 0.5], [0, 0, 0.5]])  # from a pixel's corner to its middle, as part of a matrix

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Square:
    """Where a portrait is cut from a picture.

    Attributes:
        centre_px: (2,) x and y.
        half_px: (2,) from the centre to the middle of the right side; its direction is the turn of the face.
        yaw: nose offset over eye distance; 0 is frontal, right of the picture is positive.
    """

    centre_px: Points
    half_px: Points
    yaw: float

    @property
    def side_px(self) -> float:
        """Length of a side."""
        return 2 * float(np.linalg.norm(self.half_px))


def square_of(landmarks_px: FloatArray) -> Square:
    """The square of a face (478, 3)."""
    points = landmarks_px[:, :2].astype(np.float64)
    left, right = points[list(LEFT_EYE)].mean(axis=0), points[list(RIGHT_EYE)].mean(axis=0)
    eyes, mouth = (left + right) / 2, points[list(MOUTH_CORNERS)].mean(axis=0)
    eye_line, down = right - left, mouth - eyes
    eye_distance, mouth_distance = float(np.linalg.norm(eye_line)), float(np.linalg.norm(down))
    direction = eye_line + np.array([down[1], -down[0]])  # the upright, turned into the eye line
    direction /= max(float(np.linalg.norm(direction)), 1e-9)
    half = max(eye_distance * EYES_TO_SIDE, mouth_distance * MOUTH_TO_SIDE) / 2
    yaw = float((points[NOSE_TIP] - eyes) @ eye_line) / max(eye_distance**2, 1e-9)
    return Square(eyes + DOWN * down, direction * half, yaw)


def cut(picture: ByteArray, square: Square, size_px: int) -> ByteArray:
    """The portrait (size_px, size_px, 3) uint8 of a picture (H, W, 3) uint8 RGB."""
    drawn_px = max(size_px, min(size_px * OVERSAMPLING, MAX_DRAWN_PX))
    shrink = max(1, int(np.ceil(square.side_px / drawn_px)))  # by whole boxes, so that nothing aliases below
    source = np.asarray(Image.fromarray(picture).reduce(shrink)) if shrink > 1 else picture
    to_source = _to_source(square, drawn_px)
    to_source = (to_source + HALF_PIXEL) / shrink - HALF_PIXEL
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    size_wh = (drawn_px, drawn_px)
    drawn = np.asarray(cv2.warpAffine(source, to_source, size_wh, flags=flags, borderMode=cv2.BORDER_REFLECT_101))
    beyond = _beyond(to_source, drawn_px, source.shape[1], source.shape[0])
    drawn = _soften(drawn, beyond) if beyond.any() else drawn
    return np.asarray(Image.fromarray(drawn).resize((size_px, size_px), Image.Resampling.LANCZOS))


def _to_source(square: Square, drawn_px: int) -> Points:
    """Matrix (2, 3) from pixels of the drawn square to pixels of the picture; pixel centres are whole numbers."""
    right = square.half_px * (2 / drawn_px)
    turn = np.stack([right, [-right[1], right[0]]], axis=1)
    middle = np.full(2, (drawn_px - 1) / 2)
    return np.column_stack([turn, square.centre_px - 0.5 - turn @ middle])


def _beyond(to_source: Points, drawn_px: int, width: int, height: int) -> NDArray[np.float32]:
    """How far each pixel of the drawn square (S, S) is outside the picture, in sides of the square; 0 inside."""
    index = np.arange(drawn_px, dtype=np.float32)
    x = to_source[0, 0] * index[None] + to_source[0, 1] * index[:, None] + to_source[0, 2]
    y = to_source[1, 0] * index[None] + to_source[1, 1] * index[:, None] + to_source[1, 2]
    outside = np.maximum.reduce([-x, x - (width - 1), -y, y - (height - 1), np.zeros_like(x)])
    return np.asarray(outside / (np.hypot(*to_source[:, 0]) * drawn_px), np.float32)


def _soften(drawn: ByteArray, beyond: NDArray[np.float32]) -> ByteArray:
    """Blur what is reflected, the more the further out, and fade it to the median colour far out."""
    picture = drawn.astype(np.float32)
    blurred = cv2.GaussianBlur(picture, (0, 0), BLUR * len(drawn), borderType=cv2.BORDER_REFLECT_101)
    picture += (blurred - picture) * np.clip(beyond / BLUR_IN, 0, 1)[..., None]
    median = np.median(drawn[::4, ::4].reshape(-1, 3), axis=0).astype(np.float32)
    picture += (median - picture) * np.clip(beyond / FADE, 0, 1)[..., None]
    return np.asarray(np.clip(picture + 0.5, 0, 255), np.uint8)
