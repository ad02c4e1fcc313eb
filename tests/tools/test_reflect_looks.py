"""`python -m tools.reflect --looks`: more faces drawn aside find a better likeness. Drawn boards stand for faces."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import seed_latents
from engine.types import ByteArray, Features
from tests.tiny_encoder import add_tiny_encoder
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


@pytest.mark.parametrize(
    ("side_px", "shown", "said"),
    [
        (32.0, 1.0, "the face is too small: the square around it is 32 px wide"),
        (200.0, 0.4, "the face is cut off by the edge of the picture"),
    ],
)
def test_a_face_that_an_encoder_cannot_look_at_is_told_and_listed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    side_px: float,
    shown: float,
    said: str,
) -> None:
    class FarAway(PaintingDrawer):
        def measure(self, picture: ByteArray) -> Features | None:
            face = super().measure(picture)
            assert face is not None and face.crop is not None
            return replace(face, crop=replace(face.crop, side_px=side_px, shown=shown))

    persona = add_tiny_encoder(write_tiny_persona(tmp_path / "models" / "tiny"))
    monkeypatch.setattr(reflect, "FaceDrawer", FarAway)
    Image.fromarray(PaintingDrawer(persona).draw(seed_latents([1], 16))[0]).save(tmp_path / "viewer.png")
    arguments = [str(tmp_path / "viewer.png"), "--output", str(tmp_path / "out"), "--model", "tiny"]
    assert reflect.main(arguments, tmp_path / "models") == 4
    assert said in capsys.readouterr().err
    assert said in json.loads((tmp_path / "out" / "reflect.json").read_text("utf-8"))["pictures"][0]["error"]


def test_an_encoder_without_a_bank_answers_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    persona = add_tiny_encoder(write_tiny_persona(tmp_path / "models" / "tiny"))
    monkeypatch.setattr(reflect, "FaceDrawer", PaintingDrawer)
    Image.fromarray(PaintingDrawer(persona).draw(seed_latents([1], 16))[0]).save(tmp_path / "viewer.png")
    arguments = [str(tmp_path / "viewer.png"), "--output", str(tmp_path / "out"), "--model", "tiny"]
    assert reflect.main(arguments, tmp_path / "models") == 0
    (picture,) = json.loads((tmp_path / "out" / "reflect.json").read_text("utf-8"))["pictures"]
    assert picture["neighbour_seed"] is None and picture["distances"] is None and len(picture["latent"]) == 16
