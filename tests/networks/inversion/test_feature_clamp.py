"""What lies beyond the faces of a bank is brought back to where they end, and nothing else is touched."""

from __future__ import annotations

import numpy as np
import pytest

from engine.config.reflection import ReflectionSettings
from engine.features.vector import LAYOUT
from engine.networks.inversion.feature_clamp import LEEWAY, SAMPLED_FACES, FeatureClamp, clamp_for
from engine.networks.inversion.retrieval_inverter import Inverter, InverterWeights
from engine.networks.pggan.latent_sphere import seed_latent
from engine.pipeline.latent_follower import LatentFollower
from engine.types import ByteArray, Features, FloatArray, Placement

DIMENSIONS, LATENT_SIZE, MEAN, SD = 3, 16, 0.5, 2.0
SPREAD = np.array([2.0, 1.0, 0.1], np.float32)  # of the faces along each axis of the code


def some_weights(faces: int = 4000) -> InverterWeights:
    """A bank whose code is the first numbers of the vector, wide along one of them and narrow along another."""
    codes = np.random.default_rng(3).standard_normal((faces, DIMENSIONS)).astype(np.float32) * SPREAD
    return InverterWeights(
        mean=np.full(LAYOUT.size, MEAN, np.float32),
        sd=np.full(LAYOUT.size, SD, np.float32),
        projection=np.eye(LAYOUT.size, DIMENSIONS, dtype=np.float32),
        codes=codes,
        seeds=np.arange(faces, dtype=np.float32),
        following=np.zeros((DIMENSIONS, LATENT_SIZE), np.float32),
    )


def vector_of(*code: float) -> FloatArray:
    vector = np.full(LAYOUT.size, MEAN, np.float32)
    vector[:DIMENSIONS] += SD * np.array(code, np.float32)
    return vector


def face(vector: FloatArray) -> Features:
    return Features(vector, Placement(0.5, 0.45, 0.1, 0.0, 1.0), np.zeros((478, 3), np.float32), 0.0, 0.0, 0.0, 0)


def test_a_face_like_those_of_the_bank_is_left_as_it_is() -> None:
    weights = some_weights()
    reach = FeatureClamp(weights)
    for code in weights.codes[:50]:
        vector = vector_of(*code)
        assert reach(vector) is vector and reach.share == 1.0


def test_distance_is_in_the_spread_of_each_axis() -> None:
    reach = FeatureClamp(some_weights())
    for axis, spread in enumerate(SPREAD):
        code = np.zeros(DIMENSIONS)
        code[axis] = 2 * spread
        assert reach.distance(vector_of(*code)) == pytest.approx(2.0, rel=0.1)
    assert reach.furthest == pytest.approx(LEEWAY * 3.58, rel=0.05)  # chi of three, 99.5th percentile: 3.58


@pytest.mark.parametrize("code", [(0.0, 0.0, 1.0), (0.0, 4.9, 0.0), (4.0, 4.0, -0.9)])
def test_a_strange_face_is_brought_to_the_edge_in_its_own_direction(code: tuple[float, ...]) -> None:
    reach = FeatureClamp(some_weights())
    vector = vector_of(*code)
    assert reach.distance(vector) > reach.furthest
    near = reach(vector)
    assert reach.distance(near) == pytest.approx(reach.furthest, rel=0.02)
    moved, whole = near - MEAN, vector - MEAN
    assert 0 < reach.share < 1
    np.testing.assert_allclose(moved, reach.share * whole, rtol=1e-4, atol=1e-5)


def test_a_fault_in_one_number_does_not_carry_the_answer_away() -> None:
    reach = FeatureClamp(some_weights())
    near = reach(vector_of(0.0, 1e6, 0.0))
    assert reach.distance(near) == pytest.approx(reach.furthest, rel=0.02)
    assert np.isfinite(near).all()


def test_what_lies_on_either_side_of_the_edge_is_answered_alike() -> None:
    reach = FeatureClamp(some_weights())
    path = [reach(vector_of(0.0, 0.0, share)) for share in np.linspace(0.3, 0.8, 51)]
    steps = np.abs(np.diff(path, axis=0)).max(axis=1)
    assert steps.max() <= 0.0101 * SD


@pytest.mark.parametrize("faces", [1, 2, 3, SAMPLED_FACES + 1])
def test_a_bank_of_any_size_has_a_reach(faces: int) -> None:
    reach = FeatureClamp(some_weights(faces))
    assert np.isfinite(reach(vector_of(1.0, -2.0, 3.0))).all() and np.isfinite(reach.furthest)


def test_only_an_inverter_with_a_bank_has_a_reach() -> None:
    assert clamp_for(None) is None and clamp_for(object()) is None
    assert clamp_for(Inverter(some_weights(), {})) is not None


def test_a_viewer_is_as_unusual_as_they_were_although_the_answer_is_not() -> None:
    weights = some_weights()
    strange = vector_of(0.0, 4.9, 4.0)
    alone = Inverter(weights, {})
    alone(strange)
    asked: list[FloatArray] = []

    class Listening(Inverter):
        def __call__(self, vector: FloatArray, pixels: ByteArray | None = None) -> FloatArray:
            asked.append(vector)
            return super().__call__(vector)

    follower = LatentFollower(seed_latent(4, LATENT_SIZE), Listening(weights, {}), ReflectionSettings())
    latent = follower.follow(face(strange), 0.0, 0.0).latent
    reach = FeatureClamp(weights)
    assert reach.distance(asked[-1]) == pytest.approx(reach.furthest, rel=0.02)
    assert latent.typicality == pytest.approx(alone.typicality, rel=0.1)
