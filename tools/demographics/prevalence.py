"""Prevalence of groups among unlabelled faces: an adjusted count with a confidence interval.

A classifier errs, and its errors do not cancel: of 90 men and 10 women it may call 15 women. The count is corrected by
the classifier's error rates on labelled people: adjusted classify-and-count (Forman 2008, "Quantifying counts and costs
via classification"), for several groups as in Hopkins and King (2010, "A method of automated nonparametric content
analysis for social science"). The result is about groups. A prediction for a single face is worth little, and none is
stored.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.types import FloatArray

FOLDS = 5
AXES = 200
STRENGTH = 0.1  # of the ridge, as a share of the summed weights; a third or three times this changes little
LEAST_DIFFERENCE = 0.1  # between the rates: a classifier that guesses cannot be corrected
FIRM_DIFFERENCE = 0.5  # between the rates: below it, the correction more than doubles unnoticed errors
ROUNDS = 1000  # bootstrap samples
CONFIDENCE = (2.5, 97.5)

Numbers = NDArray[np.float64]
Bits = NDArray[np.bool_]


@dataclass(frozen=True)
class Estimate:
    """Share, or difference of shares, with its 95 % interval."""

    value: float
    low: float
    high: float

    def minus(self, known: float) -> Estimate:
        """Difference from an exactly known number."""
        return Estimate(self.value - known, self.low - known, self.high - known)


@dataclass(frozen=True)
class Answers:
    """Predictions for labelled people, each from a classifier trained without that person.

    Attributes:
        truth: (N,) bool.
        says: (N,) bool.
        weights: (N,) sample weights.
        people: (N,) int, equal for all portraits of a person.
    """

    truth: Bits
    says: Bits
    weights: Numbers
    people: NDArray[np.int64]

    def rates(self) -> tuple[float, float]:
        """True and false positive rate."""
        inside, outside = self.weights @ self.truth, self.weights @ ~self.truth
        hits, false_alarms = self.weights @ (self.truth & self.says), self.weights @ (~self.truth & self.says)
        return float(hits / inside) if inside else math.nan, float(false_alarms / outside) if outside else math.nan

    @property
    def are_firm(self) -> bool:
        """Whether a count corrected with these predictions is reliable."""
        true_rate, false_rate = self.rates()
        return true_rate - false_rate >= FIRM_DIFFERENCE


class MainAxes:
    """Standardised principal components of the features.

    They make the classifiers fast and change their rates by a hundredth.

    Args:
        features: (N, F).
        weights: (N,) sample weights.
    """

    def __init__(self, features: FloatArray, weights: Numbers) -> None:
        share = (weights / weights.sum()).astype(np.float32)
        self._mean = share @ features
        self._sd = np.sqrt(share @ (features - self._mean) ** 2) + np.float32(1e-6)
        standard = (features - self._mean) / self._sd
        _, axes = np.linalg.eigh((standard * share[:, None]).T @ standard)
        self._axes: FloatArray = axes[:, ::-1][:, :AXES]  # largest first

    def __call__(self, features: FloatArray) -> FloatArray:
        """Project features (N, F) onto the axes: (N, AXES) or fewer."""
        return np.asarray((features - self._mean) / self._sd @ self._axes, np.float32)


class Ridge:
    """A linear classifier: ridge regression on balanced classes (Hoerl and Kennard 1970).

    Args:
        features: (N, F).
        truth: (N,) bool; both values must occur.
        weights: (N,) sample weights.
    """

    def __init__(self, features: FloatArray, truth: Bits, weights: Numbers) -> None:
        balanced = np.where(truth, weights / (weights @ truth), weights / (weights @ ~truth)) / 2
        self._mean = balanced @ features
        self._sd = np.sqrt(balanced @ (features - self._mean) ** 2) + 1e-6
        standard = (features - self._mean) / self._sd
        gram = standard.T @ (balanced[:, None] * standard)
        gram[np.diag_indices(len(gram))] += STRENGTH
        self._slopes = np.linalg.solve(gram, standard.T @ (balanced * np.where(truth, 1.0, -1.0)))

    def __call__(self, features: FloatArray) -> Bits:
        """Whether each of (N, F) is classified as the group."""
        return np.asarray((features - self._mean) / self._sd @ self._slopes > 0)


def cross_validate(features: FloatArray, truth: Bits, weights: Numbers, people: Sequence[str]) -> Answers:
    """Predictions for labelled people, in five folds by person.

    Args:
        features: (N, F).
        truth: (N,) bool.
        weights: (N,).
        people: (N,) ids.
    """
    folds = np.array([int.from_bytes(hashlib.sha256(person.encode()).digest()[8:12], "big") for person in people])
    says = np.zeros(len(truth), np.bool_)
    for fold in range(FOLDS):
        left_out = folds % FOLDS == fold
        if left_out.any():
            kept = ~left_out
            says[left_out] = Ridge(features[kept], truth[kept], weights[kept])(features[left_out])
    return Answers(truth, says, weights, np.unique(people, return_inverse=True)[1].astype(np.int64))


def adjusted_share(counted: float, true_rate: float, false_rate: float) -> float:
    """Share of a group, corrected from the share `counted` by the classifier's rates; NaN if these hardly differ."""
    if not true_rate - false_rate > LEAST_DIFFERENCE:
        return math.nan
    return float(np.clip((counted - false_rate) / (true_rate - false_rate), 0, 1))


def corrected_shares(counted: Numbers, confusion: Numbers) -> Numbers:
    """Shares of B bands that best explain the counts; for two bands, the result of `adjusted_share`.

    Least squares over non-negative shares that sum to one, as in Hopkins and King (2010).

    Args:
        counted: (B,) share counted in each band.
        confusion: (B, B) for those in a band, the share counted in each.
    """
    from scipy.optimize import nnls

    sum_counts = 1e3  # weight of the constraint that the sum is one
    return np.asarray(nnls(np.vstack([confusion.T, np.full(len(counted), sum_counts)]), [*counted, sum_counts])[0])


def estimate_bands(answers: Sequence[Answers], counted: NDArray[np.bool_], seed: int = 0) -> list[Estimate]:
    """Shares of bands among unlabelled faces, with bootstrap intervals over these and over the labelled people.

    The predictions for all thresholds together assign each face to a band; the counts are then corrected by the
    confusion matrix of the labelled people.

    Args:
        answers: predictions for each threshold, for the same labelled people, in ascending order.
        counted: (thresholds, M) whether each unlabelled face is above each threshold.
        seed: seed of the bootstrap.
    """
    bands = len(answers) + 1
    cells = np.sum([each.truth for each in answers], axis=0) * bands + np.sum([each.says for each in answers], axis=0)
    weights, people = answers[0].weights, answers[0].people
    crowd, number = counted.sum(axis=0), int(people.max()) + 1

    def shares(chosen: NDArray[np.int64], weights: Numbers) -> Numbers:
        joint = np.bincount(cells, weights, bands * bands).reshape(bands, bands)
        confusion = joint / np.maximum(joint.sum(axis=1, keepdims=True), 1e-12)
        return corrected_shares(np.bincount(chosen, minlength=bands) / len(chosen), confusion)

    random = np.random.default_rng(seed)
    value = shares(crowd, weights)
    rounds = []
    for _ in range(ROUNDS):
        times = np.bincount(random.integers(number, size=number), minlength=number)
        rounds.append(shares(random.choice(crowd, len(crowd)), weights * times[people]))
    low, high = np.percentile(rounds, CONFIDENCE, axis=0)
    return [Estimate(float(v), float(a), float(b)) for v, a, b in zip(value, low, high, strict=True)]


def counted_share(hits: int, count: int) -> Estimate:
    """Share that was counted without error, with Wilson's score interval (1927)."""
    if not count:
        return Estimate(math.nan, math.nan, math.nan)
    z, share = 1.959964, hits / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return Estimate(share, max(0.0, middle - half), min(1.0, middle + half))
