"""Upscaler: what it draws, which quality level it is, and what is said about files that do not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import ModelError
from engine.networks.backends.generator_runtime import RuntimeGenerator, open_generator
from engine.networks.backends.upscaled_generator import UpscaledGenerator, with_upscaler
from engine.networks.generator.upscaler import Upscaler, read_upscaler, write_upscaler
from engine.networks.persona import Persona
from engine.networks.pggan.weight_file import Arrays, write_arrays
from engine.types import ByteArray
from tests.tiny_persona import write_tiny_persona

EXACT: dict[str, str | int] = {"INFERENCE_PRECISION_HINT": "f32"}


def arrays(channels: int = 4, seed: int = 0, last: float = 0.05) -> Arrays:
    """Random weights; with `last` 0 the network adds nothing to the bilinear enlargement."""
    random, sizes = np.random.default_rng(seed), (3, channels, channels, channels, 12)
    weights: Arrays = {}
    for index in range(4):
        scale = last if index == 3 else 0.3
        shape = (sizes[index + 1], sizes[index], 3, 3)
        weights[f"layers.{index}.weight"] = (
            (scale * random.standard_normal(shape)).astype(np.float16).astype(np.float32)
        )
        weights[f"layers.{index}.bias"] = np.zeros(sizes[index + 1], np.float32)
    return weights


def picture(size_px: int = 8, seed: int = 1) -> ByteArray:
    return np.random.default_rng(seed).integers(0, 256, (size_px, size_px, 4), np.uint8)


def test_a_network_that_adds_nothing_enlarges_bilinearly() -> None:
    small = picture()
    large = Upscaler(arrays(last=0.0), 8, EXACT)(small)
    assert large.shape == (16, 16, 4) and (large[..., 3] == 255).all()
    corners = small[::7, ::7, :3]
    assert (large[::15, ::15, :3] == corners).all()  # beyond the middles of the outer pixels there is nothing to mix
    rows = small[3, :, :3].astype(float) * 0.75 + small[4, :, :3].astype(float) * 0.25
    between = rows[:-1] * 0.75 + rows[1:] * 0.25
    assert np.abs(large[7, 1:-1:2, :3] - between).max() <= 1.0


def test_it_answers_as_the_network_that_was_trained() -> None:
    """Keras, by which it is trained, beside OpenVINO, which runs it."""
    network = pytest.importorskip("tools.upscaling.network")
    trained = network.build_network(4, seed=0)
    weights = arrays()
    for index in range(4):
        kernel = weights[f"layers.{index}.weight"].transpose(2, 3, 1, 0)
        trained.get_layer(f"layers_{index}").set_weights([kernel, weights[f"layers.{index}.bias"]])
    assert all((network.upscaler_arrays(trained)[name] == array).all() for name, array in weights.items())
    small = picture()
    expected = np.clip((np.asarray(trained(network.nominal(small[None, ..., :3])))[0] + 1) * 127.5, 0, 255)
    assert np.abs(Upscaler(weights, 8, EXACT)(small)[..., :3] - expected).max() <= 1.0


@pytest.fixture
def persona(tmp_path: Path) -> Persona:
    return Persona.open(write_tiny_persona(tmp_path / "tiny"))


def test_the_enlarged_picture_is_the_first_level_to_be_given_up(persona: Persona) -> None:
    plain = open_generator(persona, "openvino", "float32", 1)
    assert isinstance(with_upscaler(plain, persona), RuntimeGenerator)
    write_upscaler(persona.upscaler_path, arrays())
    upscaled = with_upscaler(plain, persona, 1)
    assert isinstance(upscaled, UpscaledGenerator)
    size, z = plain.size_px, np.ones(plain.latent_size, np.float32)
    assert [level.size_px for level in upscaled.levels[:2]] == [2 * size, size]
    large, whole = upscaled(z), upscaled(z, upscaled.levels[1])
    assert isinstance(large, np.ndarray) and large.shape == (2 * size, 2 * size, 4)
    assert (whole == plain(z)).all()
    assert (large == Upscaler(arrays(), size, EXACT)(plain(z))).all()
    both = with_upscaler(plain, persona, 2).together(np.stack([z, -z]))
    assert (both[0] == large).all() and len(both) == 2
    assert [picture.shape[0] for picture in upscaled.together(np.stack([z, -z]))] == [size, size], "one thread"
    assert all((a == b).all() for a, b in zip(upscaled.growth(z), plain.growth(z), strict=True))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"layers.1.weight": np.zeros((4, 3, 3, 3), np.float32)}, r"'layers\.1\.weight' has the shape \(4, 3, 3, 3\)"),
        ({"layers.9.weight": np.zeros((4, 4, 3, 3), np.float32)}, r"'layers\.9\.weight' has the shape .* not None"),
        ({"layers.0.bias": np.full(4, np.inf, np.float32)}, r"layers\.0\.bias holds a number that is not finite"),
    ],
)
def test_a_file_that_does_not_fit_is_told_in_a_sentence(tmp_path: Path, change: Arrays, said: str) -> None:
    path = tmp_path / "upscaler.safetensors"
    write_arrays(path, arrays() | change, {"format": "narcissus-upscaler 1"})
    with pytest.raises(ModelError, match=said) as error:
        read_upscaler(path)
    assert str(path) in str(error.value)


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    write_arrays(tmp_path / "x.safetensors", arrays(), {"format": "narcissus-encoder 1"})
    with pytest.raises(ModelError, match=r"is no upscaler.*tools\.train_upscaler"):
        read_upscaler(tmp_path / "x.safetensors")
