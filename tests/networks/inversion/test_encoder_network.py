"""Frozen features and encoder in Keras, beside numbers that their trainers' PyTorch gave for the same picture."""

from __future__ import annotations

import json
from typing import Any

import jax
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.networks.inversion.encoder_network import (
    EncoderNetwork,
    FaceFeaturesNetwork,
    FrozenFeaturesNetwork,
    encoder_arrays,
    fill_encoder,
)
from engine.networks.inversion.frozen_features import FEATURES_FILE, read_frozen_features
from engine.networks.pggan.weight_file import read_arrays, read_header
from tests.conftest import ROOT

FEATURES = ROOT / "models" / "features"

# of `_picture()` by PyTorch 2.13 in float32: mean, deviation, channel 5 at row 1, column 2, the last one's lower left
EFFICIENTNET = (
    (-0.5732, 12.65354, 5.60558, 2.86373),
    (-0.15748, 11.41473, 6.86129, 7.79541),
    (-0.02895, 7.60023, -6.45238, 9.20091),
    (0.00184, 1.70611, 4.60954, -2.79914),
)
FACERES = ((0.54075, 0.8201, 0.0, 3.25037), (0.02529, 0.30967, 0.0, 0.0))
LATENT = (-0.85167, -0.92373, -0.99492, -1.5112, -1.56554, -0.90843)  # the first six, with `_weights()`


def _picture() -> NDArray[np.float32]:
    """(1, 64, 64, 3), without a symmetry that could hide an exchange."""
    y, x = np.mgrid[0:64, 0:64].astype(np.float32) / 64
    return np.stack([np.sin(7 * x + 3 * y), np.cos(5 * x * y + 2 * y), np.sin(11 * y - 4 * x)], axis=-1)[None]


def _weights() -> dict[str, NDArray[np.float32]]:
    weights = {}
    for name, array in encoder_arrays(EncoderNetwork()).items():
        count, fan_in = np.arange(array.size, dtype=np.float64), max(1, array[0].size)
        weights[name] = (np.sin(count * 1.7 + len(name)) / fan_in**0.5).astype(np.float32).reshape(array.shape)
    return weights


def _face_features() -> FaceFeaturesNetwork:
    path = FEATURES / "faceres.safetensors"
    return FaceFeaturesNetwork(read_arrays(path), json.loads(read_header(path).metadata["strides"]))


def test_features_and_encoder_agree_with_pytorch() -> None:
    features, face_features = FrozenFeaturesNetwork(read_frozen_features(FEATURES / FEATURES_FILE)), _face_features()
    encoder = EncoderNetwork()
    fill_encoder(encoder, _weights())

    @jax.jit  # layer by layer it would compile for a minute
    def look(picture: Any) -> Any:
        maps, face_maps = features(picture), face_features(picture)
        return maps, face_maps, encoder(maps, face_maps)

    maps, face_maps, latent = look(_picture())
    for found, expected in zip([*maps, *face_maps], EFFICIENTNET + FACERES, strict=True):
        found = np.asarray(found)
        numbers = found.mean(), found.std(), found[0, 1, 2, 5], found[0, -1, 0, -1]
        assert numbers == pytest.approx(expected, abs=1e-3)
    assert np.asarray(latent)[0, :6] == pytest.approx(LATENT, abs=1e-3)
    assert np.linalg.norm(latent) == pytest.approx(512**0.5, rel=1e-5)


def test_an_encoder_leaves_as_it_came() -> None:
    encoder, weights = EncoderNetwork(), _weights()
    fill_encoder(encoder, weights)
    left = encoder_arrays(encoder)
    assert left.keys() == weights.keys()
    assert all(np.array_equal(left[name], weights[name]) for name in weights)


def test_layers_that_a_file_leaves_out_add_nothing() -> None:
    weights = _weights()
    left_out = {name: array for name, array in weights.items() if not name.startswith(("hidden", "latent"))}
    encoder = EncoderNetwork()
    fill_encoder(encoder, left_out)
    filled = encoder_arrays(encoder)
    assert not filled["latent.weight"].any() and not filled["latent.bias"].any()
    assert np.array_equal(filled["direct.weight"], weights["direct.weight"])
    slim = EncoderNetwork(has_hidden=False)
    fill_encoder(slim, left_out)
    assert encoder_arrays(slim).keys() == left_out.keys()
