"""Calibration of classifiers: temperature scaling, calibration error, and accuracy.

After Guo et al., "On Calibration of Modern Neural Networks", ICML 2017. Faces are weighted, because in a portrait set
the classes are far from balanced. Knows no network and no portraits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Classes = NDArray[np.int64]

TEMPERATURES = np.geomspace(0.2, 10.0, 400)
BINS = 10
RESAMPLES, INTERVAL = 10_000, (2.5, 97.5)


@dataclass(frozen=True)
class Bin:
    """Predictions of similar confidence.

    Attributes:
        low, high: range of the highest probability.
        count: number of predictions.
        confidence, accuracy: weighted means, equal for a calibrated classifier; 0 in an empty bin.
        share: share of the total weight.
    """

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float
    share: float


@dataclass(frozen=True)
class Scores:
    """Performance on one question for a set of faces.

    Attributes:
        count: number of faces with a known class.
        counts: number per class.
        recalls: recall per class; NaN for absent classes.
        accuracy: share of correct predictions.
        balanced_accuracy: mean of `recalls`; guessing has 1 / classes.
        interval: 95 % interval of the balanced accuracy, from the beta distribution of each recall with Jeffreys' prior
                (Brown, Cai and DasGupta 2001); it stays wide where a few faces were all predicted correctly.
        ece: expected calibration error, with equal weight per class.
        ece_as_counted: the same with equal weight per face.
        bins: reliability diagram, with equal weight per class.
    """

    count: int
    counts: tuple[int, ...]
    recalls: tuple[float, ...]
    accuracy: float
    balanced_accuracy: float
    interval: tuple[float, float]
    ece: float
    ece_as_counted: float
    bins: tuple[Bin, ...]


def softmax(logits: NDArray[np.floating[Any]]) -> Numbers:
    """Softmax of logits (N, C): probabilities (N, C)."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def negative_log_likelihood(probabilities: Numbers, classes: Classes, weights: Numbers) -> float:
    """Weighted mean of -ln p of the true class (N,); weights (N,) may be 0 but not all of them."""
    true = probabilities[np.arange(len(classes)), classes]
    return float(weights @ -np.log(np.maximum(true, 1e-12)) / weights.sum())


def fit_temperature(logits: NDArray[np.floating[Any]], classes: Classes, weights: Numbers) -> float:
    """Temperature that maximises the likelihood of the true classes, given logits (N, C); 1 if none are known."""
    if not weights.any():
        return 1.0
    losses = [negative_log_likelihood(softmax(logits / each), classes, weights) for each in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def reliability(probabilities: Numbers, classes: Classes, weights: Numbers) -> tuple[Bin, ...]:
    """Bin predictions by their highest probability, in bins of equal width; weights (N,) have a positive sum."""
    confidence, is_right = probabilities.max(axis=1), probabilities.argmax(axis=1) == classes
    places = np.minimum((confidence * BINS).astype(int), BINS - 1)
    bins = []
    for place in range(BINS):
        chosen = places == place
        weight = float(weights[chosen].sum())
        mean_confidence, right = (
            float(weights[chosen] @ values[chosen]) / weight if weight else 0.0 for values in (confidence, is_right)
        )
        share = weight / float(weights.sum())
        bins.append(Bin(place / BINS, (place + 1) / BINS, int(chosen.sum()), mean_confidence, right, share))
    return tuple(bins)


def expected_calibration_error(bins: tuple[Bin, ...]) -> float:
    """Expected calibration error: mean difference between confidence and accuracy over bins."""
    return sum(each.share * abs(each.confidence - each.accuracy) for each in bins)


def score(probabilities: Numbers, classes: Classes, seed: int = 0) -> Scores:
    """Compare probabilities (N, C) with true classes (N,), all known, at least one face."""
    says, class_count = probabilities.argmax(axis=1), probabilities.shape[1]
    counts = np.bincount(classes, minlength=class_count)
    by_class = [says[classes == number] == number for number in range(class_count)]
    recalls = [float(right.mean()) if len(right) else float("nan") for right in by_class]
    alike = 1 / counts[classes]
    bins = reliability(probabilities, classes, alike)
    as_counted = reliability(probabilities, classes, np.ones(len(classes)))
    return Scores(
        count=len(classes),
        counts=tuple(int(count) for count in counts),
        recalls=tuple(recalls),
        accuracy=float((says == classes).mean()),
        balanced_accuracy=float(np.nanmean(recalls)),
        interval=_interval([right for right in by_class if len(right)], seed),
        ece=expected_calibration_error(bins),
        ece_as_counted=expected_calibration_error(as_counted),
        bins=bins,
    )


def _interval(by_class: list[NDArray[np.bool_]], seed: int) -> tuple[float, float]:
    random = np.random.default_rng(seed)
    drawn = [random.beta(right.sum() + 0.5, (~right).sum() + 0.5, RESAMPLES) for right in by_class]
    low, high = np.percentile(np.mean(drawn, axis=0), INTERVAL)
    return float(low), float(high)
