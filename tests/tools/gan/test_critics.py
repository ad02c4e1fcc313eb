"""Critics on frozen features, beside numbers that PyTorch gave for the same weights and maps."""

from __future__ import annotations

from collections.abc import Mapping

import jax
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.networks.inversion.frozen_features import MAP_CHANNELS, MAP_PX
from tools.gan import critics

# by PyTorch 2.13: scores of two pictures by each head, deviations of the mixed maps, scores after a power iteration
SCORES = ((6.76311, 7.39548), (-3.46769, 0.0564), (0.48739, 2.09485), (0.31663, -0.5308))
DEVIATIONS = (1.22914, 1.58263, 2.70908, 6.3261)
SCORES_AFTER = ((0.48373, 0.48377), (-0.49242, -0.49251), (-0.49264, -0.49011), (-0.51939, -0.50717))
RIGHT_VECTOR = (-0.043972, 0.001275, 0.043643, -0.012521)  # its beginning, of the second convolution


def _wave(count: int, name: str, fan_in: float) -> NDArray[np.float32]:
    return (np.sin(np.arange(count, dtype=np.float64) * 1.7 + len(name)) / fan_in**0.5).astype(np.float32)


def _file() -> dict[str, NDArray[np.float32]]:
    """heads.safetensors with weights by a formula, in PyTorch's layouts."""
    heads, vectors = critics.fresh_heads(np.random.default_rng(0))
    arrays = {}
    for name, like in critics.to_file(heads, vectors, critics.fresh_mixing(np.random.default_rng(1))).items():
        value = _wave(like.size, name, max(1, like[0].size)).reshape(like.shape)
        arrays[name] = value / np.linalg.norm(value) if name.endswith(("_u", "_v")) else value
    return arrays


def _maps() -> list[NDArray[np.float32]]:
    sizes = zip(MAP_CHANNELS, MAP_PX, strict=True)
    return [_wave(2 * c * px * px, str(c), 1).reshape(2, px, px, c) for c, px in sizes]


def test_critics_agree_with_pytorch() -> None:
    heads, vectors, mixing = critics.from_file(_file())

    @jax.jit
    def judged(maps: list[NDArray[np.float32]], vectors: Mapping[str, NDArray[np.float32]]) -> object:
        mixed = critics.mixed(mixing, maps)
        return mixed, critics.scores(heads, vectors, mixed)

    mixed, scores = judged(_maps(), vectors)  # type: ignore[misc]
    assert [float(x.std(ddof=1)) for x in mixed] == pytest.approx(DEVIATIONS, rel=1e-3)
    for found, expected in zip(scores, SCORES, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=2e-3)
    after = {name: np.asarray(vector) for name, vector in critics.iterated(heads, vectors).items()}
    for found, expected in zip(judged(_maps(), after)[1], SCORES_AFTER, strict=True):  # type: ignore[index]
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)
    saved = critics.to_file(heads, after, mixing)
    assert saved["0.net.2.parametrizations.weight.0._v"][:4] == pytest.approx(RIGHT_VECTOR, abs=1e-5)


def test_a_file_leaves_as_it_came() -> None:
    arrays = _file()
    left = critics.to_file(*critics.from_file(arrays))
    assert left.keys() == arrays.keys() and all(np.array_equal(left[name], arrays[name]) for name in arrays)


def test_new_heads_know_their_greatest_singular_value() -> None:
    heads, vectors = critics.fresh_heads(np.random.default_rng(2))
    name = "1.net.2"
    matrix = heads[f"{name}.parametrizations.weight.original"].reshape(-1, 64)
    left, right = (vectors[f"{name}.parametrizations.weight.0._{letter}"] for letter in "uv")
    assert right @ matrix @ left == pytest.approx(np.linalg.norm(matrix, 2), rel=1e-4)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"0.net.0.bias": None}, "it lacks '0.net.0.bias'"),
        ({"0.net.1.bias": np.zeros(64, np.float32)}, "it holds '0.net.1.bias'"),
        ({"0.net.0.bias": np.zeros(3, np.float32)}, r"0.net.0.bias has the shape \(3,\)"),
    ],
)
def test_other_critics_are_told(change: dict[str, NDArray[np.float32] | None], complaint: str) -> None:
    arrays = {name: array for name, array in {**_file(), **change}.items() if array is not None}
    with pytest.raises(ValueError, match=complaint):
        critics.from_file(arrays)
