"""Model card of the age and gender network in Markdown, and the same numbers as JSON.

Describes groups and no person; knows no network.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tools.attributes.calibration import Bin, Scores

ABOUT = """\
# Age and gender, read from a face

A network of {parameters:,} numbers sees a face, 64x64 px in grey, and gives probabilities of an age and of a gender.
The mirror averages them over a visit and shows them in the scene `measurement`. They are also four of the features of
a face (docs/features.md), which an inverter may use; the one that ships does not. `persona: {{attributes: false}}` in
config.yaml switches it off; the four features are then uniform. Visitors must be informed.

Written by `python -m tools.train_attributes --data {data} --epochs {epochs} --seed {seed}`. SHA-256 of the weights:
`{weights}`.

## What it cannot do

- It was trained on members of one country's parliament, in flattering portraits. It has seen almost nobody under 30
  and no children, and gives them an age all the same. It has not been tested on visitors in front of a webcam.
- *Gender* is the public record of a member, in two words. What the network recognises is how such people were
  photographed: hair, make-up, beard. It says nothing about who somebody is, and there is no third answer.
- *Age* is the recorded age at the member's last congress, an upper bound: the person in the picture may be years
  younger. It is unreliable: see below how often it is correct, compared with guessing.
- Most faces are of men: read the balanced accuracy, not the accuracy. Make no decision about a person with it.
- No network here infers descent, and none may.

## Data

`{data}` (SHA-256 `{data_sha256}`). Trained on {fit} faces of the split `train`; the temperature was fitted to
{calibration} others, of other people (temperature scaling, Guo et al. 2017); all figures below are for the split `val`,
again other people. Classes have equal weight in training, also within each kind of picture: otherwise old photographs,
which nearly always show men, would mean "male".
"""


@dataclass(frozen=True)
class Question:
    """Performance on one question.

    Attributes:
        name, classes: of the question.
        trained_on: number of training faces per class.
        temperature: divisor of the logits.
        nll: on the calibration faces, before and after scaling.
        scores: scores by group of faces; `all` and, if there are any, recent colour photographs alone.
    """

    name: str
    classes: tuple[str, ...]
    trained_on: tuple[int, ...]
    temperature: float
    nll: tuple[float, float]
    scores: Mapping[str, Scores]


@dataclass(frozen=True)
class Training:
    """Result of a training run.

    Attributes:
        data, data_sha256: portrait set.
        weights_sha256, parameters: weights written.
        epochs, seed: of the training.
        faces: number of faces found for `fit`, `calibration` and `val`.
        questions: in the order of `ANSWERS`.
    """

    data: str
    data_sha256: str
    weights_sha256: str
    parameters: int
    epochs: int
    seed: int
    faces: Mapping[str, int]
    questions: tuple[Question, ...]


def to_json(training: Training) -> str:
    """All numbers; undefined ones are null."""
    return json.dumps(_without_nan(asdict(training)), indent=1) + "\n"


def to_markdown(training: Training) -> str:
    """Model card in Markdown."""
    text = ABOUT.format(
        parameters=training.parameters,
        data=training.data,
        data_sha256=training.data_sha256[:12],
        weights=training.weights_sha256[:12],
        epochs=training.epochs,
        seed=training.seed,
        fit=training.faces["fit"],
        calibration=training.faces["calibration"],
    )
    parts = [text, _summary(training)]
    for question in training.questions:
        parts += [f"## {question.name.capitalize()}", _classes(question)]
        parts += [_reliability(question.scores["all"].bins)]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _summary(training: Training) -> str:
    rows = [
        "## How well",
        "",
        "| | faces | accuracy | balanced accuracy | by guessing | calibration error | as counted | temperature |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for question in training.questions:
        for what, scores in question.scores.items():
            low, high = scores.interval
            rows.append(
                f"| {question.name}, {what} | {scores.count} | {_percent(scores.accuracy)} "
                f"| {_percent(scores.balanced_accuracy)} ({_percent(low)} to {_percent(high)}) "
                f"| {_percent(1 / len(question.classes))} | {scores.ece:.3f} | {scores.ece_as_counted:.3f} "
                f"| {question.temperature:.2f} |"
            )
    note = (
        "In brackets: 95 % intervals. *Calibration error* is the mean distance between how probable an answer was\n"
        "said to be and how often it was right, where classes count alike. So the network is trained and\n"
        "calibrated: before it has looked, one answer is as likely as another. *As counted* is the same where each\n"
        "face counts alike."
    )
    return "\n".join(rows) + f"\n\n{note}"


def _classes(question: Question) -> str:
    trained, scores = sum(question.trained_on), question.scores["all"]
    rows = ["| class | trained on | share | in `val` | share | told rightly |", "|---|---|---|---|---|---|"]
    for name, many, count, recall in zip(
        question.classes, question.trained_on, scores.counts, scores.recalls, strict=True
    ):
        rows.append(
            f"| {name} | {many} | {_percent(many / max(1, trained))} | {count} | {_percent(count / scores.count)} "
            f"| {_percent(recall)} |"
        )
    before, after = question.nll
    rows += [
        "",
        f"The temperature took the negative log-likelihood of those held out for it from {before:.3f} to {after:.3f}.",
    ]
    return "\n".join(rows)


def _reliability(bins: tuple[Bin, ...]) -> str:
    rows = ["| said | faces | mean of what was said | was right |", "|---|---|---|---|"]
    rows += [
        f"| {each.low:.1f} to {each.high:.1f} | {each.count} | {each.confidence:.2f} | {each.accuracy:.2f} |"
        for each in bins
        if each.count
    ]
    return "\n".join(rows)


def _percent(share: float) -> str:
    return "-" if math.isnan(share) else f"{100 * share:.1f} %"


def _without_nan(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_nan(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value
