"""What is gained while a visitor stays: only what was seen to be better is kept, and it enters gently."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from engine.networks.inversion.broyden import BroydenModel
from engine.networks.pggan.latent_sphere import angle_deg, normalise, seed_latent
from engine.pipeline.latent_refinement import (
    FIRST_PERIOD_S,
    FURTHEST_DEG,
    FURTHEST_FROM_ENCODER_DEG,
    KNOWN_DEG,
    LONGEST_STEP_DEG,
    PATIENCE,
    PERIOD_S,
    LatentRefinement,
)
from engine.pipeline.time_budget import TimeBudget
from engine.types import FloatArray

SIZE, FEATURES = 64, 12
DT_S = 1 / 30
FRAMES = round(PERIOD_S / DT_S)  # from one chance to the next
MIXING = np.random.default_rng(0).standard_normal((FEATURES, SIZE)).astype(np.float32) / 8


def drawn(z: FloatArray) -> FloatArray:
    """Features of the face that a latent draws, not quite as the model has it."""
    return np.asarray(np.tanh(MIXING @ z) + 0.2, np.float32)


class Model:
    """An inverter that knows how a step changes the features, roughly; `direction` turns it round, for good."""

    def __init__(self, direction: float = 1.0) -> None:
        self._step_model = BroydenModel(direction * MIXING, 0.01)
        self._learns = direction > 0
        self.proposals = 0

    def refine(
        self, z: FloatArray, vector: FloatArray, came: FloatArray, exploration_noise: np.random.Generator | None = None
    ) -> FloatArray:
        self.proposals += exploration_noise is not None
        return normalise(z + self._step_model.step(z, vector - came, exploration_noise))

    def learn(self, z: FloatArray, came: FloatArray, tried: FloatArray, turned_out: FloatArray) -> None:
        if self._learns:
            self._step_model.learn(tried - z, turned_out - came)

    def compare(self, wanted: FloatArray, came: FloatArray) -> float:
        return float(1 - np.linalg.norm(wanted - came) / 4)


def stay(
    deepening: LatentRefinement, answer: FloatArray, wanted: FloatArray, chances: int
) -> tuple[list[FloatArray], int]:
    """What is shown, frame by frame, while a visitor has so many chances; and how many of them were taken."""
    shown, taken = [], 0
    for index in range(FRAMES * chances):
        shown.append(deepening.apply(answer, DT_S))
        if index % FRAMES == 0 and (attempt := deepening.propose(wanted, answer, 0.0)) is not None:
            deepening.learn(attempt, drawn(attempt.z))
            taken += 1
    return shown, taken


def test_the_likeness_grows_without_a_jump_and_stays_near_the_answer() -> None:
    model, answer, wanted = Model(), seed_latent(1, SIZE), drawn(seed_latent(2, SIZE))
    deepening = LatentRefinement(model)
    assert (deepening.progress, deepening.likeness) == (0.0, None)
    shown, _ = stay(deepening, answer, wanted, 40)
    likeness = [model.compare(wanted, drawn(z)) for z in shown]
    assert likeness[-1] > likeness[0] + 0.15
    assert deepening.likeness == pytest.approx(likeness[-1], abs=0.02)
    assert 0.5 < deepening.progress < 1
    assert max(angle_deg(a, b) for a, b in itertools.pairwise(shown)) < LONGEST_STEP_DEG / 8
    assert angle_deg(answer, shown[-1]) <= FURTHEST_DEG + 0.1


def test_what_is_worse_is_never_shown_and_is_tried_less_and_less() -> None:
    answer, wanted = seed_latent(1, SIZE), drawn(seed_latent(2, SIZE))
    model = Model(direction=-1.0)
    deepening = LatentRefinement(model)
    shown, taken = stay(deepening, answer, wanted, PATIENCE)
    assert max(angle_deg(answer, z) for z in shown) < 0.1 and deepening.progress > 0
    assert taken == PATIENCE and model.proposals == PATIENCE - 2, "the first measures, the second is the likeliest"
    shown, taken = stay(deepening, answer, wanted, 10 * PATIENCE)
    assert max(angle_deg(answer, z) for z in shown) < 0.1
    assert PATIENCE < taken < 5 * PATIENCE


def test_the_first_looks_follow_each_other_sooner() -> None:
    answer, wanted = seed_latent(1, SIZE), drawn(seed_latent(2, SIZE))
    deepening, now_s, looks_s = LatentRefinement(Model()), 0.0, []
    while now_s < 6:
        if deepening.is_due(now_s) and (attempt := deepening.propose(wanted, answer, now_s)) is not None:
            deepening.learn(attempt, drawn(attempt.z))
            looks_s.append(now_s)
        now_s += 0.01
    apart_s = np.diff(looks_s)
    np.testing.assert_allclose(apart_s[:9], FIRST_PERIOD_S, atol=0.011)
    assert apart_s[12:].min() > PERIOD_S - 0.011
    deepening.reset()
    assert deepening.is_due(0.0)


def test_a_face_that_is_not_found_is_refused() -> None:
    answer, wanted = seed_latent(1, SIZE), drawn(seed_latent(2, SIZE))
    deepening = LatentRefinement(Model())
    first = deepening.propose(wanted, answer, 0.0)
    assert first is not None and first.origin is None
    deepening.learn(first, None)
    assert deepening.likeness is None
    again = deepening.propose(wanted, answer, 0.0)
    assert again is not None and again.origin is None, "where one stands is not known yet"
    deepening.learn(again, drawn(again.z))
    trial = deepening.propose(wanted, answer, 0.0)
    assert trial is not None and trial.origin is not None
    deepening.learn(trial, None)
    assert angle_deg(answer, deepening.apply(answer, 10.0)) < 0.01


def test_where_the_answer_has_moved_its_face_is_measured_before_the_next_trial() -> None:
    wanted, answer = drawn(seed_latent(2, SIZE)), seed_latent(1, SIZE)
    deepening = LatentRefinement(Model())
    first = deepening.propose(wanted, answer, 0.0)
    assert first is not None
    deepening.learn(first, drawn(first.z))
    near, far = (normalise(answer + np.float32(t) * seed_latent(3, SIZE)) for t in (0.02, 0.1))
    assert angle_deg(answer, near) < KNOWN_DEG < angle_deg(answer, far)
    for moved, is_known in ((near, True), (far, False)):
        attempt = deepening.propose(wanted, moved, 0.0)
        assert attempt is not None and (attempt.origin is not None) == is_known


def test_what_was_found_for_one_answer_is_not_laid_on_another() -> None:
    answer, wanted = seed_latent(1, SIZE), drawn(seed_latent(2, SIZE))
    deepening = LatentRefinement(Model())
    stay(deepening, answer, wanted, 20)
    other = seed_latent(5, SIZE)
    for _ in range(90):
        shown = deepening.apply(other, DT_S)
    assert angle_deg(other, shown) < 1
    for _ in range(90):
        shown = deepening.apply(answer, DT_S)
    assert angle_deg(answer, shown) > 5, "and is there again when the head turns back"
    late = deepening.propose(wanted, answer, 0.0)
    deepening.reset()
    assert (deepening.apply(answer, DT_S) == answer).all() and deepening.progress == 0
    assert late is not None
    deepening.learn(late, drawn(late.z))
    assert deepening.likeness is None, "what was drawn for one visitor says nothing of the next"


def test_a_descent_learns_what_a_step_really_did() -> None:
    random = np.random.default_rng(4)
    really = random.standard_normal((4, SIZE)).astype(np.float32)
    step_model = BroydenModel(np.zeros_like(really), 0.1)
    z, missing = seed_latent(1, SIZE), np.float32([1, -1, 0.5, 0])
    assert not step_model.step(z, missing).any(), "it knows nothing"
    for _ in range(200):
        step = random.standard_normal(SIZE).astype(np.float32) / 10
        step_model.learn(step, really @ step)
    step = step_model.step(z, missing)
    np.testing.assert_allclose(really @ step, missing, atol=0.05)
    assert abs(step @ z) < 1e-3 * np.linalg.norm(step) * np.linalg.norm(z), "along the sphere"
    step_model.learn(np.zeros(SIZE, np.float32), missing)  # no step says nothing
    np.testing.assert_array_equal(step_model.step(z, missing), step)
    others = [step_model.step(z, missing, random) for _ in range(2)]
    assert angle_deg(others[0], others[1]) > 1 and (others[0] @ step) > 0


def test_there_is_time_for_more_only_where_the_rate_is_held() -> None:
    allowance = TimeBudget(every_s=0.5)
    for _ in range(100):
        allowance.worked(0.020, 1 / 30)
    assert allowance.permits
    allowance.spent(0.100)
    assert allowance.permits, "0.6 and a fifth of the time"
    allowance.spent(0.100, goes_on=True)
    assert not allowance.permits, "both steps of it count"
    late = TimeBudget(every_s=0.5)
    for _ in range(100):
        late.worked(0.034, 1 / 30)
    assert not late.permits


def test_the_answer_of_an_encoder_is_refined_near_by_only() -> None:
    answer, wanted = seed_latent(1, SIZE), drawn(seed_latent(2, SIZE))
    gone = {}
    for furthest_deg in (FURTHEST_DEG, FURTHEST_FROM_ENCODER_DEG):
        deepening = LatentRefinement(Model(), furthest_deg=furthest_deg)
        stay(deepening, answer, wanted, 60)
        gone[furthest_deg] = float(angle_deg(deepening.apply(answer, math.inf), answer))
    assert gone[FURTHEST_DEG] > 2 * FURTHEST_FROM_ENCODER_DEG
    assert 5 < gone[FURTHEST_FROM_ENCODER_DEG] < FURTHEST_FROM_ENCODER_DEG + 0.5
