"""How large the share of a group is in a crowd that nobody has labelled: an adjusted count with its interval.

A classifier errs, and its errors do not cancel: of 90 men and 10 women it may call 15 women. What it counts is
corrected by how often it is right and wrong on people who are known: adjusted classify-and-count (Forman 2008,
"Quantifying counts and costs via classification"), for several groups as by Hopkins and King (2010, "A method of
automated nonparametric content analysis for social science"). The result is about groups. What the classifier says of
one face is worth little, and nothing here keeps it.
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
STRENGTH = 0.1  # of the ridge, as a share of the summed weights; a third and three times as much change little
LEAST_DIFFERENCE = 0.1  # between the rates: a classifier that guesses corrects nothing
FIRM_DIFFERENCE = 0.5  # between the rates: below it, the correction more than doubles any error that nobody notices
ROUNDS = 1000  # of the bootstrap
CONFIDENCE = (2.5, 97.5)

Numbers = NDArray[np.float64]
Bits = NDArray[np.bool_]


@dataclass(frozen=True)
class Estimate:
    """A share, or a difference of shares, with its 95 % interval."""

    value: float
    low: float
    high: float

    def minus(self, known: float) -> Estimate:
        """The difference to a number that is known exactly."""
        return Estimate(self.value - known, self.low - known, self.high - known)


@dataclass(frozen=True)
class Answers:
    """What a classifier says of people who are known, each answer from one that was trained without that person.

    Attributes:
        truth: (N,) bool.
        says: (N,) bool.
        weights: (N,) how much each counts.
        people: (N,) int, the same for all portraits of a person.
    """

    truth: Bits
    says: Bits
    weights: Numbers
    people: NDArray[np.int64]

    def rates(self) -> tuple[float, float]:
        """Share of the group, and of the others, that is counted as the group: true and false positive rate."""
        inside, outside = self.weights @ self.truth, self.weights @ ~self.truth
        hits, false_alarms = self.weights @ (self.truth & self.says), self.weights @ (~self.truth & self.says)
        return float(hits / inside) if inside else math.nan, float(false_alarms / outside) if outside else math.nan

    @property
    def are_firm(self) -> bool:
        """Whether a count that is corrected with these answers can be trusted."""
        true_rate, false_rate = self.rates()
        return true_rate - false_rate >= FIRM_DIFFERENCE


class MainAxes:
    """What most of the differences between people lie along: standardised principal components.

    They make the classifiers fast and change their rates by a hundredth.

    Args:
        features: (N, F).
        weights: (N,) of each.
    """

    def __init__(self, features: FloatArray, weights: Numbers) -> None:
        share = (weights / weights.sum()).astype(np.float32)
        self._mean = share @ features
        self._sd = np.sqrt(share @ (features - self._mean) ** 2) + np.float32(1e-6)
        standard = (features - self._mean) / self._sd
        _, axes = np.linalg.eigh((standard * share[:, None]).T @ standard)
        self._axes: FloatArray = axes[:, ::-1][:, :AXES]  # largest first

    def __call__(self, features: FloatArray) -> FloatArray:
        """Where people (N, F) stand on the axes, (N, AXES) or fewer."""
        return np.asarray((features - self._mean) / self._sd @ self._axes, np.float32)


class Ridge:
    """A linear classifier: ridge regression on balanced classes (Hoerl and Kennard 1970).

    Args:
        features: (N, F).
        truth: (N,) bool; both values must occur.
        weights: (N,) of each.
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
        """Whether each of (N, F) is counted as the group."""
        return np.asarray((features - self._mean) / self._sd @ self._slopes > 0)


def cross_validate(features: FloatArray, truth: Bits, weights: Numbers, people: Sequence[str]) -> Answers:
    """Answers about people who are known, in five folds by person.

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
    """The share of a group of which `counted` were counted, by the classifier's rates; NaN if these hardly differ."""
    if not true_rate - false_rate > LEAST_DIFFERENCE:
        return math.nan
    return float(np.clip((counted - false_rate) / (true_rate - false_rate), 0, 1))


def corrected_shares(counted: Numbers, confusion: Numbers) -> Numbers:
    """The shares of B bands that explain best what was counted; of two bands, those of `adjusted_share`.

    Least squares over shares that are not negative and sum to one, as Hopkins and King (2010) solve it.

    Args:
        counted: (B,) share of the crowd that is counted in each band.
        confusion: (B, B) of those who are in a band, the share that is counted in each.
    """
    from scipy.optimize import nnls

    sum_counts = 1e3  # so much more than a share, that the sum is one
    return np.asarray(nnls(np.vstack([confusion.T, np.full(len(counted), sum_counts)]), [*counted, sum_counts])[0])


def estimate_bands(answers: Sequence[Answers], counted: NDArray[np.bool_], seed: int = 0) -> list[Estimate]:
    """Shares of bands in an unlabelled crowd, with bootstrap intervals over the crowd and over the known people.

    The answers for all thresholds together say in which band somebody is counted; what is counted in each band is then
    corrected by how those who are known to be in a band are spread over all of them.

    Args:
        answers: of each threshold's classifier, about the same people who are known, in rising order.
        counted: (thresholds, M) whether each of the crowd is counted above each threshold.
        seed: of the bootstrap.
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
    """A share that was counted without error, with Wilson's score interval (1927)."""
    if not count:
        return Estimate(math.nan, math.nan, math.nan)
    z, share = 1.959964, hits / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return Estimate(share, max(0.0, middle - half), min(1.0, middle + half))
