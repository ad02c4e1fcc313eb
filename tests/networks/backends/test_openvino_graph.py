"""OpenVINO's graphs: in every form and at every resolution the picture of the Keras network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.networks.backends.graph_variants import GraphVariant, candidates
from engine.networks.backends.openvino_backend import OpenVinoEngine
from engine.networks.backends.openvino_graph import build_graph
from engine.networks.generator.folded_layers import fold, fold_previews, layers_for, unfuse_upscale
from engine.networks.generator.folded_network import build_network
from engine.networks.pggan.architecture import GeneratorSettings, generator_layers
from tests.networks.variations import GENERATORS
from tests.tiny_persona import random_arrays

FORMS = candidates("float32", has_bfloat16=False)
SETTINGS = GeneratorSettings(32, fmap_base=256, fmap_max=16, latent_size=16)


def some_latents(settings: GeneratorSettings, count: int = 3) -> np.ndarray:
    return np.random.default_rng(4).standard_normal((count, settings.latent_size)).astype(np.float32)


def some_previews(settings: GeneratorSettings) -> dict[str, np.ndarray]:
    """Layers as `preview_rgb.py` fits them, from a seed."""
    random, arrays = np.random.default_rng(8), {}
    for layer in generator_layers(settings):
        if layer.name.startswith("ToRGB") and layer.name != "ToRGB_lod0":
            name = layer.name.replace("ToRGB", "preview_rgb")
            arrays[f"{name}/weight"] = random.standard_normal(layer.weight_shape).astype(np.float32)
            arrays[f"{name}/bias"] = np.zeros(layer.bias_shape, np.float32)
    return arrays


def drawn(engine: OpenVinoEngine, latents: np.ndarray) -> list[np.ndarray]:
    """Pictures (N, S, S, 4) for each output."""
    return [np.concatenate(several) for several in zip(*(engine.draw(z[None]) for z in latents), strict=True)]


def assert_near(found: np.ndarray, expected: np.ndarray, levels: int = 1) -> None:
    assert found.shape == expected.shape and found.dtype == np.uint8
    assert np.abs(found.astype(int) - expected.astype(int)).max() <= levels


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("name", GENERATORS)
def test_every_form_draws_what_the_keras_network_draws(name: str, form: GraphVariant) -> None:
    settings = GENERATORS[name]
    arrays = random_arrays(settings, seed=6)
    if not settings.use_wscale:
        arrays = {key: value * 0.2 for key, value in arrays.items()}
    z = some_latents(settings)
    graph = build_graph(settings, fold(settings, arrays), form)
    (found,) = drawn(OpenVinoEngine(graph, "float32", threads=1), z)
    assert_near(found, np.asarray(build_network(settings, arrays)(z)))


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_previews_come_with_the_picture_and_end_the_network_where_it_is_cut(form: GraphVariant) -> None:
    arrays, previews = random_arrays(SETTINGS, seed=2), fold_previews(SETTINGS, some_previews(SETTINGS))
    layers, z = fold(SETTINGS, arrays), some_latents(SETTINGS)
    expected = [
        np.asarray(pictures) for pictures in build_network(SETTINGS, arrays, previews=some_previews(SETTINGS))(z)
    ]
    whole = drawn(OpenVinoEngine(build_graph(SETTINGS, layers, form, previews), "float32", threads=1), z)
    for found, wanted in zip(whole, expected, strict=True):
        assert_near(found, wanted)
    for index, size_px in enumerate((4, 8, 16)):
        cut_layers, cut_previews = layers_for(SETTINGS, layers, previews, size_px, with_previews=True)
        assert len(cut_previews) == index and not layers_for(SETTINGS, layers, previews, size_px, False)[1]
        lower = drawn(OpenVinoEngine(build_graph(SETTINGS, cut_layers, form, cut_previews), "float32", threads=1), z)
        for found, wanted in zip(lower, expected[: index + 1], strict=True):
            assert_near(found, wanted)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_faces_of_one_turn_are_drawn_as_one_batch_and_as_each_alone(form: GraphVariant) -> None:
    layers, z = fold(SETTINGS, random_arrays(SETTINGS, seed=2)), some_latents(SETTINGS)

    def build() -> Any:
        return build_graph(SETTINGS, layers, form)

    engine = OpenVinoEngine(build(), "float32", threads=1, build=build)
    (alone,) = drawn(engine, z)
    for _ in range(2):  # one after another until the batch is ready, then together
        together = engine.draw_together(z)
        assert_near(np.stack(together), alone)
        engine.wait(60.0)
    assert all(picture.base is together[0].base for picture in together), "three pictures of one batch"
    again = engine.draw_together(z[::-1].copy())
    assert_near(np.stack(again)[::-1], alone)
    assert_near(np.stack(together), alone)  # nobody's picture is written over


@pytest.mark.parametrize("form", candidates("bfloat16", has_bfloat16=True), ids=str)
def test_bfloat16_stays_near_float32_in_every_form(form: GraphVariant) -> None:
    layers, z = fold(SETTINGS, random_arrays(SETTINGS, seed=2)), some_latents(SETTINGS, 8)
    (expected,) = drawn(OpenVinoEngine(build_graph(SETTINGS, layers, FORMS[0]), "float32", threads=1), z)
    try:
        engine = OpenVinoEngine(build_graph(SETTINGS, layers, form), "bfloat16", threads=1)
    except RuntimeError as error:
        pytest.skip(f"this processor has no bfloat16: {error}")
    (found,) = drawn(engine, z)
    difference = np.abs(found.astype(int) - expected.astype(int))
    assert difference.mean() < 1.5
    assert np.quantile(difference, 0.99) <= 16


def test_a_picture_is_its_own_memory() -> None:
    engine = OpenVinoEngine(
        build_graph(SETTINGS, fold(SETTINGS, random_arrays(SETTINGS)), GraphVariant()), "float32", 1
    )
    first, second = some_latents(SETTINGS, 2)[:, None]
    (kept,) = engine.draw(first)
    copy = kept.copy()
    assert not np.array_equal(engine.draw(second)[0], copy)
    assert np.array_equal(kept, copy) and kept.flags.c_contiguous


def test_unfusing_gives_back_what_was_fused() -> None:
    official = np.random.default_rng(1).standard_normal((3, 3, 5, 7)).astype(np.float32)  # transposed: (..., out, in)
    padded = np.pad(official, [(1, 1), (1, 1), (0, 0), (0, 0)])
    fused = padded[1:, 1:] + padded[:-1, 1:] + padded[1:, :-1] + padded[:-1, :-1]
    assert np.abs(unfuse_upscale(fused) - official[::-1, ::-1].transpose(0, 1, 3, 2)).max() < 1e-5
