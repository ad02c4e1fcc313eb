"""The run-time form: the same picture as the plain form, on every runtime and backend, and its cache."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import ModelError
from engine.networks.backends import keras_backend
from engine.networks.backends.generator_runtime import open_generator
from engine.networks.generator.folded_network import build_network
from engine.networks.generator.preview_rgb import FILE_NAME as PREVIEW_FILE
from engine.networks.generator.preview_rgb import find_preview_rgb, fit_preview_rgb, write_preview_rgb
from engine.networks.persona import Persona, load_generator
from engine.networks.pggan.architecture import GeneratorSettings
from engine.networks.pggan.latent_sphere import seed_latents
from engine.networks.pggan.weight_file import read_network
from engine.system import openvino_loader
from tests.networks.reference_pggan import generate
from tests.networks.variations import GENERATORS
from tests.tiny_persona import random_arrays, write_tiny_persona

ROOT = Path(__file__).parents[3]
ORACLE = ROOT / "tests" / "oracle"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Persona:
    return Persona.open(write_tiny_persona(tmp_path_factory.mktemp("models") / "tiny", resolution=32, seed=5))


def expected_pixels(pictures: np.ndarray) -> np.ndarray:
    """Finished levels of pictures (N, C, H, W), as floats (N, H, W, 3) so that differences have a sign."""
    levels = np.clip(np.round((pictures.transpose(0, 2, 3, 1) + 1) * 127.5), 0, 255)
    return np.broadcast_to(levels, (*levels.shape[:3], 3))


def assert_agrees(found: np.ndarray, expected: np.ndarray, levels: float = 1) -> None:
    assert found.dtype == np.uint8
    assert found.shape == (*expected.shape[:3], 4)
    assert (found[..., 3] == 255).all()
    assert np.abs(found[..., :3] - expected).max() <= levels


@pytest.mark.parametrize("name", GENERATORS)
def test_folded_form_agrees_with_the_plain_form(name: str) -> None:
    variation = GENERATORS[name]
    arrays = random_arrays(variation, seed=6)
    if not variation.use_wscale:
        arrays = {key: value * 0.2 for key, value in arrays.items()}
    z = seed_latents([3, 4], variation.latent_size)
    found = np.asarray(build_network(variation, arrays)(z))
    assert_agrees(found, expected_pixels(generate(variation, arrays, z)))


def run_apart(program: str, **environment: str) -> str:
    """What a Python program prints that runs from the repository's root in a process of its own."""
    surroundings = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", **environment}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_plain_and_folded_form_agree_over_random_configurations_on_tensorflow() -> None:
    said = json.loads(run_apart("from tests.networks.random_configurations import main; main(count=60, seed=1)"))
    assert (said["backend"], said["count"]) == ("tensorflow", 60)
    assert said["plain"] < 1e-4
    assert said["levels"] <= 1


def draw_with_tensorflow(persona: Persona, z: np.ndarray, precision: str, folder: Path) -> np.ndarray:
    """Pictures of latents by the runtime `tensorflow`, drawn in a process of its own."""
    np.save(folder / "latents.npy", z)
    run_apart(
        "from pathlib import Path; import numpy as np\n"
        "from engine.networks.persona import Persona\n"
        "from engine.networks.backends.generator_runtime import open_generator\n"
        f"folder, persona = Path({str(folder)!r}), Persona.open(Path({str(persona.folder)!r}))\n"
        f"generator = open_generator(persona, runtime='tensorflow', precision={precision!r})\n"
        f"assert (generator.runtime, generator.precision) == ('tensorflow', {precision!r})\n"
        "np.save(folder / 'pictures.npy', generator.batch(np.load(folder / 'latents.npy')))\n"
    )
    return np.load(folder / "pictures.npy")


def test_openvino_and_tensorflow_agree_with_the_published_pictures(tmp_path: Path) -> None:
    folder = write_tiny_persona(tmp_path / "oracle")
    (folder / "generator.safetensors").write_bytes((ORACLE / "small64.safetensors").read_bytes())
    persona, oracle = Persona.open(folder), np.load(ORACLE / "small64.npz")
    expected = expected_pixels(oracle["images"])
    generator = open_generator(persona, runtime="openvino", precision="float32")
    assert (generator.runtime, generator.precision, generator.size_px) == ("openvino", "float32", 64)
    assert_agrees(generator.batch(oracle["latents"]), expected)
    assert_agrees(draw_with_tensorflow(persona, oracle["latents"], "float32", tmp_path), expected)


def test_bfloat16_stays_near_float32(tiny: Persona, tmp_path: Path) -> None:
    z = seed_latents(range(4), tiny.settings.latent_size)
    expected = open_generator(tiny, precision="float32").batch(z).astype(int)[..., :3]
    openvino_s = open_generator(tiny, runtime="openvino", precision="bfloat16").batch(z)
    for found in (openvino_s, draw_with_tensorflow(tiny, z, "bfloat16", tmp_path)):
        difference = np.abs(found[..., :3] - expected)  # random weights saturate many pixels, the worst case for it
        assert difference.mean() < 1.5
        assert np.quantile(difference, 0.99) <= 16


def test_one_latent_is_drawn_as_in_a_batch(tiny: Persona) -> None:
    generator = open_generator(tiny)
    z = seed_latents(range(3), generator.latent_size)
    batch = generator.batch(z)
    kept = [generator(row) for row in z]  # each is its own memory: the next drawing must not change it
    assert batch.shape == (3, 32, 32, 4)
    assert all(np.array_equal(one, other) for one, other in zip(batch, kept, strict=True))
    assert not np.array_equal(kept[0], kept[1])
    assert kept[0].flags.c_contiguous
    assert generator.batch(z[:0]).shape == (0, 32, 32, 4)
    with pytest.raises(ValueError, match=r"latents must have the shape \(N, 16\), not \(1, 17\)"):
        generator(np.zeros(17, np.float32))


def test_a_face_is_drawn_at_every_resolution_on_the_way(tiny: Persona, tmp_path: Path) -> None:
    persona = Persona.open(Path(shutil.copytree(tiny.folder, tmp_path / "tiny")))
    z = seed_latents([5], 16)[0]
    plain = open_generator(tiny, precision="float32")
    assert [picture.shape for picture in plain.growth(z)] == [(32, 32, 4)]
    model = load_generator(persona.generator_path)
    layers, errors = fit_preview_rgb(model, count=16)
    write_preview_rgb(persona.folder / PREVIEW_FILE, layers, persona.generator_sha256, errors)
    *previews, finished = open_generator(persona, precision="float32").growth(z)
    assert np.abs(finished.astype(int) - plain(z)).max() <= 1
    trunk = model.trunk(z[None])
    for lod, found in zip((3, 2, 1), previews, strict=True):
        layer = model.by_name[f"ToRGB_lod{lod}"]
        layer.weight.assign(layers[f"preview_rgb_lod{lod}/weight"])
        layer.bias.assign(layers[f"preview_rgb_lod{lod}/bias"])
        expected = np.asarray(model.to_rgb(trunk[lod], lod)).transpose(0, 3, 1, 2)
        assert_agrees(found[None], expected_pixels(expected))


def test_preview_layers_of_another_generator_cost_only_the_growth(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    persona = Persona.open(write_tiny_persona(tmp_path / "tiny", resolution=16, seed=3))
    write_preview_rgb(persona.folder / PREVIEW_FILE, {}, "another", {})
    with caplog.at_level(logging.WARNING):
        assert find_preview_rgb(persona) == {}
    assert "tiny is drawn without its preview layers" in caplog.text


def test_drawing_needs_neither_tensorflow_nor_keras(tiny: Persona) -> None:
    z = seed_latents([7], tiny.settings.latent_size)[0]
    here = open_generator(tiny, precision="float32")(z)
    printed = run_apart(
        "import sys; from pathlib import Path; import numpy as np\n"
        "from engine.networks.pggan.latent_sphere import seed_latent\n"
        "from engine.networks.persona import Persona\n"
        "from engine.networks.backends.generator_runtime import open_generator\n"
        f"persona = Persona.open(Path({str(tiny.folder)!r}))\n"
        f"generator = open_generator(persona, precision='float32')\n"
        "picture = generator(seed_latent(7, persona.settings.latent_size))\n"
        "loaded = sorted({'tensorflow', 'keras', 'jax', 'mediapipe'} & set(sys.modules))\n"
        "assert sys.modules['openvino_telemetry'] is None\n"
        "print(generator.runtime, loaded, int(picture.sum()))\n"
    )
    assert printed == f"openvino [] {int(here.sum())}\n"


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_without_openvino_keras_draws_and_the_log_says_why(tiny: Persona, tmp_path: Path, backend: str) -> None:
    z = seed_latents([9], tiny.settings.latent_size)[0]
    expected = open_generator(tiny, precision="float32")(z)
    printed = run_apart(
        "import logging, sys; from pathlib import Path; import numpy as np\n"
        "logging.basicConfig(stream=sys.stdout); sys.modules['openvino'] = None\n"
        "from engine.networks.pggan.latent_sphere import seed_latent\n"
        "from engine.networks.persona import Persona\n"
        "from engine.networks.backends.generator_runtime import open_generator\n"
        f"generator = open_generator(Persona.open(Path({str(tiny.folder)!r})), precision='float32')\n"
        f"np.save({str(tmp_path / 'picture.npy')!r}, generator(seed_latent(9, 16)))\n"
        "print(generator.runtime)\n",
        KERAS_BACKEND=backend,
    )
    assert f"OpenVINO cannot run the generator, Keras on {backend} does: import of openvino halted" in printed
    assert printed.splitlines()[-1] == backend
    assert np.abs(np.load(tmp_path / "picture.npy").astype(int) - expected).max() <= 1


def test_keras_takes_jax_where_tensorflow_is_missing_or_cannot_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.setattr(keras_backend, "mapped_libraries", lambda: "7f00 r-xp /usr/lib/libc.so.6")
    assert keras_backend.keras_backend() == "tensorflow"
    monkeypatch.setattr(keras_backend, "mapped_libraries", lambda: "7f00 r-xp /usr/lib/libLLVM-15.so.1")
    assert keras_backend.keras_backend() == "jax"
    monkeypatch.setattr(keras_backend, "mapped_libraries", lambda: "")
    monkeypatch.setattr(keras_backend, "find_spec", lambda name: None)
    assert keras_backend.keras_backend() == "jax"
    with pytest.raises(ModelError, match="tensorflow is not installed: use the runtime openvino, or `make dev`"):
        keras_backend.KerasRuntime(GeneratorSettings(16), lambda: ((), ()), "tensorflow", "float32", None)


def test_a_runtime_that_was_asked_for_and_does_not_work_is_told(tiny: Persona, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras_backend, "mapped_libraries", lambda: "7f00 r-xp /usr/lib/libLLVM-15.so.1")
    with pytest.raises(ModelError, match="TensorFlow cannot be loaded beside Mesa's software OpenGL"):
        open_generator(tiny, runtime="tensorflow")
    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.setattr(openvino_loader, "openvino_core", openvino_loader.import_openvino)  # not the one that is open
    with pytest.raises(ModelError, match=r"OpenVINO cannot run .*generator\.safetensors: import of openvino halted"):
        open_generator(tiny, runtime="openvino")


@pytest.mark.parametrize("backend", ["jax", "tensorflow"])
def test_the_same_file_gives_the_same_picture_on_every_backend(backend: str, tiny: Persona, tmp_path: Path) -> None:
    z = seed_latents([11], tiny.settings.latent_size)
    settings, arrays = read_network(tiny.generator_path, GeneratorSettings)
    pixels = open_generator(tiny, runtime="openvino", precision="float32").batch(z)
    output = tmp_path / f"{backend}.npz"
    run_apart(
        "from pathlib import Path; import sys; import keras; import numpy as np\n"
        "from engine.networks.generator.folded_network import build_network\n"
        "from engine.networks.pggan.latent_sphere import seed_latents\n"
        "from engine.networks.persona import GeneratorSettings, load_generator\n"
        "from engine.networks.pggan.weight_file import read_network\n"
        f"assert keras.backend.backend() == {backend!r}\n"
        f"path = Path({str(tiny.generator_path)!r})\n"
        "z = seed_latents([11], 16)\n"
        "folded = build_network(*read_network(path, GeneratorSettings))(z)\n"
        f"np.savez({str(output)!r}, plain=np.asarray(load_generator(path)(z)), pixels=np.asarray(folded))\n",
        KERAS_BACKEND=backend,
    )
    drawn = np.load(output)
    expected = generate(settings, arrays, z).transpose(0, 2, 3, 1)
    assert np.abs(drawn["plain"] - expected).max() < 1e-4
    assert np.abs(drawn["pixels"].astype(int) - pixels).max() <= 1


def test_what_cannot_be_shown_is_refused(tmp_path: Path, tiny: Persona) -> None:
    odd = Persona.open(write_tiny_persona(tmp_path / "odd", num_channels=5))
    with pytest.raises(ModelError, match="draws 5 channels; only grey and colour can be shown"):
        open_generator(odd)
    with pytest.raises(ModelError, match="there is no runtime 'tensorrt'; there are auto, openvino, tensorflow, jax"):
        open_generator(tiny, runtime="tensorrt")
    with pytest.raises(ModelError, match="there is no precision 'float16'; there are auto, float32, bfloat16"):
        open_generator(tiny, precision="float16")
