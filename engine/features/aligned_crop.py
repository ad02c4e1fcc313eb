"""Aligned face crops: landmarks -> the square that encoders see, cut exactly as their training portraits were.

Follows the alignment recipe of Flickr-Faces-HQ (Karras et al. 2019, appendix A; after Karras et al. 2018, appendix C):
the square is rotated by the mean of the eye line and the perpendicular of the eyes-to-mouth line, and scaled by their
length. Areas beyond the picture, and areas that belong to another face, are filled with a blurred reflection that fades
to one colour. Does not know which network reads the crop.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.types import AlignedCrop, ByteArray, Features, FloatArray

LEFT_EYE, RIGHT_EYE = (
    (33, 160, 158, 133, 153, 144),
    (362, 385, 387, 263, 373, 380),
)  # six landmarks around each eye, as in FFHQ
MOUTH_CORNERS = (61, 291)
NOSE_TIP = 4
EYES_TO_SIDE, MOUTH_TO_SIDE = 4.0, 3.6  # the side is the larger of eye distance and eyes-to-mouth distance, times these
DOWN = 0.1  # centre of the square, as a share of the way from the eyes to the mouth

CROP_PX = 128  # side of the crop that encoders read
CROP_STAMP = f"ffhq square: eyes {EYES_TO_SIDE:g}, mouth {MOUTH_TO_SIDE:g}, down {DOWN:g}, {CROP_PX} px"
"""One-line description of the crop recipe; an encoder file states which one it was trained with."""

SMALLEST_PX = 40  # minimum side of the square in the picture; smaller faces have too little detail
LEAST_SHOWN = 0.6  # minimum share of landmarks inside the picture; less is half a face
MOST_TURNED_DEG = 50.0  # maximum turn in any direction; encoders have seen no face beyond it

BLUR = 0.02  # standard deviation of the blur outside the picture, in sides
BLUR_IN = 0.06  # distance beyond the border at which the blur is complete, in sides
FADE = 0.5  # distance beyond the border at which only the median colour is left, in sides
FADE_OTHERS = 4.0  # how much faster another face fades: a border may be reflected, a face must not be visible
SAME, NEAR = 0.2, 1.5  # in sides: a nearer face is the same one found twice; a more distant one lies outside the square
OVERSAMPLING = 2  # the square is rendered this much larger, then averaged

HALF_PIXEL = np.array([[0, 0, 0.5], [0, 0, 0.5]])  # from pixel corner to pixel centre, as a matrix term

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Square:
    """Position of a portrait within a picture.

    Attributes:
        centre_px: (2,) x and y.
        half_px: (2,) vector from the centre to the middle of the right side; its direction is the roll of the face.
        yaw: nose offset divided by eye distance; 0 is frontal, positive is towards the right of the picture.
    """

    centre_px: Points
    half_px: Points
    yaw: float

    @property
    def side_px(self) -> float:
        """Side length."""
        return 2 * float(np.linalg.norm(self.half_px))


def square_of(landmarks_px: FloatArray) -> Square:
    """Locate the aligned square of a face with landmarks (478, 3)."""
    points = landmarks_px[:, :2].astype(np.float64)
    left, right = points[list(LEFT_EYE)].mean(axis=0), points[list(RIGHT_EYE)].mean(axis=0)
    eyes, mouth = (left + right) / 2, points[list(MOUTH_CORNERS)].mean(axis=0)
    eye_line, down = right - left, mouth - eyes
    eye_distance, mouth_distance = float(np.linalg.norm(eye_line)), float(np.linalg.norm(down))
    direction = eye_line + np.array([down[1], -down[0]])  # the perpendicular, rotated onto the eye line
    direction /= max(float(np.linalg.norm(direction)), 1e-9)
    half = max(eye_distance * EYES_TO_SIDE, mouth_distance * MOUTH_TO_SIDE) / 2
    yaw = float((points[NOSE_TIP] - eyes) @ eye_line) / max(eye_distance**2, 1e-9)
    return Square(eyes + DOWN * down, direction * half, yaw)


def crop_fault(face: Features) -> str | None:
    """Explain why an encoder cannot use a face, as a phrase that continues "the face"; None if it can."""
    crop = face.crop
    if crop is None:
        return "was not cut out"
    if crop.side_px < SMALLEST_PX:
        return f"is too small: the square around it is {crop.side_px:.0f} px wide, and {SMALLEST_PX} px are needed"
    if crop.shown < LEAST_SHOWN:
        return f"is cut off by the edge of the picture: only {crop.shown:.0%} of it is visible"
    turned_deg = math.hypot(face.yaw_deg, face.pitch_deg)
    if turned_deg > MOST_TURNED_DEG:
        return f"is turned away by {turned_deg:.0f} degrees, and the limit is {MOST_TURNED_DEG:.0f}"
    return None


def crop_aligned(
    picture: ByteArray,
    landmarks_px: FloatArray,
    square: Square,
    others: Sequence[Square] = (),
    size_px: int = CROP_PX,
) -> AlignedCrop:
    """Cut a square from a picture (H, W, 3) uint8 RGB; takes about a millisecond.

    Args:
        landmarks_px: landmarks of the face, (478, 3).
        square: where to cut: the square of these landmarks, or a smoothed one.
        size_px: side of the result.
        others: squares of other faces in the picture; pixels closer to one of them are hidden.
    """
    height_px, width_px = picture.shape[:2]
    inside = ((landmarks_px[:, :2] >= 0) & (landmarks_px[:, :2] < (width_px, height_px))).all(axis=1)
    return AlignedCrop(_cut(picture, square, size_px, others), square.side_px, float(inside.mean()))


def _cut(picture: ByteArray, square: Square, size_px: int, others: Sequence[Square]) -> ByteArray:
    """Resample the square to (size_px, size_px, 3)."""
    shrink = max(
        1, int(square.side_px // (OVERSAMPLING * size_px))
    )  # by whole blocks first, so that the warp below does not alias
    drawn_px = size_px * (OVERSAMPLING if square.side_px > size_px else 1)
    source, matrix = _reduced(picture, square, source_matrix(square, drawn_px), shrink)
    flags = cv2.WARP_INVERSE_MAP | (cv2.INTER_LINEAR if drawn_px > size_px else cv2.INTER_CUBIC)
    drawn = cv2.warpAffine(source, matrix, (drawn_px, drawn_px), flags=flags, borderMode=cv2.BORDER_REFLECT_101)
    if drawn_px > size_px:
        drawn = cv2.resize(drawn, (size_px, size_px), interpolation=cv2.INTER_AREA)
    far = beyond(source_matrix(square, size_px), size_px, picture.shape[1], picture.shape[0])
    for other in others:
        if SAME < np.linalg.norm(other.centre_px - square.centre_px) / square.side_px < NEAR:
            far = np.maximum(far, _beyond_other(square, other, size_px))
    return soften(np.asarray(drawn, np.uint8), far) if far.any() else np.asarray(drawn, np.uint8)


def _reduced(picture: ByteArray, square: Square, matrix: Points, shrink: int) -> tuple[ByteArray, Points]:
    """Crop the part of a picture that a square needs, shrink it by an integer factor, and return the matrix into it."""
    if shrink == 1:
        return picture, matrix
    height_px, width_px = picture.shape[:2]
    reach = 0.75 * square.side_px  # half the diagonal plus a margin
    (left, columns), (top, rows) = (
        _blocks(float(middle), reach, size, shrink)
        for middle, size in zip(square.centre_px, (width_px, height_px), strict=True)
    )
    part = picture[top : top + rows * shrink, left : left + columns * shrink]
    moved = matrix.copy()
    moved[:, 2] -= (left, top)
    smaller = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, np.uint8), (moved + HALF_PIXEL) / shrink - HALF_PIXEL


def _blocks(middle: float, reach: float, size: int, shrink: int) -> tuple[int, int]:
    """First whole block of `shrink` pixels that covers `reach` on both sides of a position, and the number of
    blocks."""
    begin = int(max(0, min(middle - reach, size - shrink)))
    return begin, max(1, int(min(middle + reach, size) - begin) // shrink)


def source_matrix(square: Square, drawn_px: int) -> Points:
    """Matrix (2, 3) from crop pixels to picture pixels; pixel centres are integers."""
    right = square.half_px * (2 / drawn_px)
    turn = np.stack([right, [-right[1], right[0]]], axis=1)
    middle = np.full(2, (drawn_px - 1) / 2)
    return np.column_stack([turn, square.centre_px - 0.5 - turn @ middle])


def beyond(to_source: Points, drawn_px: int, width: int, height: int) -> NDArray[np.float32]:
    """Distance of each crop pixel (S, S) outside the picture, in sides of the square; 0 inside."""
    index = np.arange(drawn_px, dtype=np.float32)
    x = to_source[0, 0] * index[None] + to_source[0, 1] * index[:, None] + to_source[0, 2]
    y = to_source[1, 0] * index[None] + to_source[1, 1] * index[:, None] + to_source[1, 2]
    outside = np.maximum.reduce([-x, x - (width - 1), -y, y - (height - 1), np.zeros_like(x)])
    side_px = max(float(np.hypot(*to_source[:, 0])) * drawn_px, 1e-6)  # a degenerate square lies entirely outside
    return np.asarray(outside / side_px, np.float32)


def _beyond_other(square: Square, other: Square, size_px: int) -> NDArray[np.float32]:
    """Distance by which each pixel (S, S) is closer to another face than to this one, in sides, weighted by face
    size."""
    way = other.centre_px - square.centre_px
    apart = max(float(np.linalg.norm(way)), 1e-6)
    share = square.side_px / (square.side_px + other.side_px)  # position of the border between the two faces
    to_source = source_matrix(square, size_px)
    index = np.arange(size_px, dtype=np.float32)
    x = to_source[0, 0] * index[None] + to_source[0, 1] * index[:, None] + to_source[0, 2] - square.centre_px[0]
    y = to_source[1, 0] * index[None] + to_source[1, 1] * index[:, None] + to_source[1, 2] - square.centre_px[1]
    along = (x * way[0] + y * way[1]) / apart
    return np.asarray(np.maximum(along - share * apart, 0) * (FADE_OTHERS / square.side_px), np.float32)


def soften(drawn: ByteArray, far: NDArray[np.float32]) -> ByteArray:
    """Blur reflected pixels more the further out they are, and fade the outermost to the median colour."""
    picture = drawn.astype(np.float32)
    blurred = cv2.GaussianBlur(picture, (0, 0), BLUR * len(drawn), borderType=cv2.BORDER_REFLECT_101)
    picture += (blurred - picture) * np.clip(far / BLUR_IN, 0, 1)[..., None]
    median = np.median(drawn[::4, ::4].reshape(-1, 3), axis=0).astype(np.float32)
    picture += (median - picture) * np.clip(far / FADE, 0, 1)[..., None]
    return np.asarray(np.clip(picture + 0.5, 0, 255), np.uint8)
