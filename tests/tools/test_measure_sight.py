"""The measurement of sight, with one known person: what it counts, and that its pictures are what they say."""

from __future__ import annotations

import numpy as np
import pytest

from tests.features.faces import sitter
from tools.sight import range_trial
from tools.sight.lights import LIGHTS
from tools.sight.people import SIZE_WH, Sitter, Standing, film, stand
from tools.sight.range_trial import FRAMES, nearest_error
from tools.sight.rooms import KINDS, empty_pictures


def test_somebody_stands_where_they_are_said_to() -> None:
    picture = np.zeros((200, 200, 3), np.uint8)
    picture[95:105, 95:105] = 250
    landmarks = np.zeros((478, 3), np.float32)
    landmarks[234, :2], landmarks[454, :2] = (60, 100), (140, 100)
    shown, there = stand(
        Sitter(picture, landmarks), Standing(0.25, 0.5, 0.05, 90), np.full((720, 1280, 3), 9, np.uint8)
    )
    assert there[454, :2] - there[234, :2] == pytest.approx((0, 64), abs=0.01)  # turned clockwise
    assert shown[360, 320].min() > 240 and shown[360, 335].max() < 10 and (shown[:, 700:] == 9).all()


def test_a_film_shows_each_for_some_frames_wholly_in_sight() -> None:
    frames = list(film([sitter(), sitter()], 0.1, 45, FRAMES))
    assert len(frames) == 2 * FRAMES
    for _, truth in frames:
        assert (truth[[234, 454], :2] > 0).all() and (truth[[234, 454], :2] < SIZE_WH).all()
    assert np.array_equal(frames[0][1], frames[FRAMES - 1][1])
    assert not np.array_equal(frames[0][0], frames[1][0]), "the sensor's noise is new in every frame"


def test_errors_are_in_eye_distances() -> None:
    truth = np.random.default_rng(0).uniform(100, 200, (478, 3)).astype(np.float32)
    truth[[33, 133], :2], truth[[362, 263], :2] = (100, 100), (140, 100)
    assert nearest_error([truth + 400, truth + np.float32([8, 0, 0])], truth) == pytest.approx(0.2)
    assert nearest_error([], truth) == np.inf


def test_a_face_that_is_found_elsewhere_is_not_found() -> None:
    class Wrong:
        def __init__(self) -> None:
            self.live = {"live": lambda picture: [np.zeros((478, 3), np.float32)]}
            self.still = {"still": lambda picture: []}

    person = sitter()
    person.landmarks[[33, 133], 0] = 100
    person.landmarks[[362, 263], 0] = 150
    seen = range_trial.measure_range([person], 0.1, 0.0, Wrong())  # type: ignore[arg-type]
    assert seen.found == {"live": 0, "still": 0} and seen.left_over == {"live": 1}


def test_pictures_without_a_face_are_of_all_kinds_and_come_again_alike() -> None:
    pictures = list(empty_pictures(2 * len(KINDS), (320, 180), seed=4))
    assert [name for name, _ in pictures] == [*KINDS, *KINDS]
    assert all(picture.shape == (180, 320, 3) and picture.dtype == np.uint8 for _, picture in pictures)
    again = dict(empty_pictures(len(KINDS), (320, 180), seed=4))
    assert all(np.array_equal(picture, again[name]) for name, picture in pictures[: len(KINDS)])


@pytest.mark.parametrize(
    ("light", "least", "most"), [("usual", 148, 156), ("5 % of it", 25, 45), ("from behind", 25, 50)]
)
def test_bad_light_is_as_dark_on_the_face_as_it_says(light: str, least: float, most: float) -> None:
    picture = np.full((180, 320, 3), 152, np.uint8)
    shown = LIGHTS[light](picture, np.array([160.0, 90.0, 60.0]), np.random.default_rng(0))
    assert least < shown[80:100, 150:170].mean() < most
    assert (shown[:20, :20].mean() > 200) == (light == "from behind")
