"""The baseline of a likeness: what is written and read, what counts as worse; and the persona that ships keeps up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.core.errors import ModelError
from engine.networks.inversion.retrieval_inverter import Inverter
from engine.networks.persona import Persona
from engine.types import FloatArray
from tests.tiny_persona import write_tiny_persona
from tests.tools.drawn import PaintingDrawer, without_drawing
from tools import train_inverter
from tools.bank.builder import FaceDrawer
from tools.likeness.baseline import (
    GAIN_TOLERANCE,
    TOLERANCES,
    measure_baseline,
    read_baseline,
    what_became_worse,
    write_baseline,
)

__all__ = ["without_drawing"]


@pytest.fixture
def persona(tmp_path: Path, without_drawing: None) -> Persona:
    """A tiny persona with an inverter."""
    persona = Persona.open(write_tiny_persona(tmp_path / "tiny"))
    assert train_inverter.main(["--model", "tiny", "--count", "1000", "--workers", "1"], tmp_path) == 0
    return persona


def test_the_persona_that_ships_is_as_good_as_when_it_was_made() -> None:
    """Where this fails after a change that is meant: `python -m tools.evaluate --model portraits --baseline`."""
    persona = Persona.open(Path(__file__).resolve().parents[3] / "models" / "portraits")
    before = read_baseline(persona)
    with FaceDrawer(persona, threads=1) as drawer:
        now = measure_baseline(persona, drawer)
    assert what_became_worse(before, now) == []


def test_what_is_written_is_read_and_nothing_became_worse(persona: Persona) -> None:
    figures = measure_baseline(persona, PaintingDrawer(persona))
    write_baseline(persona, figures)
    assert read_baseline(persona) == pytest.approx(figures, rel=1e-5)  # six digits are written
    assert what_became_worse(read_baseline(persona), figures) == []
    assert set(figures) > set(TOLERANCES) and {"gain.shape", "gain.colour"} < set(figures)
    assert not list(persona.folder.glob("*.partial"))


def test_an_inverter_that_answers_with_the_wrong_faces_is_noticed(
    persona: Persona, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = measure_baseline(persona, PaintingDrawer(persona))
    nearest = Inverter._nearest

    def tenth_nearest(inverter: Inverter, distances: FloatArray) -> int:
        distances[np.argsort(distances)[:10]] = 1e9
        return nearest(inverter, distances)

    monkeypatch.setattr(Inverter, "_nearest", tenth_nearest)
    worse = " / ".join(what_became_worse(before, measure_baseline(persona, PaintingDrawer(persona))))
    assert "rmse.shape was" in worse and "recall_at_1 was" in worse


@pytest.mark.parametrize("name", [*TOLERANCES, "gain.pose"])
def test_each_figure_may_become_better_but_hardly_worse(name: str) -> None:
    was = 0.8
    worse = -GAIN_TOLERANCE if name == "gain.pose" else TOLERANCES[name]
    assert what_became_worse({name: was}, {name: was + 0.9 * worse}) == []
    assert what_became_worse({name: was}, {name: was - 3 * np.sign(worse) * abs(worse)}) == []
    assert name in what_became_worse({name: was}, {name: was + 1.1 * worse})[0]
    assert "cannot be measured now" in what_became_worse({name: was}, {name: None})[0]
    assert what_became_worse({name: None}, {name: was}) == []


def test_an_exaggerated_gain_is_worse_too() -> None:
    assert what_became_worse({"gain.pose": 0.9}, {"gain.pose": 1.1}) == []
    assert len(what_became_worse({"gain.pose": 0.9}, {"gain.pose": 1.15})) == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (None, "likeness.json is missing"),
        ("{", "likeness.json cannot be read"),
        ({"figures": [1]}, "likeness.json is damaged"),
        ({"generator_sha256": "other"}, "measured with another generator sha256"),
        ({"count": 7}, "measured with another count"),
    ],
)
def test_a_baseline_that_does_not_fit_is_refused(persona: Persona, change: Any, sentence: str) -> None:
    path = persona.folder / "likeness.json"
    write_baseline(persona, {"nme": 0.1})
    if change is None:
        path.unlink()
    elif isinstance(change, str):
        path.write_text(change)
    else:
        path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ModelError, match=f"{sentence}.*run `python -m tools.evaluate --model tiny --baseline`"):
        read_baseline(persona)
