"""What the first trial gains, and that the trainer keeps whichever refinement gains more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.networks.generator.trunk import Trunk
from engine.networks.inversion.inverter_file import read_inverter
from engine.networks.inversion.refining_inverter import RefiningInverter
from engine.networks.inversion.retrieval_inverter import Inverter
from engine.networks.persona import Persona
from engine.networks.pggan.architecture import GeneratorSettings
from engine.networks.pggan.weight_file import read_network
from engine.types import Features, FloatArray
from tests.tiny_persona import write_tiny_persona
from tests.tools import drawn
from tests.tools.drawn import FakeDrawer, without_drawing
from tools.inverter_training.fitting import fit
from tools.inverter_training.refinement_check import FirstTrial, measure_first_trial
from tools.likeness.scale import LikenessScale
from tools.train_inverter import main

__all__ = ["without_drawing"]


@pytest.mark.usefixtures("without_drawing")
def test_the_linear_model_stays_where_it_is_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    persona = Persona.open(write_tiny_persona(tmp_path / "tiny"))
    assert main(["--model", "tiny", "--count", "1000", "--workers", "1"], tmp_path) == 0
    assert "| linear model |" in capsys.readouterr().out
    assert type(read_inverter(persona.inverter_path, persona)) is Inverter


@pytest.mark.usefixtures("without_drawing")
def test_the_layers_take_its_place_where_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    persona = Persona.open(write_tiny_persona(tmp_path / "tiny", resolution=32))
    trunk = Trunk(*read_network(persona.generator_path, GeneratorSettings))
    mix = np.random.default_rng(4).standard_normal((trunk.size, 16)).astype(np.float32) / 8
    features_of = drawn.features_of

    def of_the_trunk(z: FloatArray, *more: object) -> Features:
        """A face whose features are sums of activations, which are no sums of its latent."""
        return features_of(trunk(z[None])[0] @ mix, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(drawn, "features_of", of_the_trunk)
    assert main(["--model", "tiny", "--count", "2000", "--workers", "1"], tmp_path) == 0
    assert isinstance(read_inverter(persona.inverter_path, persona), RefiningInverter)


def test_faces_that_are_not_found_gain_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    persona = Persona.open(write_tiny_persona(tmp_path / "tiny"))
    vectors = np.stack([drawn.features_of(z).vector for z in np.random.default_rng(1).standard_normal((200, 16))])
    faces = drawn.collect(range(200), [replace(drawn.features_of(np.zeros(16)), vector=row) for row in vectors])
    inverter = Inverter(fit(faces, 16, LikenessScale(vectors)), {})
    drawer = FakeDrawer(persona)
    monkeypatch.setattr(drawer, "draw_and_measure", lambda z: [None] * len(z))
    assert measure_first_trial(inverter, drawer, vectors[:5]) == FirstTrial(0.0, 0.0, 5)  # type: ignore[arg-type]
