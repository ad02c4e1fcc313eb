"""The walk among waypoints: who comes, what they do, when they go, and that it is the same with the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from engine.networks.pggan.latent_sphere import angle_deg, normalise, seed_latent, seed_latents
from engine.networks.waypoints import GESTURES, Waypoints
from engine.pipeline.wander import FIRST_AWAY_S, Walk
from engine.types import FloatArray

SIZE, FPS = 64, 30
PACE = 6.0


def waypoints(count: int = 6) -> Waypoints:
    reach = np.zeros((count, len(GESTURES), 2), np.float32)
    reach[:, 0], reach[:, 2, 1] = (-0.5, 0.5), 0.4
    return Waypoints(seed_latents(range(count), SIZE), seed_latents(range(100, 103), SIZE), reach)


def walked(walk: Walk, seconds: float, *, is_hidden: bool = False) -> list[FloatArray]:
    return [walk.step(1 / FPS, is_hidden=is_hidden) for _ in range(round(seconds * FPS))]


def test_an_evening_repeats_with_its_seed_only() -> None:
    first, again, other = (walked(Walk(waypoints(), PACE, seed), 60) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_walk_stays_on_the_sphere_and_never_jumps() -> None:
    places = walked(Walk(waypoints(), PACE, 3), 120)
    assert np.linalg.norm(places, axis=1) == pytest.approx(np.sqrt(SIZE), rel=1e-4)
    steps_deg = angle_deg(np.array(places[1:]), np.array(places[:-1]))
    assert 0 < steps_deg.max() < 2.5


def test_it_moves_through_gestures_and_from_face_to_face() -> None:
    points = waypoints()
    places = np.array(walked(Walk(points, PACE, 3), 240))
    nearest = np.array([angle_deg(points.faces, place) for place in places])
    assert len(set(nearest.argmin(axis=1))) >= 3, "it becomes others"
    apart = nearest.min(axis=1)
    assert (apart < 5).mean() > 0.2, "it keeps still now and then"
    assert ((apart > 10) & (apart < 35)).mean() > 0.1, "and turns or smiles"


def test_the_pace_is_the_scenes() -> None:
    def way(pace: float) -> float:
        places = np.array(walked(Walk(waypoints(), pace, 3), 40))
        return float(angle_deg(places[1:], places[:-1]).sum())

    assert way(12.0) > 1.3 * way(3.0)
    assert way(0.0) == 0.0


def test_a_visitor_comes_turns_smiles_and_goes() -> None:
    points = waypoints()
    walk = Walk(points, PACE, 5, visits=True)
    face = points.faces[angle_deg(points.faces, walk.z).argmin()]
    assert walk.is_away
    walked(walk, FIRST_AWAY_S - 0.1, is_hidden=True)
    assert walk.is_away, "the glass is empty at first"
    walked(walk, 0.2, is_hidden=True)
    seen = []
    while not walk.is_away:
        seen.append(walk.step(1 / FPS))
    assert 7 < len(seen) / FPS < 14
    shares = np.array([(place - face * (place @ face) / SIZE) @ points.directions.T / SIZE for place in seen])
    assert abs(shares[:, 0]).max() > 0.25 and shares[:, 2].max() > 0.2
    assert abs(shares[:, 0]).argmax() < shares[:, 2].argmax(), "first the turn, then the smile"
    assert angle_deg(seen[-1], face) < 8, "and looks straight on before going"


def test_whoever_goes_stays_who_they_are_until_the_glass_is_empty() -> None:
    points = waypoints()
    walk = Walk(points, PACE, 5, visits=True)
    walked(walk, FIRST_AWAY_S, is_hidden=True)
    while not walk.is_away:
        left = walk.step(1 / FPS)
    assert max(angle_deg(place, left) for place in walked(walk, 6)) < 8
    came = walked(walk, 30, is_hidden=True)
    assert angle_deg(came[-1], left) > 30, "somebody else comes next"


def test_after_a_visitor_it_goes_to_the_nearest_face_without_a_jump() -> None:
    points = waypoints()
    walk = Walk(points, PACE, 5)
    here = normalise(points.faces[2] + 0.4 * seed_latent(50, SIZE))
    walk.go_to(here)
    places = walked(walk, 12)
    assert angle_deg(places[0], here) < 1
    assert min(angle_deg(place, points.faces[2]) for place in places) < 5
