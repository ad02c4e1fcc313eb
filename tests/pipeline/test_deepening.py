"""What is gained while a visitor stays: only what was seen to be better is kept, and it enters gently."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from engine.networks.latents import angle_deg, normalise, seed_latent
from engine.pipeline.allowance import Allowance
from engine.pipeline.deepening import FURTHEST_DEG, LONGEST_STEP_DEG, SHORTEST_STEP_DEG, Deepening
from engine.types import FloatArray

SIZE, FEATURES = 64, 12
DT_S = 1 / 30
MIXING = np.random.default_rng(0).standard_normal((FEATURES, SIZE)).astype(np.float32) / 8


def drawn(z: FloatArray) -> FloatArray:
    """Features of the face that a latent draws, not quite as the model has it."""
    return np.asarray(np.tanh(MIXING @ z) + 0.2, np.float32)


class Model:
    """An inverter that knows how a step changes the features, roughly; `direction` turns it round."""

    def __init__(self, direction: float = 1.0) -> None:
        self._back = direction * np.linalg.pinv(MIXING).astype(np.float32)

    def refine(self, z: FloatArray, vector: FloatArray, steps: int, came: FloatArray) -> FloatArray:
        return normalise(z + self._back @ (vector - came))

    def compare(self, wanted: FloatArray, came: FloatArray) -> float:
        return float(1 - np.linalg.norm(wanted - came) / 4)


def stay(deepening: Deepening, answer: FloatArray, wanted: FloatArray, looks: int) -> list[FloatArray]:
    """What is shown, frame by frame, while a visitor stays for that many halves of a second."""
    shown = []
    for index in range(15 * looks):
        shown.append(deepening.apply(answer, DT_S))
        if index % 15 == 14:
            deepening.look(wanted, answer, shown[-1], drawn(shown[-1]))
        elif deepening.trial is not None:
            deepening.judge(drawn(deepening.trial.z))
    return shown


def test_the_likeness_grows_without_a_jump_and_stays_near_the_answer() -> None:
    model, answer, wanted = Model(), seed_latent(1, SIZE), drawn(seed_latent(2, SIZE))
    deepening = Deepening(model)
    assert (deepening.progress, deepening.likeness) == (0.0, None)
    shown = stay(deepening, answer, wanted, 16)
    likeness = [model.compare(wanted, drawn(z)) for z in shown]
    assert likeness[-1] > likeness[0] + 0.15
    assert deepening.likeness == pytest.approx(likeness[-1], abs=0.02)
    assert 0.5 < deepening.progress < 1
    assert max(angle_deg(a, b) for a, b in itertools.pairwise(shown)) < LONGEST_STEP_DEG / 8
    assert angle_deg(answer, shown[-1]) <= FURTHEST_DEG + 0.1


def test_what_is_worse_is_never_shown_and_is_given_up() -> None:
    answer, wanted = seed_latent(1, SIZE), drawn(seed_latent(2, SIZE))
    deepening = Deepening(Model(direction=-1.0))
    shown = stay(deepening, answer, wanted, 12)
    assert max(angle_deg(answer, z) for z in shown) < 0.1
    assert deepening.trial is None and deepening.progress > 0
    deepening.look(wanted, answer, answer, drawn(answer))
    assert deepening.trial is None, "the shortest step has failed"
    elsewhere = seed_latent(3, SIZE)
    deepening.look(wanted, elsewhere, elsewhere, drawn(elsewhere))
    assert deepening.trial is not None, "but for another answer it may help"
    assert angle_deg(elsewhere, deepening.trial.z) > SHORTEST_STEP_DEG


def test_a_trial_without_a_face_is_refused_and_a_moving_face_is_not_learnt_from() -> None:
    answer, wanted = seed_latent(1, SIZE), drawn(seed_latent(2, SIZE))
    deepening = Deepening(Model())
    deepening.look(wanted, answer, seed_latent(4, SIZE), drawn(answer))
    assert deepening.trial is None and deepening.likeness is not None
    deepening.look(wanted, answer, answer, drawn(answer))
    deepening.judge(None)
    assert angle_deg(answer, deepening.apply(answer, 10.0)) < 0.01
    deepening.judge(drawn(answer))  # there is no trial: nothing happens


def test_what_was_found_for_one_answer_is_not_laid_on_another() -> None:
    answer, wanted = seed_latent(1, SIZE), drawn(seed_latent(2, SIZE))
    deepening = Deepening(Model())
    stay(deepening, answer, wanted, 8)
    other = seed_latent(5, SIZE)
    for _ in range(90):
        shown = deepening.apply(other, DT_S)
    assert angle_deg(other, shown) < 1
    for _ in range(90):
        shown = deepening.apply(answer, DT_S)
    assert angle_deg(answer, shown) > 5, "and is there again when the head turns back"
    deepening.reset()
    assert (deepening.apply(answer, DT_S) == answer).all() and deepening.progress == 0


def test_there_is_time_for_more_only_where_the_rate_is_held() -> None:
    allowance = Allowance(every_s=0.5)
    for _ in range(100):
        allowance.worked(0.020, 1 / 30)
    assert allowance.permits
    allowance.spent(0.100)
    assert allowance.permits, "0.6 and a fifth of the time"
    allowance.spent(0.100, goes_on=True)
    assert not allowance.permits, "both steps of it count"
    late = Allowance(every_s=0.5)
    for _ in range(100):
        late.worked(0.034, 1 / 30)
    assert not late.permits
