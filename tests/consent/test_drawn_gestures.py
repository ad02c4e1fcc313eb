"""Gestures read from pictures, through the mesh: a portrait whose lids are painted shut, and a hand painted over it."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from engine.consent.gestures import GestureReader, Glance
from engine.features.featurizer import Featurizer
from engine.types import ByteArray, FloatArray, Frame

RATE_HZ = 8
EYES = (  # FaceMesh: upper lid, lower lid, both from corner to corner
    ((33, 246, 161, 160, 159, 158, 157, 173, 133), (33, 7, 163, 144, 145, 153, 154, 155, 133)),
    ((362, 398, 384, 385, 386, 387, 388, 466, 263), (362, 382, 381, 380, 374, 373, 390, 249, 263)),
)


class Sitting:
    """The portrait before a reader, one picture after another."""

    def __init__(self, featurizer: Featurizer) -> None:
        self._featurizer, self.reader, self._count = featurizer, GestureReader(2.0, 2.0), 0
        self.landmarks: FloatArray | None = None

    def show(self, picture: ByteArray, seconds: float) -> Sitting:
        for _ in range(round(seconds * RATE_HZ)):
            self._count += 1
            now_s = self._count / RATE_HZ
            for features in self._featurizer.everyone(Frame(picture, now_s, self._count))[:1]:
                self.landmarks = features.landmarks_px
                self.reader.see(Glance.of(features))
            self.reader.pass_time(now_s)
        return self


@pytest.fixture
def sitting() -> Iterator[Sitting]:
    with Featurizer("live") as featurizer:
        yield Sitting(featurizer)


def portrait() -> ByteArray:
    """Her (360, 640, 3), in the middle of a grey wall."""
    wall = np.full((360, 640, 3), 90, np.uint8)
    wall[:, 140:500] = cv2.resize(np.ascontiguousarray(astronaut()[0:256, 96:352]), (360, 360))
    return wall


def closed(picture: ByteArray, landmarks: FloatArray, share: float) -> ByteArray:
    """The same with both upper lids drawn down by a share of the eye: 1 is shut."""
    drawn = picture.copy()
    for upper, lower in EYES:
        top, bottom = landmarks[list(upper), :2], landmarks[list(lower), :2]
        lid = top + share * (bottom - top)
        width = float(np.linalg.norm(top[0] - top[-1]))
        x, y = (round(float(place)) for place in top.mean(axis=0) - (0.0, 0.23 * width))
        skin = [float(level) for level in picture[y - 1 : y + 2, x - 3 : x + 4].reshape(-1, 3).mean(axis=0)]
        cv2.fillPoly(drawn, [np.concatenate([top - (0, 1), lid[::-1]]).astype(np.int32)], skin, cv2.LINE_AA)
        cv2.polylines(drawn, [lid.astype(np.int32)], False, [0.35 * level for level in skin], 1, cv2.LINE_AA)
    return drawn


def covered(picture: ByteArray, landmarks: FloatArray) -> ByteArray:
    """The same behind a hand with four fingers."""
    drawn, (left, right) = picture.copy(), landmarks[[234, 454], 0]
    top, bottom = landmarks[[10, 152], 1]
    width, height = float(right - left), float(bottom - top)
    middle = 0.5 * float(left + right)
    for finger in range(4):
        centre = (round(middle + (finger - 1.5) * 0.24 * width), round(float(top) + 0.30 * height))
        shade = [level * (0.92 + 0.03 * finger) for level in (196, 150, 128)]
        cv2.ellipse(drawn, centre, (round(0.13 * width), round(0.55 * height)), 0, 0, 360, shade, -1, cv2.LINE_AA)
    palm = (round(middle), round(float(top) + 0.95 * height))
    cv2.ellipse(drawn, palm, (round(0.55 * width), round(0.55 * height)), 0, 0, 360, (196, 150, 128), -1, cv2.LINE_AA)
    return drawn


def test_painted_lids_agree_half_closed_ones_do_not_and_a_painted_hand_ends_it(sitting: Sitting) -> None:
    open_eyes = portrait()
    sitting.show(open_eyes, 1.5)
    landmarks = sitting.landmarks
    assert landmarks is not None, "the mesh finds her"
    assert not sitting.show(closed(open_eyes, landmarks, 0.4), 2.4).reader.has_agreed
    assert not sitting.show(open_eyes, 1.0).show(covered(open_eyes, landmarks), 2.4).reader.has_agreed
    sitting.show(open_eyes, 1.5)
    assert sitting.show(closed(open_eyes, landmarks, 1.0), 2.4).reader.has_agreed
    assert sitting.show(open_eyes, 1.0).reader.has_agreed
    assert not sitting.show(covered(open_eyes, landmarks), 2.6).reader.has_agreed
