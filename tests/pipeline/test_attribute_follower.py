"""What a viewer is taken for: how often they are looked at, how calmly it follows, and when it is forgotten."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.features.face_crop import EYE_DISTANCE, EYES_AT, crop_face
from engine.features.vector import LAYOUT
from engine.pipeline.attribute_follower import READ_HZ, AttributeFollower
from engine.types import Attribute, ByteArray, Features, FloatArray, Frame, Placement

STEP_S = 1 / 30


class FakeReader:
    """Says what it is told to, and keeps the squares that it was shown."""

    def __init__(self) -> None:
        self.input_px = 64
        self.answers = {"age": ("young", "old"), "gender": ("male", "female")}
        self.age_years = ((20, 49), (65, 90))
        self.says = {"age": (0.9, 0.1), "gender": (0.3, 0.7)}
        self.squares: list[ByteArray] = []

    def __call__(self, square: ByteArray) -> dict[str, FloatArray]:
        self.squares.append(square)
        return {name: np.array(each, np.float32) for name, each in self.says.items()}


class Visit:
    """A viewer at 30 pictures a second, whose time goes by only when `see` is called."""

    def __init__(self) -> None:
        self.reader = FakeReader()
        self.now_s = 100.0
        self._follower = AttributeFollower(self.reader)

    def see(self, seconds: float, x: float = 0.5) -> tuple[Attribute, ...]:
        frame = Frame(np.zeros((48, 64, 3), np.uint8), self.now_s, 0)
        for _ in range(round(seconds / STEP_S)):
            self.now_s += STEP_S
            place = Placement(x, 0.5, 0.1, 0.0, 4 / 3)
            vector, points = np.zeros(LAYOUT.size, np.float32), np.zeros((478, 3), np.float32)
            told = self._follower(frame, Features(vector, place, points, 0, 0, self.now_s, 0))
            assert told.placement is place and not vector.any()
        self.vector = told.vector
        return told.attributes


def test_a_face_is_read_at_once_and_then_four_times_a_second() -> None:
    visit = Visit()
    assert visit.see(STEP_S) == (
        Attribute("age", "young", np.float32(0.9)),
        Attribute("gender", "female", np.float32(0.7)),
    )
    assert len(visit.reader.squares) == 1
    visit.see(10.0)
    assert len(visit.reader.squares) == pytest.approx(1 + 10 * READ_HZ, abs=6)  # 30 is no multiple of 4
    assert visit.reader.squares[0].shape == (64, 64, 3)


def test_the_answer_follows_slowly_and_does_not_flicker() -> None:
    visit = Visit()
    visit.see(5.0)
    visit.reader.says = {"age": (0.45, 0.55), "gender": (0.0, 1.0)}
    soon = visit.see(0.5)
    assert 0.6 < soon[0].probability < 0.9 and soon[0].value == "young"
    assert 0.7 < soon[1].probability < 0.9
    assert visit.see(20.0)[0] == Attribute("age", "young", pytest.approx(0.45, abs=0.01))  # not by enough
    visit.reader.says["age"] = (0.2, 0.8)
    assert visit.see(20.0)[0] == Attribute("age", "old", pytest.approx(0.8, abs=0.01))


def test_what_is_read_is_in_the_vector_and_what_is_not_is_an_even_guess() -> None:
    visit = Visit()
    visit.see(STEP_S)
    assert visit.vector[LAYOUT["attributes"]] == pytest.approx([0.9, 0.0, 0.1, 0.3])
    assert not visit.vector[: LAYOUT["attributes"].start].any()
    visit.reader.says = {"gender": (0.3, 0.7)}
    visit.see(STEP_S, x=0.95)  # somebody else
    assert visit.vector[LAYOUT["attributes"]] == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0.3])


def test_first_readings_are_averaged_alike() -> None:
    visit = Visit()
    visit.reader.says["age"] = (1.0, 0.0)
    visit.see(STEP_S)
    visit.reader.says["age"] = (0.0, 1.0)
    assert visit.see(0.3)[0].probability == pytest.approx(0.5)


@pytest.mark.parametrize("how", ["somebody else comes", "nobody was there"])
def test_a_new_visitor_is_read_afresh(how: str) -> None:
    visit = Visit()
    visit.see(5.0)
    visit.reader.says = {"age": (0.0, 1.0), "gender": (1.0, 0.0)}
    if how == "nobody was there":
        visit.now_s += 2.0
    told = visit.see(STEP_S, x=0.95 if how == "somebody else comes" else 0.5)
    assert told == (Attribute("age", "old", 1.0), Attribute("gender", "male", 1.0))


def test_a_face_out_of_sight_for_a_moment_is_not_forgotten() -> None:
    visit = Visit()
    visit.see(5.0)
    visit.reader.says = {"age": (0.0, 1.0), "gender": (1.0, 0.0)}
    visit.now_s += 0.5
    assert all(0.1 < each.probability < 0.9 for each in visit.see(STEP_S))


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.7])
@pytest.mark.parametrize("roll_deg", [0.0, 25.0, -40.0])
def test_eyes_come_to_the_same_place(scale: float, roll_deg: float) -> None:
    width, height, roll_rad = round(320 * scale), round(240 * scale), np.radians(roll_deg)
    middle, distance = np.array([140.0, 110.0]) * scale, 40 * scale
    picture = np.zeros((height, width, 3), np.uint8)
    half = distance / 2 * np.array([np.cos(roll_rad), np.sin(roll_rad)])
    for eye, colour in ((middle - half, (255, 0, 0)), (middle + half, (0, 255, 0))):
        cv2.circle(picture, tuple(np.round(eye).astype(int).tolist()), max(2, round(4 * scale)), colour, -1)
    place = Placement(middle[0] / width, middle[1] / height, distance / height, roll_rad, width / height)
    square = crop_face(picture, place, 64).astype(np.float64)
    for channel, side in ((0, -0.5), (1, 0.5)):
        rows, columns = np.indices((64, 64))
        weight = square[..., channel] / square[..., channel].sum()
        found = ((columns + 0.5) * weight).sum(), ((rows + 0.5) * weight).sum()
        expected = 64 * (EYES_AT[0] + side * EYE_DISTANCE), 64 * EYES_AT[1]
        assert np.abs(np.subtract(found, expected)).max() < 1.3  # circles are drawn at whole pixels
    wider = crop_face(picture, place, 64, margin_px=8)
    assert wider.shape == (80, 80, 3)
    inside = wider[8:-8, 8:-8].astype(int)
    assert np.abs(inside - square).mean() < 0.2


def test_a_face_at_the_edge_or_larger_than_the_picture_is_cut_all_the_same() -> None:
    picture = np.full((30, 40, 3), 99, np.uint8)
    for place in (
        Placement(-0.2, 1.3, 0.4, 0.1, 4 / 3),
        Placement(0.5, 0.5, 3.0, 0, 4 / 3),
        Placement(0.5, 0.5, 0, 0, 4 / 3),
    ):
        assert (crop_face(picture, place, 64) == 99).all()
