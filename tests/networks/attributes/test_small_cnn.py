"""The small network: OpenVINO computes what Keras trained; files that are not of it are refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import ModelError
from engine.networks.attributes.classifier import IMPORTED_FILE, OWN_FILE, AttributeReader, attributes_path
from engine.networks.attributes.small_cnn import ANSWERS, small_attribute_shapes, small_network_input
from engine.networks.pggan.weight_file import Arrays, read_arrays, write_arrays
from tools.attributes.calibration import softmax
from tools.attributes.network import build_network, folded_weights, read_logits

ROOT = Path(__file__).resolve().parents[3]


def random_weights(seed: int = 0) -> Arrays:
    random = np.random.default_rng(seed)
    return {
        name: (random.standard_normal(shape) * (2 / max(1, np.prod(shape[:-1]))) ** 0.5).astype(np.float16)
        for name, shape in small_attribute_shapes().items()
    }


def squares(count: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, 64, 64), np.uint8)


def test_what_is_shown_is_what_was_trained(tmp_path: Path) -> None:
    network = build_network(3)
    for number in (1, 2, 3, 4):  # as training leaves them: not 0 and 1
        norm = network.get_layer(f"norm{number}")
        random = np.random.default_rng(number)
        norm.set_weights([random.uniform(0.5, 1.5, each.shape) for each in norm.get_weights()])
    path = tmp_path / "weights.safetensors"
    write_arrays(path, folded_weights(network, {"age": 2.0}), {})
    greys = squares(3)
    logits, reader = read_logits(network, greys), AttributeReader(path)
    for index, grey in enumerate(greys):
        found = reader(np.repeat(grey[..., None], 3, axis=-1))
        assert np.allclose(found["age"], softmax(logits["age"] / 2)[index], atol=1e-4)
        assert np.allclose(found["gender"], softmax(logits["gender"])[index], atol=1e-4)
    assert np.ptp(logits["age"], axis=0).max() > 0.01  # it looks at the picture


def test_light_and_exposure_do_not_matter() -> None:
    grey = squares(1) // 2
    assert np.allclose(small_network_input(grey), small_network_input(grey * 2), atol=1e-5)
    assert np.abs(small_network_input(np.full((1, 64, 64), 7, np.uint8))).max() == 0
    with pytest.raises(ValueError, match=r"squares must have the shape \(N, 64, 64\), not \(64, 64\)"):
        small_network_input(grey[0])


def test_the_network_that_ships_is_whole_and_small() -> None:
    path = ROOT / "models" / OWN_FILE
    assert path.stat().st_size < 1 << 20
    reader = AttributeReader(path)
    answer = reader(np.repeat(squares(1)[0][..., None], 3, axis=-1))
    assert {name: len(each) for name, each in answer.items()} == {name: len(each) for name, each in ANSWERS.items()}
    assert all(abs(each.sum() - 1) < 1e-5 for each in answer.values())


def test_weights_survive_a_file(tmp_path: Path) -> None:
    weights = random_weights()
    write_arrays(tmp_path / "weights.safetensors", weights, {})
    assert all(
        np.array_equal(array, weights[name]) for name, array in read_arrays(tmp_path / "weights.safetensors").items()
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda weights: weights.pop("age/bias"), "age/bias is missing, has another shape or does not belong there"),
        (lambda weights: weights.update({"descent/bias": weights["age/bias"]}), "descent/bias is missing"),
        (lambda weights: weights.update({"age/bias": weights["age/bias"][:2]}), "age/bias is missing, has another"),
        (lambda weights: weights.update({"age/bias": weights["age/bias"] * np.float16("nan")}), "is not finite"),
    ],
)
def test_weights_that_do_not_fit_are_refused(change: object, message: str, tmp_path: Path) -> None:
    weights = random_weights()
    change(weights)  # type: ignore[operator]
    path = tmp_path / "weights.safetensors"
    write_arrays(path, weights, {})
    with pytest.raises(ModelError, match=message):
        AttributeReader(path)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    write_arrays(path, random_weights(), {})
    content = path.read_bytes()
    for damaged, message in ((content[:-9], "cut short"), (content[:5], "damaged"), (b"\xff" * 99, "damaged")):
        path.write_bytes(damaged)
        with pytest.raises(ModelError, match=message):
            AttributeReader(path)
    with pytest.raises(ModelError, match="is missing"):
        AttributeReader(tmp_path / "nothing.safetensors")


def test_an_imported_network_takes_the_place_of_our_own(tmp_path: Path) -> None:
    assert attributes_path(tmp_path) == tmp_path / OWN_FILE
    (tmp_path / IMPORTED_FILE).touch()
    assert attributes_path(tmp_path) == tmp_path / IMPORTED_FILE
