"""`python -m tools.import_pggan`: a pickle becomes a persona that opens and draws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.networks.persona import Persona, load_discriminator
from engine.networks.pggan.architecture import DiscriminatorSettings, GeneratorSettings
from engine.networks.pggan.weight_file import read_network
from engine.types import Alignment
from tests.tiny_persona import random_arrays
from tests.tools.model_import.official_files import official_pickle, official_state, official_triple
from tools import import_pggan
from tools.reporting.contact_sheet import shrink

G, D = GeneratorSettings(16, fmap_base=64, fmap_max=6), DiscriminatorSettings(16, fmap_base=64, fmap_max=6)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for models; faces are not looked for, since a random network draws none."""
    monkeypatch.setattr(import_pggan, "measure_alignment", lambda _: None)
    return tmp_path / "models"


def test_a_pickle_becomes_a_persona(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file.pkl").write_bytes(official_triple(G, D))
    assert import_pggan.main([str(tmp_path / "file.pkl"), "--name", "old-master"], run) == 0
    said = capsys.readouterr().out
    assert "Gs: G_paper, 16x16 px, latent 6, " in said
    assert "taken: Gs and D" in said
    persona = Persona.open(run / "old-master")
    assert persona.settings == G
    assert persona.alignment == Alignment()
    assert load_discriminator(persona.folder / "discriminator.safetensors").settings == D
    assert "| Gs | G_paper | 16 | 6 |" in (persona.folder / "card.md").read_text()
    sheet = np.asarray(Image.open(persona.folder / "contact_sheet.png"))
    assert sheet.shape[2] == 3
    assert sheet.std() > 10
    assert [path.name for path in run.iterdir()] == ["old-master"]


def test_a_generator_alone_is_enough(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "g.pkl").write_bytes(official_pickle([official_state("mine", G, random_arrays(G))]))
    assert import_pggan.main([str(tmp_path / "g.pkl"), "--name", "alone"], run) == 0
    assert "taken: mine, no discriminator" in capsys.readouterr().out
    assert not (run / "alone" / "discriminator.safetensors").exists()
    _, arrays = read_network(run / "alone" / "generator.safetensors", GeneratorSettings)
    assert np.array_equal(arrays["ToRGB_lod0/weight"], random_arrays(G)["ToRGB_lod0/weight"])


def test_a_persona_is_never_replaced(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "portraits").mkdir(parents=True)
    (tmp_path / "file.pkl").write_bytes(official_triple(G, D))
    assert import_pggan.main([str(tmp_path / "file.pkl"), "--name", "portraits"], run) == 5
    assert "portraits exists already: choose another --name, or remove it first" in capsys.readouterr().err
    assert list((run / "portraits").iterdir()) == []


def test_pictures_on_the_sheet_are_averaged_down() -> None:
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[::2] = 200
    assert shrink(picture, 100) is picture
    assert shrink(picture, 16).shape == (16, 16, 3)
    assert (shrink(picture, 32) == 100).all()
