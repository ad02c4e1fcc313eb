"""An encoder is fitted through a generator that stays as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.networks.inversion.encoder_file import read_encoder
from engine.networks.persona import Persona
from tests.tiny_encoder import MODELS
from tests.tiny_persona import write_tiny_persona
from tests.tools.gan.tiny import tiny_looks
from tools import train_inverter
from tools.inverter_training import encoder_command


@pytest.mark.timeout(600)  # JAX compiles the step, in ten seconds of a processor that has nothing else to do
def test_an_encoder_is_fitted_through_a_generator_that_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "features").symlink_to(MODELS / "features", target_is_directory=True)
    persona = Persona.open(write_tiny_persona(tmp_path / "tiny", resolution=8))
    before = persona.generator_path.read_bytes()
    monkeypatch.setattr(encoder_command, "read_looks", tiny_looks)
    monkeypatch.setattr(encoder_command, "SHOWN_EVERY", 6)
    monkeypatch.setattr(encoder_command, "judging_faces", lambda *_: None)
    monkeypatch.setattr(encoder_command, "write_judging_bank", lambda *_: None)  # it draws clouds, and no faces
    command = ["--model", "tiny", "--kind", "encoder", "--steps", "24"]
    assert train_inverter.main(command, tmp_path) == 0
    told = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("step ")]
    find = [float(words[words.index("find") + 1]) for words in told]
    assert len(find) == 4 and find[-1] < find[0] - 0.05, "random latents are found again"
    contents = read_encoder(persona.encoder_path, persona)
    assert contents.face_look is not None and contents.arrays["latent.weight"].shape == (16, 1024)
    assert np.isfinite(contents.arrays["direct.weight"]).all()
    assert persona.generator_path.read_bytes() == before
