"""The import of official pickles: exact for every setting and protocol, and for both generations of the code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.core.errors import ModelError
from engine.networks.persona import load_discriminator, load_generator
from engine.networks.pggan.architecture import DiscriminatorSettings, GeneratorSettings
from engine.networks.pggan.weight_file import read_network
from tests.networks.reference_pggan import generate, judge
from tests.networks.variations import DISCRIMINATORS, GENERATORS
from tests.tiny_persona import random_arrays
from tests.tools.model_import.official_files import (
    official_pickle,
    official_state,
    official_triple,
    theano_pickle,
    theano_state,
)
from tools.model_import.pggan_pickle import read_official
from tools.model_import.sandbox import read_confined

ORACLE = Path(__file__).parents[2] / "oracle"
G, D = GeneratorSettings(16, fmap_base=64, fmap_max=6), DiscriminatorSettings(16, fmap_base=64, fmap_max=6)
THEANO = {"mbstat_avg": "all", "use_gdrop": True, "tanh_at_end": None, "label_size": 0}


def test_the_reference_pickle_becomes_the_published_weights_and_scores(tmp_path: Path) -> None:
    """`small64.pkl` is in the authors' format; its Gs is `small64.safetensors`, which draws the published pictures."""
    said = read_confined("pggan", {"pickle": ORACLE / "small64.pkl"}, tmp_path)
    assert (said["generator"], said["discriminator"]) == ("Gs", "D")
    expected_settings, expected = read_network(ORACLE / "small64.safetensors", GeneratorSettings)
    settings, arrays = read_network(tmp_path / "generator.safetensors", GeneratorSettings)
    assert settings == expected_settings
    assert arrays.keys() == expected.keys()
    assert all(np.array_equal(arrays[name], expected[name]) for name in expected)
    oracle = np.load(ORACLE / "small64.npz")
    discriminator = load_discriminator(tmp_path / "discriminator.safetensors")
    scores = np.asarray(discriminator(oracle["d_in"].transpose(0, 2, 3, 1)))
    assert np.abs(scores - oracle["d_scores"]).max() < 1e-4


@pytest.mark.parametrize("protocol", range(6))
def test_every_protocol_is_read(protocol: int) -> None:
    networks = read_official(memoryview(official_triple(G, D, protocol)))
    assert [(network.name, network.builder) for network in networks] == [
        ("G", "G_paper"),
        ("D", "D_paper"),
        ("Gs", "G_paper"),
    ]
    for network, (settings, seed) in zip(networks, [(G, 0), (D, 1), (G, 2)], strict=True):
        expected = random_arrays(settings, seed)
        assert network.settings == settings
        assert network.arrays.keys() == expected.keys()
        assert all(np.array_equal(network.arrays[name], expected[name]) for name in expected)
        assert network.lod == 0


@pytest.mark.parametrize("name", [name for name in GENERATORS if name != "bias per pixel"])
def test_every_setting_of_a_generator_is_honoured(name: str, tmp_path: Path) -> None:
    settings = GENERATORS[name]
    arrays = random_arrays(settings, seed=8)
    (network,) = read_official(memoryview(official_pickle([official_state("Gs", settings, arrays)])))
    assert network.settings == settings
    assert all(np.array_equal(network.arrays[key], arrays[key]) for key in arrays)


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_every_setting_of_a_discriminator_is_honoured(name: str) -> None:
    settings = DISCRIMINATORS[name]
    arrays = random_arrays(settings, seed=8)
    (network,) = read_official(memoryview(official_pickle([official_state("D", settings, arrays)])))
    assert network.settings == settings


def test_settings_that_the_file_leaves_out_have_the_published_defaults() -> None:
    given = {"num_channels": 3, "resolution": 16, "fmap_base": 64, "fmap_max": 6}
    state = official_state("Gs", G, random_arrays(G))
    (network,) = read_official(memoryview(official_pickle([state | {"static_kwargs": given}])))
    assert network.settings == G
    assert network.settings.fused_scale
    grey = replace(G, resolution=32, num_channels=1)
    state = official_state("Gs", grey, random_arrays(grey))
    (network,) = read_official(
        memoryview(official_pickle([state | {"static_kwargs": {"fmap_base": 64, "fmap_max": 6}}]))
    )
    assert network.settings == grey


def test_settings_without_effect_are_named() -> None:
    extra = {"structure": "recursive", "dtype": "float32", "latent_size": None, "made_by": "hand", "x" * 90: 1}
    state = official_state("Gs", G, random_arrays(G))
    (network,) = read_official(memoryview(official_pickle([state | {"static_kwargs": state["static_kwargs"] | extra}])))
    assert network.settings == G
    assert network.ignored == ("made_by", "x" * 60)


def test_settings_as_numpy_writes_numbers_are_read() -> None:
    extra: dict[str, Any] = {"resolution": np.int64(16), "fmap_decay": np.float32(1), "use_wscale": np.bool_(True)}
    state = official_state("Gs", G, random_arrays(G))
    (network,) = read_official(memoryview(official_pickle([state | {"static_kwargs": state["static_kwargs"] | extra}])))
    assert network.settings == G


@pytest.mark.parametrize("kind", ["<f8", ">f4", "<f2", "fortran"])
def test_other_number_types_and_orders_become_float32(kind: str) -> None:
    arrays = random_arrays(G)
    stored = {
        name: np.asfortranarray(array) if kind == "fortran" else array.astype(kind) for name, array in arrays.items()
    }
    (network,) = read_official(memoryview(official_pickle([official_state("Gs", G, stored)])))
    for name in arrays:
        assert network.arrays[name].dtype == np.float32
        assert np.allclose(network.arrays[name], arrays[name], atol=2e-3 if kind == "<f2" else 0)


@pytest.mark.parametrize("use_wscale", [True, False])
def test_theano_networks_draw_and_judge_the_same(use_wscale: bool, tmp_path: Path) -> None:
    generator = replace(G, fused_scale=False, use_wscale=use_wscale, latent_size=10)
    discriminator = replace(D, fused_scale=False, use_wscale=use_wscale, mbstd_group_size=16)
    scale = 1.0 if use_wscale else 0.2
    g, d = (
        {name: array * np.float32(scale) for name, array in random_arrays(one, 5).items()}
        for one in (generator, discriminator)
    )
    states = [
        theano_state("G_paper", generator, g, **THEANO),
        theano_state("D_paper", discriminator, d, mbstat_func="Tstdeps"),
        theano_state("G_paper", generator, g),
    ]
    (tmp_path / "old.pkl").write_bytes(theano_pickle(states))
    said = read_confined("pggan", {"pickle": tmp_path / "old.pkl"}, tmp_path)
    assert (said["generator"], said["discriminator"]) == ("Gs", "D")
    assert read_network(tmp_path / "generator.safetensors", GeneratorSettings)[0] == generator
    assert read_network(tmp_path / "discriminator.safetensors", DiscriminatorSettings)[0] == discriminator
    z = np.random.default_rng(1).standard_normal((4, 10)).astype(np.float32)
    pictures = np.asarray(load_generator(tmp_path / "generator.safetensors")(z))
    expected = generate(generator, g, z)
    assert np.abs(pictures.transpose(0, 3, 1, 2) - expected).max() < 1e-4
    scores = np.asarray(load_discriminator(tmp_path / "discriminator.safetensors")(pictures))
    assert np.abs(scores - judge(discriminator, d, expected)).max() < 1e-4


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ({"use_batchnorm": True}, "uses use_batchnorm, which is not supported"),
        ({"tanh_at_end": 1.0}, "uses tanh_at_end, which is not supported"),
        ({"mbdisc_kernels": 100}, "uses mbdisc_kernels, which is not supported"),
        ({"label_size": 10}, "uses label_size, which is not supported"),
        ({"fmap_max": 5}, "4x4/Dense/weight has the shape"),
        ({"resolution": 8}, "ToRGB_lod0/weight has the shape"),
        ({"resolution": 32}, "32x32/Conv0/weight has the shape"),
    ],
)
def test_theano_networks_that_cannot_be_are_refused(spec: dict[str, Any], sentence: str) -> None:
    settings = replace(G, fused_scale=False)
    content = theano_pickle([theano_state("G_paper", settings, random_arrays(settings), **spec)])
    with pytest.raises(ModelError) as caught:
        read_official(memoryview(content))
    assert sentence in str(caught.value)


def test_theano_networks_of_another_length_are_refused() -> None:
    settings = replace(G, fused_scale=False)
    state = theano_state("G_paper", settings, random_arrays(settings))
    values = state["param_values"]
    for changed, sentence in (
        (values[:-1], "lacks ToRGB_lod2/bias"),
        ([*values, values[0]], "holds more weights than"),
    ):
        with pytest.raises(ModelError, match=f"its network network0 of the Theano code {sentence}"):
            read_official(memoryview(theano_pickle([state | {"param_values": changed}])))


@pytest.mark.parametrize("lod", [np.array(1.25, np.float32), np.float32(1.25), 1.25], ids=["array", "scalar", "float"])
def test_a_network_that_was_saved_while_growing_says_so(lod: Any) -> None:
    state = official_state("Gs", G, random_arrays(G))
    state["variables"][0] = ("lod", lod)
    (network,) = read_official(memoryview(official_pickle([state])))
    assert network.lod == 1.25


def test_the_child_says_how_far_it_is_and_runs_nothing(tmp_path: Path) -> None:
    (tmp_path / "file.pkl").write_bytes(official_triple(G, D))
    (tmp_path / "out").mkdir()
    shares: list[float] = []
    said = read_confined("pggan", {"pickle": tmp_path / "file.pkl"}, tmp_path / "out", progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert [network["parameters"] for network in said["networks"]] == [
        sum(array.size for array in random_arrays(settings).values()) for settings in (G, D, G)
    ]
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["discriminator.safetensors", "generator.safetensors"]  # and no canary: the source was not run


@pytest.mark.parametrize(("network", "seed"), [("G", 0), ("Gs", 2), ("", 2)])
def test_the_network_that_is_asked_for_is_taken(network: str, seed: int, tmp_path: Path) -> None:
    (tmp_path / "file.pkl").write_bytes(official_triple(G, D))
    read_confined("pggan", {"pickle": tmp_path / "file.pkl"}, tmp_path, {"network": network})
    _, arrays = read_network(tmp_path / "generator.safetensors", GeneratorSettings)
    assert np.array_equal(arrays["4x4/Dense/weight"], random_arrays(G, seed)["4x4/Dense/weight"])


@pytest.mark.parametrize(
    ("network", "sentence"),
    [("D", "its network D is no generator; it holds G, D, Gs"), ("Q", "it holds G, D, Gs and no network Q")],
)
def test_a_network_that_cannot_be_taken_is_told(network: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "file.pkl").write_bytes(official_triple(G, D))
    with pytest.raises(ModelError, match=rf"nothing was imported from file\.pkl: {sentence}"):
        read_confined("pggan", {"pickle": tmp_path / "file.pkl"}, tmp_path, {"network": network})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file.pkl"]
