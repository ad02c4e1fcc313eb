"""The oracle: it finds what a generator can draw, within its draws, and says when there is no face."""

from __future__ import annotations

import numpy as np
import pytest

from engine.networks.inversion.latent_bank import Bank
from engine.networks.inversion.retrieval_inverter import InverterWeights
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import seed_latents
from engine.types import Features, FloatArray
from tests.tiny_persona import write_tiny_persona
from tests.tools.drawn import fake_complete_bank, features_of
from tools.inverter_training.fitting import fit
from tools.likeness.figures import error
from tools.likeness.scale import LikenessScale
from tools.likeness.search_bound import Oracle, nearest_seeds


class Draws:
    """Counts what is drawn."""

    def __init__(self, *, blind: bool = False) -> None:
        self.count, self._is_blind = 0, blind

    def __call__(self, z: FloatArray) -> list[Features | None]:
        self.count += len(z)
        np.testing.assert_allclose(np.linalg.norm(z, axis=1), 4, rtol=1e-4)  # on the sphere
        return [None if self._is_blind else features_of(row) for row in z]


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> tuple[InverterWeights, LikenessScale]:
    persona = Persona.open(write_tiny_persona(tmp_path_factory.mktemp("models") / "tiny"))
    faces = fake_complete_bank(persona, Bank(persona.folder / "bank", persona.generator_sha256), [0, 1], 1, "")
    scale = LikenessScale(faces.vectors)
    return fit(faces, 16, scale), scale


def test_it_finds_a_face_that_no_bank_holds(bank: tuple[InverterWeights, LikenessScale]) -> None:
    weights, scale = bank
    measure = Draws()
    wanted = seed_latents([10_000_000], 16)
    asked = features_of(wanted[0]).vector
    near = seed_latents(nearest_seeds(weights, asked, 1), 16)
    nearest = error(scale, asked[None], features_of(near[0]).vector[None])
    best = Oracle(weights, measure, scale)(asked, seed_latents([5], 16)[0], np.random.default_rng(0))
    assert measure.count == 200
    assert error(scale, asked[None], best[None]) < 0.5 * nearest


def test_it_is_never_worse_than_the_answer(bank: tuple[InverterWeights, LikenessScale]) -> None:
    weights, scale = bank
    answer = seed_latents([10_000_001], 16)[0]
    asked = features_of(answer).vector
    best = Oracle(weights, Draws(), scale, draws=8)(asked, answer, np.random.default_rng(0))
    np.testing.assert_array_equal(best, asked)


def test_a_generator_without_faces_has_no_best_one(bank: tuple[InverterWeights, LikenessScale]) -> None:
    weights, scale = bank
    z = seed_latents([1], 16)[0]
    best = Oracle(weights, Draws(blind=True), scale, draws=30)(features_of(z).vector, z, np.random.default_rng(0))
    assert np.isnan(best).all()


def test_the_nearest_seed_of_a_face_of_the_bank_is_its_own(bank: tuple[InverterWeights, LikenessScale]) -> None:
    weights, _ = bank
    seed = int(weights.seeds[17])
    assert nearest_seeds(weights, features_of(seed_latents([seed], 16)[0]).vector, 3)[0] == seed
