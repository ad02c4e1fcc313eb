"""The inverter: who answers, how the answer moves, and what is said about files that do not fit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import ModelError
from engine.features.featurizer import LAYOUT
from engine.features.layout import FeatureGroup, Predecessor
from engine.networks.inversion import inverter_file
from engine.networks.inversion.inverter_file import read_inverter, write_inverter
from engine.networks.inversion.retrieval_inverter import (
    SEARCH_EVERY,
    SWITCH_CONFIRMATIONS,
    WARMUP_CALLS,
    Inverter,
    InverterWeights,
)
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import angle_deg, seed_latent
from engine.types import FloatArray
from tests.tiny_persona import write_tiny_persona

DIMENSIONS, LATENT_SIZE = 6, 16


@pytest.fixture
def persona(tmp_path: Path) -> Persona:
    return Persona.open(write_tiny_persona(tmp_path / "tiny"))


def some_weights(faces: int = 400) -> InverterWeights:
    """A bank of random faces whose code is the first numbers of the vector; seeds start at 1000."""
    random = np.random.default_rng(3)
    projection = np.zeros((LAYOUT.size, DIMENSIONS), np.float32)
    projection[range(DIMENSIONS), range(DIMENSIONS)] = 1
    codes = random.standard_normal((faces, DIMENSIONS)).astype(np.float16).astype(np.float32)
    return InverterWeights(
        mean=np.full(LAYOUT.size, 0.5, np.float32),
        sd=np.full(LAYOUT.size, 2.0, np.float32),
        projection=projection,
        codes=codes,
        seeds=np.arange(1000, 1000 + faces, dtype=np.float32),
        following=np.zeros((DIMENSIONS, LATENT_SIZE), np.float32),
    )


def vector_of(code: FloatArray) -> FloatArray:
    vector = np.full(LAYOUT.size, 0.5, np.float32)
    vector[:DIMENSIONS] = 0.5 + 2 * code
    return vector


def settled(inverter: Inverter, code: FloatArray) -> FloatArray:
    for _ in range(30):
        z = inverter(vector_of(code))
    return z


def test_a_face_of_the_bank_is_answered_by_itself() -> None:
    weights = some_weights()
    inverter = Inverter(weights, {})
    for index in (0, 17, 399):
        inverter.reset()
        z = inverter(vector_of(weights.codes[index]))
        assert angle_deg(z, seed_latent(1000 + index, LATENT_SIZE)) < 0.5
        assert inverter.neighbour_seed == 1000 + index
        assert z.dtype == np.float32 and np.linalg.norm(z) == pytest.approx(4.0, rel=1e-5)


def test_the_first_answer_is_the_nearest_face() -> None:
    weights = some_weights()
    inverter = Inverter(weights, {})
    for code in np.random.default_rng(5).standard_normal((20, DIMENSIONS)).astype(np.float32):
        inverter.reset()
        inverter(vector_of(code))
        nearest = int(np.argmin(np.linalg.norm(weights.codes - code, axis=1)))
        assert inverter.neighbour_seed == 1000 + nearest


def test_typicality_is_half_at_half_of_the_faces_and_nearness_is_against_any_face() -> None:
    weights = some_weights()
    inverter = Inverter(weights, {})
    mean = weights.codes.mean(0)
    distances = np.linalg.norm(weights.codes - mean, axis=1)
    inverter(vector_of(mean))
    assert inverter.typicality == pytest.approx(1.0, abs=1e-4)
    inverter.reset()
    assert inverter.typicality == inverter.nearness == 0.0
    median = int(np.argsort(distances)[len(distances) // 2])
    inverter(vector_of(weights.codes[median]))
    assert inverter.typicality == pytest.approx(0.5, abs=0.01)
    assert inverter.nearness == pytest.approx(1.0, abs=0.01)
    stranger = np.float32(1.2) * weights.codes[int(np.argmax(distances))]
    inverter.reset()
    inverter(vector_of(stranger))
    apart = np.linalg.norm(weights.codes - stranger, axis=1)
    assert inverter.nearness == pytest.approx(1 - apart.min() / np.sqrt(np.mean(apart**2)), abs=0.02)
    assert inverter.typicality < 0.3


def test_features_are_compared_in_units_of_the_bank() -> None:
    weights = some_weights()
    inverter = Inverter(weights, {})
    code = weights.codes[5]
    assert inverter.compare(vector_of(code), vector_of(code)) == pytest.approx(1.0)
    apart = np.linalg.norm(weights.codes - code, axis=1)
    other = code + np.float32(np.sqrt(np.mean(apart**2)) / 2) * np.eye(DIMENSIONS, dtype=np.float32)[0]
    assert inverter.compare(vector_of(code), vector_of(other)) == pytest.approx(0.5, abs=1e-3)
    assert inverter.compare(vector_of(code), vector_of(code + 9)) == 0.0


def test_a_refined_latent_draws_more_of_what_is_wanted() -> None:
    weights = some_weights(2000)
    random = np.random.default_rng(8)
    draws = random.standard_normal((DIMENSIONS, LATENT_SIZE)).astype(np.float32) / 4
    weights.codes[:] = np.stack([seed_latent(int(seed), LATENT_SIZE) for seed in weights.seeds]) @ draws.T
    inverter = Inverter(weights, {})
    z, wanted = seed_latent(1, LATENT_SIZE), draws @ seed_latent(2, LATENT_SIZE)
    offset = np.float32(0.2)  # by which this face is not as the model has it: only changes are asked of that
    came = draws @ z + offset
    better = inverter.refine(z, vector_of(wanted), vector_of(came))
    assert np.linalg.norm(better) == pytest.approx(4.0, rel=1e-5)
    assert np.linalg.norm(draws @ better + offset - wanted) < 0.6 * np.linalg.norm(came - wanted)
    assert angle_deg(inverter.refine(z, vector_of(came), vector_of(came)), z) < 0.01


@pytest.mark.parametrize(("calls_before", "searches"), [(1, 1), (WARMUP_CALLS + 1, SWITCH_CONFIRMATIONS)])
def test_another_neighbour_takes_over_soon_while_somebody_arrives_and_slowly_later(
    calls_before: int, searches: int
) -> None:
    weights = some_weights()
    inverter = Inverter(weights, {})
    for _ in range(calls_before):
        inverter(vector_of(weights.codes[5]))
    assert inverter.neighbour_seed == weights.seeds[5]
    calls = 0
    while inverter.neighbour_seed != weights.seeds[9]:
        inverter(vector_of(weights.codes[9]))
        calls += 1
    assert (searches - 1) * SEARCH_EVERY < calls <= searches * SEARCH_EVERY


def test_the_answer_to_a_still_face_comes_to_rest_on_one_neighbour() -> None:
    inverter = Inverter(some_weights(), {})
    code = np.random.default_rng(5).standard_normal(DIMENSIONS).astype(np.float32)
    z = settled(inverter, code)
    assert angle_deg(inverter(vector_of(code)), z) < 0.01


def test_noise_does_not_make_two_neighbours_flicker() -> None:
    weights = some_weights()
    weights.codes[:] += 50  # all others are far away
    weights.codes[:2] = [[1, 0, 0, 0, 0, 0], [-1, 0, 0, 0, 0, 0]]
    inverter = Inverter(weights, {})
    random = np.random.default_rng(7)
    between = np.array([0.01, 1, 0, 0, 0, 0], np.float32)  # the first is a little nearer
    settled(inverter, between)
    kept = inverter.neighbour_seed
    assert kept is not None
    for _ in range(60):
        inverter(vector_of(between + 0.05 * random.standard_normal(DIMENSIONS).astype(np.float32)))
        assert inverter.neighbour_seed == kept


def test_a_much_nearer_face_takes_over_without_a_cut() -> None:
    weights = some_weights()
    inverter = Inverter(weights, {})
    last = settled(inverter, weights.codes[3])
    whole_way = float(angle_deg(seed_latent(1003, LATENT_SIZE), seed_latent(1004, LATENT_SIZE)))
    for _ in range(30):
        z = inverter(vector_of(weights.codes[4]))
        assert angle_deg(z, last) < 0.7 * whole_way
        last = z
    assert angle_deg(last, seed_latent(1004, LATENT_SIZE)) < 0.5


def test_small_steps_of_the_features_are_small_steps_of_the_answer() -> None:
    weights = some_weights()
    inverter = Inverter(weights, {})
    start, end = weights.codes[20], weights.codes[21]
    last = settled(inverter, start)
    steps = []
    for share in np.linspace(0, 1, 400, dtype=np.float32):
        z = inverter(vector_of(start + share * (end - start)))
        steps.append(float(angle_deg(z, last)))
        last = z
    whole_way = float(angle_deg(seed_latent(1020, LATENT_SIZE), seed_latent(1021, LATENT_SIZE)))
    assert max(steps) < 0.7 * whole_way
    assert np.mean(steps) < 5


def test_the_answer_follows_what_has_changed_since_the_neighbour_was_taken() -> None:
    following = np.zeros((DIMENSIONS, LATENT_SIZE), np.float32)
    following[0, 5] = 1.0
    weights = replace(some_weights(), following=following)
    inverter = Inverter(weights, {})
    code = weights.codes[8] + np.float32(0.02)
    at_rest = settled(inverter, code)
    assert angle_deg(at_rest, seed_latent(1008, LATENT_SIZE)) < 0.01  # a difference from the beginning does nothing
    change = np.zeros(DIMENSIONS, np.float32)
    change[0] = 0.05
    moved = inverter(vector_of(code + change))
    assert inverter.neighbour_seed == 1008
    assert moved[5] - at_rest[5] == pytest.approx(0.05, abs=0.01)
    assert angle_deg(inverter(vector_of(code)), at_rest) < 0.01  # and back


def test_following_is_limited() -> None:
    following = np.full((DIMENSIONS, LATENT_SIZE), 1000.0, np.float32)
    weights = replace(some_weights(), following=following)
    inverter = Inverter(weights, {})
    at_rest = settled(inverter, weights.codes[8])
    assert angle_deg(inverter(vector_of(weights.codes[8] + np.float32(0.01))), at_rest) < 12


def test_strange_features_are_answered_too() -> None:
    inverter = Inverter(some_weights(), {})
    for strange in (1e6, -1e6, 0.0):
        z = inverter(np.full(LAYOUT.size, strange, np.float32))
        assert np.isfinite(z).all() and np.linalg.norm(z) == pytest.approx(4.0, rel=1e-5)


def test_a_feature_that_is_not_a_number_counts_as_the_mean() -> None:
    weights = some_weights()
    vector = vector_of(weights.codes[5])
    vector[2] = np.nan
    filled = vector.copy()
    filled[2] = weights.mean[2]
    np.testing.assert_array_equal(Inverter(weights, {})(vector), Inverter(weights, {})(filled))


def test_a_kind_that_nobody_knows(persona: Persona, monkeypatch: pytest.MonkeyPatch) -> None:
    write_inverter(persona.inverter_path, some_weights(), persona, {})
    monkeypatch.setattr(inverter_file, "KINDS", {"oracle": None})
    with pytest.raises(ModelError, match=r"of the kind 'retrieval'; there are oracle: run `python -m tools.train_inv"):
        read_inverter(persona.inverter_path, persona)


@pytest.mark.parametrize("faces", [1, 2, 5])
def test_small_banks_answer(faces: int) -> None:
    inverter = Inverter(some_weights(faces), {})
    inverter(vector_of(np.zeros(DIMENSIONS, np.float32)))
    assert inverter.neighbour_seed in range(1000, 1000 + faces)


def test_a_written_inverter_opens_and_answers_the_same(persona: Persona) -> None:
    weights = some_weights()
    write_inverter(persona.inverter_path, weights, persona, {"likeness": json.dumps({"this inverter": {"found": 1}})})
    opened = read_inverter(persona.inverter_path, persona)
    assert opened.likeness == {"this inverter": {"found": 1}}
    assert opened.metadata["faces"] == "400"
    code = weights.codes[7]
    np.testing.assert_allclose(opened(vector_of(code)), Inverter(weights, {})(vector_of(code)), atol=1e-3)


def no_file(persona: Persona, path: Path) -> str:
    return "inverter.safetensors is missing: run `python -m tools.train_inverter --model tiny`"


def cut_short(persona: Persona, path: Path) -> str:
    write_inverter(path, some_weights(), persona, {})
    path.write_bytes(path.read_bytes()[:-10])
    return "it is cut short"


def text(persona: Persona, path: Path) -> str:
    path.write_text("not weights " * 50)
    return "it is damaged or no safetensors file"


def generator_in_its_place(persona: Persona, path: Path) -> str:
    path.write_bytes(persona.generator_path.read_bytes())
    return "it is not an inverter for this program: run"


def another_generator(persona: Persona, path: Path) -> str:
    other = replace(persona, generator_sha256="feedbeef" * 8)
    write_inverter(path, some_weights(), other, {})
    own = persona.generator_sha256[:12]
    return rf"trained for another generator \(feedbeeffeed\) than .*generator.safetensors \({own}\)"


def another_size(persona: Persona, path: Path) -> str:
    weights = replace(some_weights(), following=np.zeros((DIMENSIONS, 99), np.float32))
    write_inverter(path, weights, persona, {})
    return "its arrays do not fit together"


def not_finite(persona: Persona, path: Path) -> str:
    weights = some_weights()
    weights.codes[3, 2] = np.nan
    write_inverter(path, weights, persona, {})
    return "codes holds a number that is not finite"


@pytest.mark.parametrize(
    "spoil", [no_file, cut_short, text, generator_in_its_place, another_generator, another_size, not_finite]
)
def test_a_file_that_does_not_fit(persona: Persona, spoil: Callable[[Persona, Path], str]) -> None:
    expected = spoil(persona, persona.inverter_path)
    with pytest.raises(ModelError, match=expected) as caught:
        read_inverter(persona.inverter_path, persona)
    assert re.search(r"inverter\.safetensors", str(caught.value)) and "\n" not in str(caught.value)


def test_an_inverter_of_another_layout_says_what_to_run(persona: Persona, monkeypatch: pytest.MonkeyPatch) -> None:
    write_inverter(persona.inverter_path, some_weights(), persona, {})
    newer = replace(LAYOUT, version=LAYOUT.version + 1, predecessors=())
    monkeypatch.setattr(inverter_file, "LAYOUT", newer)
    with pytest.raises(ModelError, match=r"layout '2 .*measures layout '3 .*tools.train_inverter --model tiny"):
        read_inverter(persona.inverter_path, persona)


def test_an_inverter_of_the_layout_before_gets_its_own_numbers(
    persona: Persona, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_inverter(persona.inverter_path, some_weights(), persona, {})
    before = read_inverter(persona.inverter_path, persona)
    added = FeatureGroup("added", ("first", "second"), "1", "new")
    newer = replace(LAYOUT, version=3, groups=(added, *LAYOUT.groups), predecessors=(Predecessor(LAYOUT),))
    monkeypatch.setattr(inverter_file, "LAYOUT", newer)
    now = read_inverter(persona.inverter_path, persona)
    vector = np.linspace(-1, 1, LAYOUT.size).astype(np.float32)
    np.testing.assert_array_equal(now(np.concatenate([[9, -9], vector]).astype(np.float32)), before(vector))
