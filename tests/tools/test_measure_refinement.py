"""`python -m tools.measure_refinement`, end to end on drawn boards in place of faces, and its answers to bad input."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tiny_persona import write_tiny_persona
from tests.tools.drawn import PaintingDrawer, without_drawing
from tools import measure_refinement, train_inverter
from tools.likeness import refinement_trial
from tools.measure_refinement import main

__all__ = ["without_drawing"]


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_drawing: None) -> Path:
    write_tiny_persona(tmp_path / "tiny")
    write_tiny_persona(tmp_path / "bare")
    assert train_inverter.main(["--model", "tiny", "--count", "1000", "--workers", "1"], tmp_path) == 0
    monkeypatch.setattr(measure_refinement, "FaceDrawer", PaintingDrawer)
    return tmp_path


def numbers(line: str) -> list[float]:
    return [float(cell) for cell in line.split("|")[2:-1]]


def test_the_likeness_of_those_who_stay_grows(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--model", "tiny", "--count", "4"], models) == 0
    lines = {line.split("|")[1].strip(): line for line in capsys.readouterr().out.splitlines() if line.startswith("|")}
    grown, kept = numbers(lines["likeness, deepening"]), numbers(lines["likeness, without"])
    assert len(grown) == len(kept) == len(refinement_trial.MARKS_S)
    assert kept[0] == pytest.approx(kept[-1], abs=0.01)
    assert grown[0] > kept[0] + 0.05, "it begins while the face arrives"
    assert grown[-1] > grown[0]
    assert numbers(lines["error, deepening"])[-1] < numbers(lines["error, without"])[-1]


def test_bad_input_is_one_sentence(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--model", "bare"], models) != 0
    assert "tools.train_inverter --model bare" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--model", "tiny", "--count", "1"], models)
    assert "must be between 3 and 1000, not 1" in capsys.readouterr().err
