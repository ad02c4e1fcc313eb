"""A head that moves as it was told to: how far behind it what is drawn stays, and how calm it is."""

import math

import numpy as np
import pytest

from engine.types import Features, Placement
from engine.visitor.head_predictor import LONGEST_LEAD_S, HeadPredictor, difference

CAMERA_S, DRAWN_S, AGE_S = 1 / 30, 1 / 60, 0.04  # a measurement arrives that long after its picture was taken


def measurement(captured_s: float, x: float = 0.5, roll_rad: float = 0.0, yaw_deg: float = 0.0) -> Features:
    place = Placement(x, 0.4, 0.1, roll_rad, 1.5)
    points = np.zeros((478, 3), np.float32)
    return Features(np.zeros(3, np.float32), place, points, yaw_deg, 0.0, captured_s, 0)


def followed(place_at, seconds: float) -> list[tuple[float, float, float]]:  # type: ignore[no-untyped-def]
    """(time, x, yaw) of each drawn frame, of a head that is measured thirty times a second; yaw is 100 x."""
    follower, captured, drawn = HeadPredictor(), 0, []
    for index in range(round(seconds / DRAWN_S)):
        now_s = index * DRAWN_S
        while captured * CAMERA_S + AGE_S <= now_s:
            x = place_at(captured * CAMERA_S)
            follower.take(measurement(captured * CAMERA_S, x, yaw_deg=100 * x))
            captured += 1
        follower.predict(DRAWN_S)
        if follower.head is not None:
            drawn.append((now_s, follower.head.placement.x, follower.head.yaw_deg))
    return drawn


def test_a_head_that_moves_evenly_is_followed_evenly_and_less_late_than_it_is_measured() -> None:
    speed = 0.3
    drawn = followed(lambda t: 0.2 + speed * t, 2.0)[60:]
    steps = np.diff([x for _, x, _ in drawn])
    assert steps == pytest.approx(speed * DRAWN_S, rel=0.1), "no step where a measurement comes"
    late_s = np.mean([now_s - (x - 0.2) / speed for now_s, x, _ in drawn])
    assert 0.04 < late_s < 0.075, "eased by 45 ms, measured every 33 ms and 40 ms old: without a lead 0.1"
    turned_late_s = np.mean([now_s - (yaw / 100 - 0.2) / speed for now_s, _, yaw in drawn])
    assert 0.02 < turned_late_s < 0.045, "what is not eased is less late than the measurements themselves"


def test_a_head_that_trembles_is_not_led_on() -> None:
    tremble = np.random.default_rng(1).normal(0, 0.0005, 200)
    drawn = followed(lambda t: 0.5 + tremble[round(t / CAMERA_S)], 5.0)[30:]
    assert np.std([x for _, x, _ in drawn]) < 0.0005
    assert np.std([yaw for _, _, yaw in drawn]) < 0.05 * 1.15, "not calmer than it is measured, and not wilder"


def test_a_head_that_stops_is_not_overshot_for_long() -> None:
    drawn = followed(lambda t: min(0.8, 0.2 + 0.5 * t), 3.0)
    beyond = [(now_s, x) for now_s, x, _ in drawn if x > 0.8 + 0.001]
    assert max((x for _, x in beyond), default=0.8) < 0.8 + 0.5 * LONGEST_LEAD_S
    assert all(now_s < 1.2 + AGE_S + 2 * CAMERA_S + 0.1 for now_s, _ in beyond)
    assert drawn[-1][1] == pytest.approx(0.8, abs=1e-3)


def test_without_measurements_it_goes_no_further_than_the_longest_lead() -> None:
    follower = HeadPredictor()
    for index in range(10):
        follower.take(measurement(index * CAMERA_S, 0.3 + 0.02 * index))
        follower.predict(CAMERA_S)
    for _ in range(200):
        follower.predict(DRAWN_S)
    assert follower.head is not None
    assert 0.48 < follower.head.placement.x < 0.48 + 0.02 / CAMERA_S * LONGEST_LEAD_S


def test_what_is_older_than_what_is_known_changes_nothing() -> None:
    follower = HeadPredictor()
    follower.take(measurement(1.0, 0.5))
    follower.predict(0.0)
    follower.take(measurement(0.9, 0.1))
    follower.predict(1.0)
    assert follower.head is not None and follower.head.placement.x == 0.5


def test_another_head_is_gone_to_without_a_lead() -> None:
    follower = HeadPredictor()
    follower.take(measurement(0.0, 0.1))
    follower.predict(0.0)
    follower.take(measurement(CAMERA_S, 0.9))
    for _ in range(60):
        follower.predict(DRAWN_S)
        assert follower.head is not None and follower.head.placement.x <= 0.9
    assert follower.head.placement.x == pytest.approx(0.9, abs=1e-3)


def test_a_roll_turns_the_short_way_round() -> None:
    turn = difference(np.array([0, 0, 0, -3.1, 0, 0.0]), np.array([0, 0, 0, 3.1, 0, 0.0]))
    assert turn[3] == pytest.approx(2 * math.pi - 6.2)


def test_what_is_forgotten_is_gone() -> None:
    follower = HeadPredictor()
    follower.take(measurement(1.0))
    follower.predict(0.0)
    follower.forget()
    follower.predict(1.0)
    assert follower.head is None
