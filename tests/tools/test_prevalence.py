"""Adjusted counts: shares that nobody labelled are found again, with intervals that say how sure that is."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tools.demographics import prevalence
from tools.demographics.prevalence import (
    Answers,
    Ridge,
    adjusted_share,
    corrected_shares,
    counted_share,
    cross_validate,
    estimate_bands,
)


def people(count: int, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Features (N, 12) of people of two overlapping groups, and whether each is in the first."""
    random = np.random.default_rng(seed)
    truth = random.random(count) < share
    features = random.standard_normal((count, 12)) + truth[:, None] * np.linspace(0, 1, 12)
    return features.astype(np.float32), truth


def test_the_correction_is_formans() -> None:
    assert adjusted_share(0.3, 0.9, 0.1) == pytest.approx(0.25)
    assert adjusted_share(0.05, 0.9, 0.1) == 0 and adjusted_share(0.95, 0.9, 0.1) == 1
    assert math.isnan(adjusted_share(0.5, 0.55, 0.5)) and math.isnan(adjusted_share(0.5, math.nan, 0.5))


@pytest.mark.parametrize("share", [0.05, 0.3, 0.8])
def test_a_known_mixture_is_found_again_although_the_classifier_errs(share: float) -> None:
    features, truth = people(3000, 0.5, seed=1)
    weights = np.random.default_rng(2).choice([0.1, 1.0], len(truth))
    answers = cross_validate(features, truth, weights, [str(index) for index in range(len(truth))])
    crowd, crowd_truth = people(4000, share, seed=3)
    counted = Ridge(features, truth, weights)(crowd)
    low, high = estimate_bands([answers], counted[None])
    assert low.value + high.value == pytest.approx(1)
    assert high.value == pytest.approx(crowd_truth.mean(), abs=0.035)
    assert high.low < crowd_truth.mean() < high.high and 0.02 < high.high - high.low < 0.15
    if share < 0.1:
        assert counted.mean() > 2 * crowd_truth.mean()  # which is why it is corrected
    assert answers.are_firm and 0.1 < answers.rates()[1] < 0.2


def test_a_share_of_a_tenth_is_within_its_interval_as_often_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prevalence, "ROUNDS", 200)
    features, truth = people(800, 0.4, seed=4)
    weights = np.ones(len(truth))
    classifier = Ridge(features, truth, weights)
    answers = cross_validate(features, truth, weights, [str(index) for index in range(len(truth))])
    inside = 0
    for seed in range(20):
        crowd, crowd_truth = people(500, 0.1, seed=100 + seed)
        estimate = estimate_bands([answers], classifier(crowd)[None], seed)[1]
        inside += estimate.low <= crowd_truth.mean() <= estimate.high
    assert inside >= 17


def test_a_person_is_never_judged_by_a_classifier_that_has_seen_her() -> None:
    random = np.random.default_rng(0)
    features = np.repeat(random.standard_normal((60, 40)), 4, axis=0).astype(np.float32)  # four portraits each
    truth = np.repeat(random.random(60) < 0.5, 4)  # at random: nothing can be learnt but by heart
    people = [str(index // 4) for index in range(240)]
    true_rate, false_rate = cross_validate(features, truth, np.ones(240), people).rates()
    assert abs(true_rate - false_rate) < 0.35
    by_heart = Ridge(features, truth, np.ones(240))(features)
    assert (by_heart == truth).mean() > 0.85


def test_rates_are_weighted() -> None:
    answers = Answers(
        np.array([True, True, False, False]),
        np.array([True, False, True, False]),
        np.array([3.0, 1.0, 1.0, 1.0]),
        np.arange(4),
    )
    assert answers.rates() == (0.75, 0.5)


def test_bands_are_corrected_together() -> None:
    confusion = np.array([[0.8, 0.2, 0.0], [0.2, 0.5, 0.3], [0.0, 0.1, 0.9]])
    shares = np.array([0.1, 0.6, 0.3])
    assert corrected_shares(shares @ confusion, confusion) == pytest.approx(shares, abs=1e-3)
    impossible = corrected_shares(np.array([0.9, 0.1, 0.0]), confusion)
    assert impossible.sum() == pytest.approx(1) and (impossible >= 0).all()
    two = np.array([[0.9, 0.1], [0.2, 0.8]])
    assert corrected_shares(np.array([0.6, 0.4]), two)[1] == pytest.approx(adjusted_share(0.4, 0.8, 0.1), abs=1e-3)


def test_counts_have_wilsons_interval() -> None:
    estimate = counted_share(10, 100)  # 5.5 % to 17.4 %, as in the textbooks
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((0.1, 0.0552, 0.1744), abs=1e-4)
    assert counted_share(0, 50).low == 0 and 0.05 < counted_share(0, 50).high < 0.08
    assert math.isnan(counted_share(0, 0).value)
