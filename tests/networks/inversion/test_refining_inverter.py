"""The inverter that refines by the layers of its generator: where it steps, and its file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import ModelError
from engine.features.featurizer import LAYOUT
from engine.networks.generator.trunk import Trunk
from engine.networks.inversion.inverter_file import read_inverter, write_inverter
from engine.networks.inversion.refining_inverter import ReadoutWeights, RefiningInverter
from engine.networks.inversion.retrieval_inverter import Inverter, InverterWeights
from engine.networks.persona import Persona
from engine.networks.pggan.architecture import GeneratorSettings
from engine.networks.pggan.latent_sphere import angle_deg, seed_latent, seed_latents
from engine.networks.pggan.weight_file import read_network
from engine.types import FloatArray
from tests.tiny_persona import write_tiny_persona

DIMENSIONS, FACES = 6, 300


@pytest.fixture
def persona(tmp_path: Path) -> Persona:
    return Persona.open(write_tiny_persona(tmp_path / "tiny", resolution=32))


def trunk_of(persona: Persona) -> Trunk:
    return Trunk(*read_network(persona.generator_path, GeneratorSettings))


def made_for(persona: Persona) -> tuple[InverterWeights, ReadoutWeights]:
    """A bank whose codes are what a readout reads from the trunk of the persona."""
    trunk = trunk_of(persona)
    random = np.random.default_rng(3)
    matrix = (random.standard_normal((trunk.size, DIMENSIONS)) / np.sqrt(trunk.size)).astype(np.float16)
    weight = matrix.astype(np.float32)
    seeds = np.arange(1000, 1000 + FACES)
    codes = trunk(seed_latents(seeds, trunk.latent_size)) @ weight
    projection = np.zeros((LAYOUT.size, DIMENSIONS), np.float32)
    projection[range(DIMENSIONS), range(DIMENSIONS)] = 1
    weights = InverterWeights(
        mean=np.zeros(LAYOUT.size, np.float32),
        sd=np.ones(LAYOUT.size, np.float32),
        projection=projection,
        codes=codes.astype(np.float16).astype(np.float32),
        seeds=seeds.astype(np.float32),
        following=np.zeros((DIMENSIONS, trunk.latent_size), np.float32),
    )
    doubt = np.full(DIMENSIONS, 0.01, np.float32) * codes.var(axis=0).mean()
    return weights, ReadoutWeights(weight, np.zeros(DIMENSIONS, np.float32), doubt)


def refiner_of(persona: Persona) -> RefiningInverter:
    weights, readout = made_for(persona)
    return RefiningInverter(weights, {}, readout, trunk_of(persona))


def drawn(persona: Persona, z: FloatArray) -> FloatArray:
    """Features of the face of a latent."""
    vector = np.zeros(LAYOUT.size, np.float32)
    vector[:DIMENSIONS] = trunk_of(persona)(z[None])[0] @ made_for(persona)[1].weight
    return vector


def test_its_step_is_better_than_that_of_the_linear_model(persona: Persona) -> None:
    refiner, linear = refiner_of(persona), Inverter(made_for(persona)[0], {})
    gains = []
    for seed in range(20, 36):
        wanted = drawn(persona, seed_latent(seed, 16))
        for inverter in (refiner, linear):
            inverter.reset()
        z = linear(wanted)
        came = drawn(persona, z)
        faces = [inverter.refine(z, wanted, came) for inverter in (refiner, linear)]
        gains.append([refiner.compare(wanted, drawn(persona, face)) - refiner.compare(wanted, came) for face in faces])
    ours, theirs = np.median(gains, axis=0)
    assert ours > 0.05 and ours > theirs


def test_its_first_answer_is_that_of_retrieval(persona: Persona) -> None:
    refiner, retrieval = refiner_of(persona), Inverter(made_for(persona)[0], {})
    for seed in (20, 21, 22):
        wanted = drawn(persona, seed_latent(seed, 16))
        for inverter in (refiner, retrieval):
            inverter.reset()
        np.testing.assert_array_equal(refiner(wanted), retrieval(wanted))
        assert refiner.nearness == retrieval.nearness > 0


READ = ("pose.yaw", "pose.pitch", "expression.mouth_open", "expression.smile")


def follower_of(persona: Persona) -> tuple[RefiningInverter, list[int]]:
    """An inverter whose first four codes are the features that it follows, and where these stand in a vector."""
    weights, readout = made_for(persona)
    columns = [LAYOUT.index(name) for name in READ]
    places = [*columns, 0, 1]
    projection = np.zeros((LAYOUT.size, DIMENSIONS), np.float32)
    projection[places, range(DIMENSIONS)] = 1
    return RefiningInverter(replace(weights, projection=projection), {}, readout, trunk_of(persona)), places


def test_what_a_viewer_does_is_followed_by_the_face_that_is_shown(persona: Persona) -> None:
    inverter, places = follower_of(persona)
    readout, trunk = made_for(persona)[1], trunk_of(persona)
    sd = inverter.weights.codes.std(axis=0)
    came_along = []
    for index in range(0, 200, 10):
        for axis, name in enumerate(READ[:2]):
            inverter.reset()
            vector = np.zeros(LAYOUT.size, np.float32)
            vector[places] = inverter.weights.codes[index]
            before = trunk(inverter(vector)[None])[0] @ readout.weight
            vector[LAYOUT.index(name)] += 0.2 * sd[axis]
            after = trunk(inverter(vector)[None])[0] @ readout.weight
            came_along.append((after - before)[axis] / (0.2 * sd[axis]))
    assert 0.2 < np.median(came_along) < 1.2 and np.quantile(came_along, 0.1) > 0


def test_what_trembles_more_is_followed_less(persona: Persona) -> None:
    inverter, places = follower_of(persona)
    moved = {}
    for name in ("pose.yaw", "expression.mouth_open"):
        angles = []
        for index in range(0, 200, 20):
            inverter.reset()
            vector = np.zeros(LAYOUT.size, np.float32)
            vector[places] = inverter.weights.codes[index]
            z = inverter(vector)
            vector[LAYOUT.index(name)] += 0.05
            angles.append(float(angle_deg(inverter(vector), z)))
        moved[name] = np.median(angles)
    assert moved["expression.mouth_open"] < 0.5 * moved["pose.yaw"]


def test_what_does_not_change_moves_nothing(persona: Persona) -> None:
    inverter, _ = follower_of(persona)
    vector = np.full(LAYOUT.size, 0.1, np.float32)
    first = inverter(vector)
    for _ in range(12):  # more than two searches of the bank
        np.testing.assert_allclose(inverter(vector), first, atol=1e-5)


def test_what_needs_no_step_gets_none_and_a_small_lack_a_small_one(persona: Persona) -> None:
    refiner = refiner_of(persona)
    z = seed_latent(8, 16)
    came = drawn(persona, z)
    np.testing.assert_allclose(refiner.refine(z, came, came), z, atol=1e-4)
    lack = drawn(persona, seed_latent(9, 16)) - came
    steps = [float(angle_deg(z, refiner.refine(z, came + np.float32(t) * lack, came))) for t in (0.001, 0.01, 0.1)]
    assert 0 < steps[0] < steps[1] / 5 < steps[2] / 25


def test_its_first_step_is_by_the_derivative_where_it_stands_until_the_visitor_goes(persona: Persona) -> None:
    refiner = refiner_of(persona)
    wanted = drawn(persona, seed_latent(9, 16))
    steps = []
    for seed in (8, 10, 8):
        refiner.reset()
        z = seed_latent(seed, 16)
        steps.append(refiner.refine(z, wanted, drawn(persona, z)) - z)
    np.testing.assert_array_equal(steps[0], steps[2])
    assert angle_deg(steps[0], steps[1]) > 10


def test_strange_features_and_such_that_are_not_numbers(persona: Persona) -> None:
    refiner = refiner_of(persona)
    z = seed_latent(8, 16)
    for strange in (1e6, np.nan, np.inf):
        vector = np.full(LAYOUT.size, strange, np.float32)
        for better in (refiner.refine(z, vector, drawn(persona, z)), refiner.refine(z, -vector, vector)):
            assert np.isfinite(better).all() and np.linalg.norm(better) == pytest.approx(4.0, rel=1e-4)


def test_its_file_opens_and_refines_the_same(persona: Persona) -> None:
    weights, readout = made_for(persona)
    write_inverter(persona.inverter_path, weights, persona, {}, readout)
    opened = read_inverter(persona.inverter_path, persona)
    assert isinstance(opened, RefiningInverter) and opened.metadata["kind"] == "refining"
    wanted, z = drawn(persona, seed_latent(20, 16)), seed_latent(8, 16)
    came = drawn(persona, z)
    own = refiner_of(persona).refine(z, wanted, came)
    np.testing.assert_allclose(opened.refine(z, wanted, came), own, atol=1e-3)
    write_inverter(persona.inverter_path, weights, persona, {})
    assert type(read_inverter(persona.inverter_path, persona)) is Inverter


def test_a_readout_that_does_not_fit(persona: Persona) -> None:
    weights, readout = made_for(persona)
    for spoilt in (
        replace(readout, weight=readout.weight[:-1]),
        replace(readout, bias=readout.bias[:-1]),
        replace(readout, doubt=-readout.doubt),
    ):
        write_inverter(persona.inverter_path, weights, persona, {}, spoilt)
        with pytest.raises(ModelError, match="its arrays do not fit together"):
            read_inverter(persona.inverter_path, persona)
