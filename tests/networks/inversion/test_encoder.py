"""The encoder: what it answers, and what is said about files that do not fit."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import ModelError
from engine.networks.inversion.encoder import FaceEncoder, open_encoder
from engine.networks.inversion.encoder_file import EncoderContents, read_encoder, read_trained_encoder, write_encoder
from engine.networks.inversion.encoder_graph import build_encoder_graph
from engine.networks.inversion.face_look import face_look_path, read_face_look
from engine.networks.inversion.frozen_features import FEATURES_FOLDER, frozen_features_path, read_frozen_features
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import angle_deg
from engine.networks.pggan.weight_file import read_arrays, read_header, write_arrays
from engine.system.openvino_loader import openvino_core
from engine.types import ByteArray, FloatArray
from tests.tiny_encoder import MODELS, add_tiny_encoder, random_encoder
from tests.tiny_persona import write_tiny_persona

ONE_LOOK = (-0.2537, 0.1844, 1.1143, -1.2875, -2.2611, 0.3923, -1.2823, 0.4231)
ONE_LOOK += (0.1006, 0.9102, 0.6425, -1.7468, 1.0943, -0.3171, -0.3315, 0.4491)
TWO_LOOKS = (-0.149, -0.1683, 1.003, -1.4262, -1.7686, 1.0043, -0.6638, 0.5982)
TWO_LOOKS += (0.8421, 1.185, 0.6859, -1.8643, 0.8104, -0.0001, -1.117, -0.1044)

EXACT = {"INFERENCE_PRECISION_HINT": "f32"}

Change = Callable[[dict[str, np.ndarray], dict[str, str]], None]


@pytest.fixture
def persona(tmp_path: Path) -> Persona:
    return add_tiny_encoder(write_tiny_persona(tmp_path / "tiny"))


def picture(seed: int = 0) -> ByteArray:
    """Coloured clouds (128, 128, 3)."""
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8, 3))
    return np.kron(coarse, np.ones((16, 16, 1))).astype(np.uint8)


@pytest.mark.parametrize(("knows_faces", "expected"), [(False, ONE_LOOK), (True, TWO_LOOKS)])
def test_it_answers_as_the_trainer_that_made_it_does(
    tmp_path: Path, knows_faces: bool, expected: tuple[float, ...]
) -> None:
    """The numbers are what PyTorch makes of the same arrays, by the code that trains encoders."""
    persona = add_tiny_encoder(write_tiny_persona(tmp_path / "tiny"), knows_faces=knows_faces)
    z = open_encoder(persona)(picture())
    assert z.dtype == np.float32 and np.linalg.norm(z) == pytest.approx(4.0, rel=1e-5)
    np.testing.assert_allclose(z, expected, atol=2e-3)


def test_hidden_layers_that_add_nothing_are_neither_kept_nor_computed(tmp_path: Path) -> None:
    """As in an encoder that was computed and never trained; its answers stay what the whole sum is."""
    persona = add_tiny_encoder(write_tiny_persona(tmp_path / "tiny"))
    contents = read_encoder(persona.encoder_path, persona)

    def with_latent(value: float) -> tuple[EncoderContents, int, FloatArray]:
        filled = {name: np.full_like(contents.arrays[name], value) for name in ("latent.weight", "latent.bias")}
        changed = replace(contents, arrays=contents.arrays | filled)
        write_encoder(persona.encoder_path, changed, persona.generator_sha256)
        read = read_encoder(persona.encoder_path, persona)
        model = build_encoder_graph(read)
        products = sum(node.get_type_name() == "MatMul" for node in model.get_ops())
        return read, products, openvino_core().compile_model(model, "CPU", EXACT)([picture()[None]])[0]

    (idle, spared, without), (_, whole, nearly_without) = with_latent(0.0), with_latent(1e-7)
    assert not any(name.startswith(("hidden", "latent")) for name in idle.arrays)
    assert whole - spared == 2
    np.testing.assert_allclose(without, nearly_without, atol=1e-4)


def test_on_a_card_it_answers_as_on_the_processor() -> None:
    """What a graphics card computes by Keras, here on the processor, beside OpenVINO, for the encoder that ships."""
    persona = Persona.open(MODELS / "portraits")
    on_card, looked = open_encoder(persona), open_encoder(persona)
    on_card.prepare(drawn_by="jax")
    for seed in range(3):
        assert float(angle_deg(on_card(picture(seed)), looked(picture(seed)))) < 0.5
    assert float(angle_deg(on_card(picture(0)), on_card(picture(1)))) > 5.0


def test_bfloat16_answers_the_same_but_for_some_degrees(persona: Persona) -> None:
    exact, short = (open_encoder(persona, precision) for precision in ("float32", "bfloat16"))
    apart = [float(angle_deg(exact(picture(seed)), short(picture(seed)))) for seed in range(6)]
    between = float(angle_deg(exact(picture(0)), exact(picture(1))))
    assert max(apart) < 12.0 < between


def test_squares_of_one_turn_are_looked_at_together_and_once(persona: Persona) -> None:
    looked: list[int] = []

    def looks(pixels: ByteArray) -> FloatArray:
        looked.append(len(pixels))
        return pixels[:, 0, :16, 0].astype(np.float32) + 1

    encoder, squares = FaceEncoder(looks, 16), [picture(seed) for seed in range(3)]
    alone = [encoder(square.copy()) for square in squares]
    encoder.look_together(squares[:2])
    assert looked == [1, 1, 1, 2]
    encoder.look_together(squares[1:])  # the one who was not measured anew keeps the answer
    assert looked == [1, 1, 1, 2, 1]
    for square, expected in zip(squares[1:], alone[1:], strict=True):
        np.testing.assert_array_equal(encoder(square), expected)
    assert looked == [1, 1, 1, 2, 1]
    np.testing.assert_array_equal(encoder(squares[0]), alone[0])
    assert looked[-1] == 1 and len(looked) == 6, "what is not of this turn is looked at"
    with pytest.raises(ValueError, match="looks at"):
        encoder.look_together([np.zeros((64, 64, 3), np.uint8)])


def test_two_squares_together_are_answered_as_each_alone(persona: Persona) -> None:
    contents = read_encoder(persona.encoder_path, persona)
    squares = np.stack([picture(0), picture(1)])
    model = build_encoder_graph(contents)
    alone = [openvino_core().compile_model(model, "CPU", EXACT)([square[None]])[0] for square in squares]
    model.reshape([2, 128, 128, 3])
    np.testing.assert_allclose(openvino_core().compile_model(model, "CPU", EXACT)([squares])[0], np.concatenate(alone))


def test_a_square_of_another_size_is_refused(persona: Persona) -> None:
    with pytest.raises(ValueError, match="looks at"):
        open_encoder(persona)(np.zeros((64, 64, 3), np.uint8))


def test_a_network_that_answers_with_no_numbers_is_an_error_and_no_latent() -> None:
    encoder = FaceEncoder(lambda pixels: np.full((1, 16), np.nan, np.float32), 16)
    with pytest.raises(ValueError, match="no direction"):
        encoder(picture())


def _of_another_generator(arrays: dict[str, np.ndarray], metadata: dict[str, str]) -> None:
    metadata["generator_sha256"] = "0123456789abcdef"


def _of_another_crop(arrays: dict[str, np.ndarray], metadata: dict[str, str]) -> None:
    metadata["crop"] = "whole pictures"


def _of_other_features(arrays: dict[str, np.ndarray], metadata: dict[str, str]) -> None:
    metadata["features_sha256"] = "fedcba9876543210"


def _of_another_face_look(arrays: dict[str, np.ndarray], metadata: dict[str, str]) -> None:
    metadata["face_look_sha256"] = "fedcba9876543210"


def _of_another_form(arrays: dict[str, np.ndarray], metadata: dict[str, str]) -> None:
    metadata["format"] = "narcissus-inverter 1"


def _with_nan(arrays: dict[str, np.ndarray], metadata: dict[str, str]) -> None:
    arrays["hidden.weight"][0, 0] = np.nan


def _without_a_layer(arrays: dict[str, np.ndarray], metadata: dict[str, str]) -> None:
    del arrays["parts.bias"]


def _of_another_shape(arrays: dict[str, np.ndarray], metadata: dict[str, str]) -> None:
    arrays["latent.weight"] = arrays["latent.weight"][:-1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_of_another_generator, r"was trained for another generator \(0123456789ab\).*tools\.adopt_generator"),
        (_of_another_crop, r"looks at faces that are cut as 'whole pictures'"),
        (_of_other_features, r"was trained to look with other weights \(fedcba987654\) than .*efficientnet_lite0"),
        (_of_another_face_look, r"was trained to look with other weights \(fedcba987654\) than .*faceres"),
        (_of_another_form, r"is not an encoder for this program"),
        (_with_nan, r"hidden\.weight holds a number that is not finite"),
        (_without_a_layer, r"lacks the array 'parts\.bias'"),
        (_of_another_shape, r"latent\.weight has the shape \(15, 8\), where \(16, 8\) is needed"),
    ],
)
def test_a_file_that_does_not_fit_is_told_in_a_sentence(persona: Persona, change: Change, said: str) -> None:
    path = persona.encoder_path
    arrays, metadata = dict(read_arrays(path)), dict(read_header(path).metadata)
    change(arrays, metadata)
    write_arrays(path, arrays, metadata)
    with pytest.raises(ModelError, match=said) as error:
        read_encoder(path, persona)
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_a_truncated_file_is_told_in_a_sentence(persona: Persona) -> None:
    content = persona.encoder_path.read_bytes()
    persona.encoder_path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelError, match="it is cut short"):
        open_encoder(persona)


def test_a_missing_look_is_told_by_its_path(persona: Persona) -> None:
    (persona.folder.parent / FEATURES_FOLDER).unlink()
    path = frozen_features_path(persona.folder.parent)
    with pytest.raises(ModelError, match=re.escape(f"{path} is missing")):
        open_encoder(persona)


def test_what_a_trainer_leaves_is_read_without_a_persona(tmp_path: Path) -> None:
    arrays = random_encoder(16)
    write_arrays(tmp_path / "encoder.safetensors", {k: v.astype(np.float16) for k, v in arrays.items()}, {})
    again = read_trained_encoder(tmp_path / "encoder.safetensors", 16)
    assert all((again[name] == array).all() for name, array in arrays.items())
    with pytest.raises(ModelError, match=r"latent\.weight has the shape"):
        read_trained_encoder(tmp_path / "encoder.safetensors", 512)


def test_the_networks_that_ship_are_those_of_their_card() -> None:
    features, look = read_frozen_features(frozen_features_path(MODELS)), read_face_look(face_look_path(MODELS))
    assert features.strides.count(2) == 4 and sum(features.skips) == 9
    assert features.arrays["blocks.15.project.weight"].shape == (320, 1152, 1, 1)
    assert look.arrays["blocks.12.pointwise.weight"].shape == (1024, 1024, 1, 1)


@pytest.mark.parametrize(
    ("name", "shape", "said"),
    [
        ("blocks.7.project.bias", None, r"blocks\.7 does not fit the layer before it"),
        ("blocks.3.depthwise.weight", (143, 1, 5, 5), r"blocks\.3 does not fit"),
        ("head.weight", (1, 1), r"'head\.weight' is not part of it"),
    ],
)
def test_other_networks_are_no_features(tmp_path: Path, name: str, shape: tuple[int, ...] | None, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        read_frozen_features(changed(frozen_features_path(MODELS), tmp_path, name, shape))


@pytest.mark.parametrize(
    ("name", "shape", "said"),
    [
        ("blocks.7.pointwise.bias", None, r"'blocks\.7\.pointwise\.bias' does not fit the rest"),
        ("blocks.3.depthwise.weight", (127, 1, 3, 3), r"'blocks\.3\.depthwise\.weight' does not fit the rest"),
        ("age.weight", (1, 1), r"'age\.weight' does not fit the rest"),
    ],
)
def test_other_networks_know_no_faces(tmp_path: Path, name: str, shape: tuple[int, ...] | None, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        read_face_look(changed(face_look_path(MODELS), tmp_path, name, shape))


def changed(path: Path, folder: Path, name: str, shape: tuple[int, ...] | None) -> Path:
    """A copy of a file in which an array has another shape, or is gone."""
    arrays = dict(read_arrays(path))
    arrays.pop(name, None)
    if shape is not None:
        arrays[name] = np.zeros(shape, np.float32)
    write_arrays(folder / path.name, arrays, read_header(path).metadata)
    return folder / path.name
