"""`python -m tools.reflect --looks`: more faces drawn aside find a better likeness. Drawn boards stand for faces."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import seed_latents
from tests.tiny_persona import write_tiny_persona
from tests.tools.drawn import PaintingDrawer, without_drawing
from tools import reflect, train_inverter

__all__ = ["without_drawing"]

VIEWERS = 4


def apart(models: Path, viewers: Path, output: Path, looks: int) -> float:
    """How far the reflections' features are from the viewers', on average."""
    arguments = [str(viewers), "--output", str(output), "--model", "tiny", "--looks", str(looks)]
    assert reflect.main(arguments, models) == 0
    document = json.loads((output / "reflect.json").read_text("utf-8"))
    assert document["looks"] == looks and len(document["pictures"]) == VIEWERS
    return float(np.mean([sum(picture["distances"].values()) for picture in document["pictures"]]))


def test_more_looks_find_a_better_likeness(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_drawing: None
) -> None:
    models, viewers = tmp_path / "models", tmp_path / "viewers"
    viewers.mkdir()
    persona = Persona.open(write_tiny_persona(models / "tiny"))
    assert train_inverter.main(["--model", "tiny", "--count", "1000", "--workers", "1"], models) == 0
    monkeypatch.setattr(reflect, "FaceDrawer", PaintingDrawer)
    boards = PaintingDrawer(persona).draw(seed_latents(range(50_000_000, 50_000_000 + VIEWERS), 16))
    for index, board in enumerate(boards):
        Image.fromarray(board[:, ::-1]).save(viewers / f"{index}.png")
    at_once, few, many = (apart(models, viewers, tmp_path / f"out{looks}", looks) for looks in (0, 5, 40))
    assert few < 0.95 * at_once and many < 0.6 * at_once


def test_a_number_of_looks_that_makes_no_sense_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        reflect.main(["in", "--output", "out", "--looks", "-1"])
    assert "--looks: must be between 0 and 1000, not -1" in capsys.readouterr().err
