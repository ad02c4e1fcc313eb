"""An encoder that answers, and a bank that judges its answers."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import ModelError
from engine.networks.inversion.encoder import FaceEncoder
from engine.networks.inversion.encoder_inverter import EncoderInverter, RefiningEncoder
from engine.networks.inversion.inverter_file import need_inverter, open_inverter, write_inverter
from engine.networks.inversion.retrieval_inverter import Inverter
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import angle_deg, normalise, seed_latent
from engine.types import ByteArray, FloatArray
from tests.networks.inversion.test_retrieval_inverter import LATENT_SIZE, some_weights, vector_of
from tests.tiny_encoder import MODELS, add_tiny_encoder
from tests.tiny_persona import write_tiny_persona

SQUARE = np.zeros((128, 128, 3), np.uint8)


def looking_at(seeds: list[int]) -> FaceEncoder:
    """An encoder that answers with the latents of some seeds in turn, whatever it sees."""
    answers = iter(seeds)

    def look(pixels: ByteArray) -> FloatArray:
        return seed_latent(next(answers), LATENT_SIZE)[None]

    return FaceEncoder(look, LATENT_SIZE)


def test_the_last_answer_stands_while_a_face_cannot_be_looked_at() -> None:
    inverter = EncoderInverter(looking_at([1, 2, 3]))
    vector = vector_of(np.zeros(6, np.float32))
    assert np.allclose(inverter(vector, SQUARE), seed_latent(1, LATENT_SIZE))
    assert np.allclose(inverter(vector), seed_latent(1, LATENT_SIZE))
    assert np.allclose(inverter(vector, SQUARE), seed_latent(2, LATENT_SIZE))
    inverter.reset()
    with pytest.raises(ValueError, match="has not seen a face"):
        inverter(vector)


def test_a_bank_says_how_usual_a_viewer_is_and_how_alike_an_answer() -> None:
    weights = some_weights()
    usual, odd = vector_of(weights.codes.mean(axis=0)), vector_of(np.full(6, 8, np.float32))
    inverter = RefiningEncoder(looking_at([1000, 1000, 1001]), Inverter(weights, {}))
    inverter(usual, SQUARE)
    assert inverter.typicality > 0.9
    inverter(odd, SQUARE)
    assert inverter.typicality < 0.2
    own = vector_of(weights.codes[1])  # of the face that the seed 1001 draws
    inverter(own, SQUARE)
    assert inverter.nearness > Inverter(weights, {}).compare(own, vector_of(weights.codes[0])) - 0.3
    assert inverter.compare(own, own) == 1.0


def test_what_steps_taught_is_forgotten_far_from_where_they_were_made() -> None:
    weights = some_weights()
    bank = Inverter(weights, {})
    inverter = RefiningEncoder(looking_at([1, 2]), bank)
    wanted, came = vector_of(weights.codes[3]), vector_of(weights.codes[4])
    z = seed_latent(1, LATENT_SIZE)
    first = inverter.refine(z, wanted, came)
    inverter.learn(z, came, first, wanted)
    learned = inverter.refine(z, wanted, came)
    assert angle_deg(first, learned) > 0.1
    inverter.refine(normalise(-z), wanted, came)
    assert np.allclose(inverter.refine(z, wanted, came), first)


def test_a_persona_is_answered_for_by_what_it_has(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = write_tiny_persona(tmp_path / "tiny")
    bare = Persona.open(folder)
    with caplog.at_level(logging.WARNING):
        assert open_inverter(bare) is None
    assert "has no inverter and ignores visitors" in caplog.text
    with pytest.raises(ModelError, match=r"no encoder either: run `python -m tools\.train_inverter --model tiny"):
        need_inverter(bare)
    persona = add_tiny_encoder(folder)
    assert type(need_inverter(persona)) is EncoderInverter
    write_inverter(persona.inverter_path, some_weights(), persona, {})
    assert isinstance(open_inverter(persona), RefiningEncoder)
    persona.encoder_path.unlink()
    assert isinstance(open_inverter(persona), Inverter)


def test_the_encoder_that_ships_fits_its_persona_and_is_good() -> None:
    shipped = Persona.open(MODELS / "portraits")
    assert isinstance(need_inverter(shipped), RefiningEncoder)
    for path in (shipped.encoder_path, shipped.inverter_path, shipped.generator_path):
        assert path.stat().st_size < 16 * 2**20
    measured = json.loads((shipped.folder / "likeness.json").read_text("utf-8"))
    assert measured["generator_sha256"] == shipped.generator_sha256
    assert measured["figures"]["recall_at_1"] >= 0.7 and measured["figures"]["gain.shape"] >= 0.75
