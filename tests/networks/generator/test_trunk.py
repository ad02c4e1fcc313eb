"""The trunk: the same activations as the generator's own first layers, and a derivative that finite differences see."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.networks.generator.trunk import Trunk
from engine.networks.persona import load_generator
from engine.networks.pggan.architecture import GeneratorSettings
from engine.networks.pggan.latent_sphere import seed_latents
from engine.networks.pggan.weight_file import read_network
from tests.tiny_persona import write_tiny_persona


def trunk_of(folder: Path, **settings: object) -> Trunk:
    write_tiny_persona(folder, resolution=32, **settings)  # type: ignore[arg-type]
    return Trunk(*read_network(folder / "generator.safetensors", GeneratorSettings))


@pytest.mark.parametrize(
    "settings",
    [{}, {"fused_scale": True}, {"use_pixelnorm": False}, {"use_leakyrelu": False}, {"normalize_latents": False}],
    ids=lambda settings: "-".join(settings) or "plain",
)
def test_the_derivative_is_what_finite_differences_say(tmp_path: Path, settings: dict[str, bool]) -> None:
    trunk = trunk_of(tmp_path / "tiny", **settings)
    assert trunk.size == 8 * 8 * 8
    random = np.random.default_rng(1)
    z, direction = seed_latents([5], trunk.latent_size)[0], random.standard_normal(trunk.latent_size)
    rows = random.standard_normal((4, trunk.size)).astype(np.float32)
    step = (1e-3 * direction).astype(np.float32)
    after, before = trunk(np.stack([z + step, z - step]))
    np.testing.assert_allclose(trunk.derivative(z).pull(rows) @ step, rows @ (after - before) / 2, rtol=0.02, atol=2e-4)


def test_a_small_generator_is_a_trunk_all_the_way(tmp_path: Path) -> None:
    write_tiny_persona(tmp_path / "tiny", resolution=8, fmap_base=128)
    trunk = Trunk(*read_network(tmp_path / "tiny" / "generator.safetensors", GeneratorSettings))
    assert trunk.size == 8 * 8 * 8


def test_its_activations_become_the_generator_s_picture(tmp_path: Path) -> None:
    """Of 8 px: the last layer, which only sums up colours, makes the picture of the trunk's activations."""
    folder = write_tiny_persona(tmp_path / "tiny", resolution=8, fmap_base=128)
    settings, arrays = read_network(folder / "generator.safetensors", GeneratorSettings)
    latents = seed_latents([1, 2, 3], settings.latent_size)
    activations = Trunk(settings, arrays)(latents).reshape(3, 8, 8, -1)
    picture = np.asarray(load_generator(folder / "generator.safetensors")(latents))
    picture = picture if picture.shape[-1] == 3 else np.moveaxis(picture, 1, -1)
    flat = np.hstack([activations.reshape(192, -1), np.ones((192, 1), np.float32)])
    left = np.linalg.lstsq(flat, picture.reshape(192, -1), rcond=None)[0]
    np.testing.assert_allclose(flat @ left, picture.reshape(192, -1), atol=1e-3)
