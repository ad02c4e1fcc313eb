"""Shares of groups in a portrait set and among drawn faces.

Gender, age and period of portraits are known from labels; for drawn faces they are estimated
(`tools.demographics.prevalence`). Colour and skin tone are measured for both. Does not know how the shares are shown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.types import FloatArray
from tools.dataset.portrait_set import KIND_WEIGHTS, Label
from tools.demographics.faces import Crowd
from tools.demographics.prevalence import (
    Answers,
    Estimate,
    MainAxes,
    Ridge,
    adjusted_share,
    counted_share,
    cross_validate,
    estimate_bands,
)
from tools.demographics.skin_tone import BANDS, band_of

FEWEST_KNOWN = 20  # portraits on either side of a threshold, in `train`

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Question:
    """Property of portraits known from labels, divided into bands.

    Attributes:
        name: name of the property.
        value: value in a label, None if unknown.
        thresholds: ascending; a band starts at its threshold.
        bands: names of the bands, one more than there are thresholds.
    """

    name: str
    value: Callable[[Label], float | None]
    thresholds: tuple[float, ...]
    bands: tuple[str, ...]


QUESTIONS = (
    Question("gender", lambda label: {"M": 0.0, "F": 1.0}.get(label.gender), (0.5,), ("men", "women")),
    Question("age", lambda label: label.age, (50, 65), ("under 50", "50 to 64", "65 and over")),
    Question(
        "period",
        lambda label: label.year,
        (1900, 1950, 2000),
        ("before 1900", "1900 to 1949", "1950 to 1999", "2000 and after"),
    ),
)


@dataclass(frozen=True)
class Row:
    """Share of a group.

    Attributes:
        question, band: identify the group.
        portraits: number of portraits in the data.
        share: share of the portraits for which it is known.
        seen: the same, weighted by sampling probability in training.
        drawn: share of the drawn faces; None if it cannot be estimated.
    """

    question: str
    band: str
    portraits: int
    share: float
    seen: float
    drawn: Estimate | None

    @property
    def difference(self) -> Estimate | None:
        """Drawn minus seen."""
        return None if self.drawn is None else self.drawn.minus(self.seen)


@dataclass(frozen=True)
class Check:
    """Performance of a threshold's classifier on people it was not trained on.

    Attributes:
        question, group: e.g. `age`, `65 and over`: everyone from the threshold up.
        true_rate, false_rate: in weighted cross-validation on `train`; used for the correction.
        hits, misses, false_alarms, others: numbers of portraits in `val`.
        truth, counted, corrected: share of the group in `val`, weighted as in training.
        seen_counted, drawn_counted: uncorrected counted shares, in `train` (weighted) and among the drawn faces.
    """

    question: str
    group: str
    true_rate: float
    false_rate: float
    hits: int
    misses: int
    false_alarms: int
    others: int
    truth: float
    counted: float
    corrected: float
    seen_counted: float
    drawn_counted: float = math.nan

    @property
    def accuracy(self) -> float:
        """Share of correct predictions in `val`."""
        total = self.hits + self.misses + self.false_alarms + self.others
        return (self.hits + self.others) / total if total else math.nan

    @property
    def balanced_accuracy(self) -> float:
        """Mean of the shares of correct predictions for the group and for the others."""
        inside, outside = self.hits + self.misses, self.others + self.false_alarms
        return (self.hits / inside + self.others / outside) / 2 if inside and outside else math.nan


class Known:
    """Measured portraits with labels.

    Args:
        labels: labels of all measured pictures.
        crowd: measurements of the same pictures.
    """

    def __init__(self, labels: Sequence[Label], crowd: Crowd) -> None:
        self.labels = [label for label, is_found in zip(labels, crowd.found, strict=True) if is_found]
        self.crowd = crowd
        self.weights: Numbers = np.array([KIND_WEIGHTS[label.kind] for label in self.labels], np.float64)
        self.is_train = np.array([label.split == "train" for label in self.labels], np.bool_)

    @cached_property
    def axes(self) -> MainAxes:
        """Principal axes of `train`, weighted."""
        return MainAxes(self.crowd.features[self.is_train], self.weights[self.is_train])

    @cached_property
    def features(self) -> FloatArray:
        """Classifier inputs (N, F)."""
        return self.axes(self.crowd.features)

    def values(self, question: Question) -> Numbers:
        """Label values (N,), NaN if unknown."""
        found = [question.value(label) for label in self.labels]
        return np.array([math.nan if value is None else value for value in found], np.float64)


def answer(question: Question, known: Known, drawn: Crowd) -> tuple[list[Row], list[Check]]:
    """Shares of a question's bands, and the reliability of the estimates."""
    values = known.values(question)
    shown = known.is_train & np.isfinite(values)
    bands = np.sum(values[shown, None] >= np.array(question.thresholds), axis=1)
    unknown: list[Estimate | None] = [None] * len(question.bands)
    answers, counted, checks = [], [], []
    drawn_features = known.axes(drawn.features)
    for number, threshold in enumerate(question.thresholds):
        truth = values[shown] >= threshold
        if min(truth.sum(), (~truth).sum()) < FEWEST_KNOWN:
            return _rows(question.name, question.bands, bands, known.weights[shown], unknown), []
        people = [label.id for label, is_shown in zip(known.labels, shown, strict=True) if is_shown]
        answers.append(cross_validate(known.features[shown], truth, known.weights[shown], people))
        classifier = Ridge(known.features[shown], truth, known.weights[shown])
        counted.append(classifier(drawn_features))
        group = question.bands[number + 1] if number + 2 == len(question.bands) else f"{threshold:g} and over"
        check = _check(question.name, group, threshold, values, known, classifier, answers[-1])
        checks.append(replace(check, drawn_counted=float(counted[-1].mean())))
    estimates = estimate_bands(answers, np.array(counted)) if all(each.are_firm for each in answers) else unknown
    return _rows(question.name, question.bands, bands, known.weights[shown], estimates), checks


def _check(
    name: str, group: str, threshold: float, values: Numbers, known: Known, classifier: Ridge, answers: Answers
) -> Check:
    held_out = ~known.is_train & np.isfinite(values)
    truth, weights = values[held_out] >= threshold, known.weights[held_out]
    says = classifier(known.features[held_out])
    total = float(weights.sum()) or math.nan
    counted, rates = float(weights @ says) / total, answers.rates()
    return Check(
        question=name,
        group=group,
        true_rate=rates[0],
        false_rate=rates[1],
        hits=int((truth & says).sum()),
        misses=int((truth & ~says).sum()),
        false_alarms=int((~truth & says).sum()),
        others=int((~truth & ~says).sum()),
        truth=float(weights @ truth) / total,
        counted=counted,
        corrected=adjusted_share(counted, *rates),
        seen_counted=float(answers.weights @ answers.says / answers.weights.sum()),
    )


def measured_rows(known: Known, drawn: Crowd) -> list[Row]:
    """Rows for colour, and for the bands of skin tone in coloured pictures, measured in both groups."""
    weights = known.weights[known.is_train]
    coloured = known.crowd.coloured[known.is_train]
    names = ("black and white, or single-toned", "with colours")
    estimates = [counted_share(int((drawn.coloured == value).sum()), len(drawn)) for value in (False, True)]
    rows = _rows("picture", names, coloured.astype(np.intp), weights, estimates)
    shown, drawn_ita = known.crowd.ita_deg[known.is_train], drawn.ita_deg
    measured, drawn_bands = np.isfinite(shown), band_of(drawn_ita[np.isfinite(drawn_ita)])
    counts = np.bincount(drawn_bands, minlength=len(BANDS))
    estimates = [counted_share(int(count), int(counts.sum())) for count in counts]
    return rows + _rows("skin tone", BANDS, band_of(shown[measured]), weights[measured], estimates)


def _rows(
    question: str,
    names: Sequence[str],
    bands: NDArray[np.intp],
    weights: Numbers,
    estimates: Sequence[Estimate | None],
) -> list[Row]:
    counts = np.bincount(bands, minlength=len(names))
    weighted = np.bincount(bands, weights, len(names))
    return [
        Row(
            question=question,
            band=name,
            portraits=int(counts[index]),
            share=float(counts[index] / max(1, counts.sum())),
            seen=float(weighted[index] / max(1e-12, weighted.sum())),
            drawn=estimate,
        )
        for index, (name, estimate) in enumerate(zip(names, estimates, strict=True))
    ]
