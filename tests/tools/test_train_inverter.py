"""`python -m tools.train_inverter`: measures, file, messages; and that the shipped inverter knows its own faces."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.features.featurizer import LAYOUT
from engine.networks.inversion.inverter_file import read_inverter
from engine.networks.inversion.latent_bank import Bank, DrawnFaces
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import seed_latents
from engine.types import FloatArray
from tests.tiny_persona import write_tiny_persona
from tests.tools.drawn import fake_complete_bank, without_drawing
from tools import train_inverter
from tools.bank.builder import FaceDrawer
from tools.likeness.scale import LikenessScale
from tools.train_inverter import main

__all__ = ["without_drawing"]


def random_vectors(count: int, seed: int = 0) -> FloatArray:
    random = np.random.default_rng(seed)
    mix = random.standard_normal((30, LAYOUT.size))
    return (random.standard_normal((count, 30)) @ mix).astype(np.float32)


@pytest.mark.usefixtures("without_drawing")
def test_it_makes_an_inverter_and_tells_how_good_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    persona = Persona.open(write_tiny_persona(tmp_path / "tiny"))
    assert main(["--model", "tiny", "--count", "2000", "--workers", "1"], tmp_path) == 0
    said = capsys.readouterr().out
    assert "596 faces in the bank, found in 99.33% of the pictures drawn" in said
    assert "| this inverter | 100.0% |" in said and "| another random face |" in said
    inverter = read_inverter(persona.inverter_path, persona)
    likeness = inverter.likeness
    assert likeness["another random face"]["shape_rmse"] == pytest.approx(1.41, abs=0.15)
    assert likeness["the best constant face"]["shape_rmse"] == pytest.approx(1.0, abs=0.15)
    assert likeness["this inverter"]["shape_rmse"] < 0.95
    assert likeness["this inverter"]["count"] == 298


def test_no_faces_no_inverter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nothing_found(*arguments: object) -> DrawnFaces:
        faces = fake_complete_bank(*arguments)  # type: ignore[arg-type]
        return replace(faces, seeds=faces.seeds[:0], vectors=faces.vectors[:0], placements=faces.placements[:0])

    monkeypatch.setattr(train_inverter, "complete_bank", nothing_found)
    write_tiny_persona(tmp_path / "tiny")
    assert main(["--model", "tiny", "--count", "500"], tmp_path) == 5
    assert "draws no detectable faces" in capsys.readouterr().err
    assert not (tmp_path / "tiny" / "inverter.safetensors").exists()


def test_an_unknown_persona_and_a_count_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--model", "nobody"], tmp_path) == 5
    assert "there is no persona 'nobody'" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--model", "nobody", "--count", "0"], tmp_path)
    assert "must be between 1 and 10000000, not 0" in capsys.readouterr().err


def test_likeness_of_perfect_timid_exaggerated_and_missing_answers() -> None:
    scale = LikenessScale(random_vectors(3000))
    asked = random_vectors(200)
    perfect = scale.compare(asked, list(asked))
    assert (perfect.shape_rmse, perfect.colour_rmse, perfect.recall_at_1, perfect.found) == (0, 0, 1, 1)
    assert (perfect.shape_gain, perfect.colour_gain) == pytest.approx((1, 1))
    for gain in (0.5, 1.75):
        answers = scale.mean + gain * (asked - scale.mean)
        assert scale.compare(asked, list(answers)).shape_gain == pytest.approx(gain, rel=1e-3)
        assert scale.compare(asked, list(answers)).correlation["pose.yaw"] == pytest.approx(1, abs=1e-4)
    half = scale.compare(asked, [row if index % 2 else None for index, row in enumerate(asked)])
    assert (half.found, half.recall_at_1, half.shape_rmse) == (0.5, 0.5, 0)
    assert scale.compare(asked, [scale.mean] * 200).shape_rmse == pytest.approx(1, abs=0.1)


def test_a_drawn_face_is_answered_with_itself(models: Path) -> None:
    """Generator, features, bank and inverter of the persona that ships, from end to end."""
    persona = Persona.open(models / "portraits")
    inverter = read_inverter(persona.inverter_path, persona)
    seeds = [7, 432, 1543]
    with FaceDrawer(persona, threads=1) as drawer:
        faces = drawer.draw_and_measure(seed_latents(seeds, drawer.generator.latent_size))
    for seed, face in zip(seeds, faces, strict=True):
        assert face is not None
        inverter.reset()
        inverter(face.vector)
        assert inverter.neighbour_seed == seed
        assert abs(face.placement.x - persona.alignment.x) < 0.03


@pytest.fixture
def models() -> Path:
    return Path(__file__).resolve().parents[2] / "models"


def test_a_bank_is_not_drawn_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    persona = Persona.open(write_tiny_persona(tmp_path / "tiny"))
    bank = Bank(persona.folder / "bank", persona.generator_sha256)
    fake_complete_bank(persona, bank, [0, 1], 1, "")
    monkeypatch.setattr("tools.bank.builder._draw_shards", lambda *_: pytest.fail("drawn again"))
    assert len(train_inverter.complete_bank(persona, bank, [0, 1], 1, "bank")) == 298
