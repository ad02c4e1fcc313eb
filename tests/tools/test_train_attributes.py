"""`python -m tools.train_attributes`: learns what can be seen, says how sure it may be, refuses bad sets."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.networks.attributes.classifier import AttributeReader
from engine.types import ByteArray
from tests.tools.portraits import encode, label, write_clouds
from tools import train_attributes
from tools.attributes.augmentation import vary
from tools.attributes.calibration import (
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    reliability,
    score,
    softmax,
)
from tools.attributes.faces import FEWEST, MARGIN_PX, LabelledFaces, balanced_weights, held_out
from tools.dataset.portrait_set import Label, PortraitSet, write_portraits
from tools.train_attributes import main

SIDE_PX = 64 + 2 * MARGIN_PX
AGES = (40, 57, 70)


def mask(gender: str, age: int, seed: int) -> ByteArray:
    """A face (80, 80) for a network: dark hair around women's, and the older the more lines across the forehead."""
    random = np.random.default_rng(seed)
    face = np.full((SIDE_PX, SIDE_PX), random.integers(60, 110), np.uint8)
    if gender == "F":
        cv2.ellipse(face, (40, 45), (30, 38), 0, 0, 360, 10, -1)
    cv2.ellipse(face, (40, 45), (18, 25), 0, 0, 360, 190, -1)
    for line in range((age > 50) + (age > 65)):
        cv2.line(face, (28, 24 + 6 * line), (52, 24 + 6 * line), 60, 2)
    return np.clip(face + random.normal(0, 6, face.shape), 0, 255).astype(np.uint8)


def people(count: int) -> list[Label]:
    """A third are women; ages take turns among them all; every fifth is in `val`."""
    return [
        label(i, kind="modern", gender="F" if i % 3 == 0 else "M", age=AGES[(i // 3) % 3], file=f"{i}.png")
        for i in range(count)
    ]


def find_masks(portraits: PortraitSet) -> LabelledFaces:
    """In place of `find_faces`: FaceMesh takes no mask for a face."""
    return LabelledFaces(portraits.labels, portraits.pictures[..., 0])


def test_the_command_learns_what_can_be_seen_and_writes_weights_card_and_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data, folder = tmp_path / "masks.zip", tmp_path / "out"
    pictures = (mask(one.gender, one.age or 0, index) for index, one in enumerate(people(300)))
    write_portraits(
        data, ((one, encode(cv2.merge([each] * 3))) for one, each in zip(people(300), pictures, strict=True))
    )
    monkeypatch.setattr(train_attributes, "find_faces", find_masks)
    assert main(["--data", str(data), "--output", str(folder), "--epochs", "12"]) == 0
    card = capsys.readouterr().out
    assert sorted(path.name for path in folder.iterdir()) == ["card.md", "report.json", "weights.safetensors"]
    assert (folder / "card.md").read_text().strip() == card.strip()
    assert "masks.zip" in card and "upper bound" in card and str(tmp_path) not in card
    report = json.loads((folder / "report.json").read_text())
    assert report["faces"] == {"fit": 204, "calibration": 36, "val": 60}
    age, gender = report["questions"]
    assert sum(gender["trained_on"]) == 204 and gender["scores"]["all"]["count"] == 60
    assert all(each["nll"][1] <= each["nll"][0] for each in (age, gender))
    assert gender["scores"]["all"]["balanced_accuracy"] > 0.75, "of people it was not trained on; a guess has 0.5"
    reader = AttributeReader(folder / "weights.safetensors")
    told = [
        [reader(np.repeat(mask(gender, 57, seed)[8:-8, 8:-8, None], 3, axis=-1))["gender"][1] for gender in "MF"]
        for seed in range(3)
    ]
    assert np.mean(told, axis=0)[0] < 0.5 < np.mean(told, axis=0)[1]


def test_a_set_without_enough_of_a_class_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(train_attributes, "find_faces", find_masks)
    data = write_clouds(tmp_path / "clouds.zip", size_px=SIDE_PX)
    assert main(["--data", str(data), "--output", str(tmp_path / "out")]) == 4
    assert "clouds.zip cannot be used: of age" in capsys.readouterr().err
    assert main(["--data", str(tmp_path / "none.zip"), "--output", str(tmp_path / "out")]) == 4
    assert "there is no portrait set" in capsys.readouterr().err


def test_temperature_makes_a_boastful_classifier_honest() -> None:
    random = np.random.default_rng(2)
    honest = random.normal(0, 1, (4000, 3))
    classes = np.array([random.choice(3, p=each) for each in softmax(honest)])
    weights, boastful = np.ones(4000), 3 * honest
    temperature = fit_temperature(boastful, classes, weights)
    assert temperature == pytest.approx(3, rel=0.1)
    before, after = softmax(boastful), softmax(boastful / temperature)
    assert negative_log_likelihood(after, classes, weights) < negative_log_likelihood(before, classes, weights) - 0.1
    errors = [expected_calibration_error(reliability(each, classes, weights)) for each in (before, after)]
    assert errors[0] > 0.1 and errors[1] < 0.03
    assert fit_temperature(boastful, classes, np.zeros(4000)) == 1


def test_scores_of_a_known_case() -> None:
    probabilities = np.array([[0.9, 0.1]] * 8 + [[0.4, 0.6]] * 2)
    classes = np.array([0] * 6 + [1] * 4)  # all of the six are told rightly, and two of the four
    found = score(probabilities, classes)
    assert (found.count, found.counts, found.recalls) == (10, (6, 4), (1.0, 0.5))
    assert found.accuracy == pytest.approx(0.8) and found.balanced_accuracy == pytest.approx(0.75)
    assert found.interval[0] < 0.75 < found.interval[1]
    assert found.ece_as_counted == pytest.approx(0.8 * 0.15 + 0.2 * 0.4)
    assert found.ece == pytest.approx(0.75 * abs(0.9 - 0.5 / 0.75) + 0.25 * 0.4)
    assert sum(each.count for each in found.bins) == 10


def test_an_answer_that_is_right_for_a_few_is_not_taken_for_certain() -> None:
    few, many = (score(np.array([[0.9, 0.1]] * count), np.zeros(count, np.int64)).interval for count in (13, 1300))
    assert few[0] < 0.9 < 0.99 < many[0]


def test_classes_count_alike_within_each_kind_of_picture() -> None:
    kinds = ["modern"] * 30 + ["mono"] * 100 + ["colour"] * 20
    classes = np.array([0] * 20 + [1] * 10 + [0] * 90 + [1] * 10 + [0] * (21 - FEWEST) + [1] * (FEWEST - 1))
    weights = balanced_weights(classes, kinds, 2)
    for kind in ("modern", "mono"):
        chosen = np.array(kinds) == kind
        assert weights[chosen & (classes == 0)].sum() == pytest.approx(weights[chosen & (classes == 1)].sum())
    assert not weights[130:].any(), "too few of a class to tell it from its kind"
    assert weights[:30].sum() / weights[30:130].sum() == pytest.approx(30 * 1.0 / (100 * 0.1))
    assert weights.mean() == pytest.approx(1)
    assert not balanced_weights(np.full(150, -1), kinds, 2).any()


def test_nobody_is_on_both_sides() -> None:
    labels = [label(i, id=f"{i // 3}") for i in range(90)]
    chosen = held_out(labels, 0.2, 1)
    assert chosen.sum() == 18
    inside = {one.id for one, is_chosen in zip(labels, chosen, strict=True) if is_chosen}
    assert not inside & {one.id for one, is_chosen in zip(labels, chosen, strict=True) if not is_chosen}
    assert np.array_equal(chosen, held_out(labels, 0.2, 1)) and not np.array_equal(chosen, held_out(labels, 0.2, 2))


def test_what_the_record_does_not_say_counts_nothing() -> None:
    faces = LabelledFaces(
        tuple(
            label(i, gender=gender, age=age)
            for i, (gender, age) in enumerate([("", 49), ("F", 50), ("M", None), ("M", 65)])
        ),
        np.zeros((4, SIDE_PX, SIDE_PX), np.uint8),
    )
    assert faces.classes("gender").tolist() == [-1, 1, 0, 0] and faces.classes("age").tolist() == [0, 1, -1, 2]


def test_variations_show_the_same_face() -> None:
    labels = people(8)
    faces = LabelledFaces(tuple(labels), np.stack([mask(one.gender, one.age or 0, 1) for one in labels]))
    varied = vary(faces.greys, np.random.default_rng(0))
    assert varied.shape == (8, 64, 64) and varied.dtype == np.uint8
    assert not np.array_equal(varied, vary(faces.greys, np.random.default_rng(1)))
    likeness = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(varied, faces.squares, strict=True)]
    assert min(likeness) > 0.5
