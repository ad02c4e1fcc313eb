"""The plain networks against the published code's own pictures, and against the reference in NumPy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.networks.persona import load_discriminator, load_generator, save_discriminator, save_generator
from engine.networks.pggan.architecture import DiscriminatorSettings, GeneratorSettings, variable_shapes
from engine.networks.pggan.latent_sphere import seed_latents
from engine.networks.pggan.weight_file import read_network, write_network
from tests.networks.reference_pggan import generate, judge
from tests.networks.variations import DISCRIMINATORS, GENERATORS
from tests.tiny_persona import random_arrays

ORACLE = Path(__file__).parents[2] / "oracle"
LODS = {"images": 0.0, "images_lod05": 0.5, "images_lod1": 1.0, "images_lod175": 1.75}


@pytest.mark.parametrize("name", LODS)
def test_draws_what_the_published_code_drew(name: str) -> None:
    oracle = np.load(ORACLE / "small64.npz")
    generator = load_generator(ORACLE / "small64.safetensors")
    pictures = np.asarray(generator(oracle["latents"], lod=LODS[name]))
    assert pictures.shape == (4, 64, 64, 3)
    assert np.abs(pictures.transpose(0, 3, 1, 2) - oracle[name]).max() < 1e-4


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("lod", [0.0, 1.75])
def test_generator_agrees_with_the_reference(name: str, lod: float, tmp_path: Path) -> None:
    settings = GENERATORS[name]
    arrays = random_arrays(settings, seed=3)
    if not settings.use_wscale:
        arrays = {key: value * 0.2 for key, value in arrays.items()}
    write_network(tmp_path / "generator.safetensors", settings, arrays)
    z = seed_latents([1, 2], settings.latent_size) * 1.5
    pictures = np.asarray(load_generator(tmp_path / "generator.safetensors")(z, lod=lod))
    expected = generate(settings, arrays, z, min(lod, settings.top_level - 2))
    assert pictures.shape == (2, settings.resolution, settings.resolution, settings.num_channels)
    assert np.abs(pictures.transpose(0, 3, 1, 2) - expected).max() < 1e-4 * max(1.0, np.abs(expected).max())


@pytest.mark.parametrize("name", DISCRIMINATORS)
@pytest.mark.parametrize("lod", [0.0, 0.4])
def test_discriminator_agrees_with_the_reference(name: str, lod: float, tmp_path: Path) -> None:
    settings = DISCRIMINATORS[name]
    arrays = random_arrays(settings, seed=4)
    write_network(tmp_path / "discriminator.safetensors", settings, arrays)
    size = settings.resolution
    pictures = np.random.default_rng(5).standard_normal((4, size, size, settings.num_channels)).astype(np.float32)
    scores = np.asarray(load_discriminator(tmp_path / "discriminator.safetensors")(pictures, lod=lod))
    expected = judge(settings, arrays, pictures.transpose(0, 3, 1, 2), min(lod, settings.top_level - 2))
    assert scores.shape == (4, 1)
    assert np.abs(scores - expected).max() < 1e-4 * max(1.0, np.abs(expected).max())


def test_the_reference_itself_agrees_with_the_published_code() -> None:
    oracle = np.load(ORACLE / "small64.npz")
    settings, arrays = read_network(ORACLE / "small64.safetensors", GeneratorSettings)
    for name, lod in LODS.items():
        assert np.abs(generate(settings, arrays, oracle["latents"], lod) - oracle[name]).max() < 1e-4


def test_discriminator_refuses_groups_that_do_not_come_out_even(tmp_path: Path) -> None:
    settings = DISCRIMINATORS["official"]
    write_network(tmp_path / "discriminator.safetensors", settings, random_arrays(settings))
    discriminator = load_discriminator(tmp_path / "discriminator.safetensors")
    with pytest.raises(ValueError, match="5 pictures cannot be compared in groups of 4"):
        discriminator(np.zeros((5, 16, 16, 3), np.float32))


@pytest.mark.parametrize("name", ["official", "not fused", "bias per pixel", "4 px"])
def test_a_generator_survives_saving_and_loading(name: str, tmp_path: Path) -> None:
    settings = GENERATORS[name]
    arrays = random_arrays(settings)
    write_network(tmp_path / "first.safetensors", settings, arrays)
    save_generator(load_generator(tmp_path / "first.safetensors"), tmp_path / "second.safetensors", {"kimg": "12"})
    found, saved = read_network(tmp_path / "second.safetensors", GeneratorSettings)
    assert found == settings
    assert saved.keys() == arrays.keys()
    assert all(np.array_equal(saved[key], arrays[key]) for key in arrays)


def test_a_discriminator_survives_saving_and_loading(tmp_path: Path) -> None:
    settings = DISCRIMINATORS["not fused"]
    arrays = random_arrays(settings)
    write_network(tmp_path / "first.safetensors", settings, arrays)
    save_discriminator(load_discriminator(tmp_path / "first.safetensors"), tmp_path / "second.safetensors")
    found, saved = read_network(tmp_path / "second.safetensors", DiscriminatorSettings)
    assert found == settings
    assert all(np.array_equal(saved[key], arrays[key]) for key in arrays)


@pytest.mark.parametrize("settings", [GeneratorSettings(1024), DiscriminatorSettings(1024)])
def test_the_official_full_size_has_the_official_number_of_parameters(
    settings: GeneratorSettings | DiscriminatorSettings,
) -> None:
    """The paper's tables of the 1024 px networks count 23.1 million in each."""
    count = sum(int(np.prod(shape)) for shape in variable_shapes(settings).values())
    assert round(count / 1e6, 1) == 23.1
