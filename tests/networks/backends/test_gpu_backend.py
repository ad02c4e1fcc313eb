"""The generator as a graphics card runs it, here by JAX on the processor, and how a card is found or not."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.core.errors import CudaError, ModelError
from engine.networks.backends import gpu_backend
from engine.networks.backends.generator_runtime import open_generator
from engine.networks.backends.gpu_backend import GpuRuntime, choose_backend, open_on_gpu
from engine.networks.generator.preview_rgb import FILE_NAME as PREVIEW_FILE
from engine.networks.generator.preview_rgb import fit_preview_rgb, write_preview_rgb
from engine.networks.persona import Persona, load_generator
from engine.networks.pggan.architecture import GeneratorSettings
from engine.networks.pggan.latent_sphere import seed_latent
from engine.networks.pggan.weight_file import read_network
from engine.system.cuda_driver import CudaDriver
from engine.types import DeviceImage
from tests.networks.reference_pggan import generate
from tests.render.fake_cuda import FakeCuda
from tests.tiny_persona import write_tiny_persona


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Persona:
    return Persona.open(write_tiny_persona(tmp_path_factory.mktemp("models") / "tiny", resolution=16, seed=5))


def expected(persona: Persona, z: np.ndarray) -> np.ndarray:
    """(H, W, 3) levels of the plain form, by NumPy."""
    settings, arrays = read_network(persona.generator_path, GeneratorSettings)
    picture = generate(settings, arrays, z[None])[0].transpose(1, 2, 0)
    return np.clip(np.round((picture + 1) * 127.5), 0, 255)


class Borrowed:
    """What CuPy makes of another framework's memory."""

    def __init__(self, lender: Any) -> None:
        self._pixels = np.from_dlpack(lender)
        self.shape = self._pixels.shape
        self.flags = SimpleNamespace(c_contiguous=self._pixels.flags.c_contiguous)

    def get(self) -> np.ndarray:
        return self._pixels.copy()


@pytest.fixture
def cupy(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    module = SimpleNamespace(from_dlpack=Borrowed)
    monkeypatch.setitem(sys.modules, "cupy", module)
    yield module


@pytest.mark.parametrize(("precision", "levels"), [("float32", 1), ("bfloat16", 16)])
def test_it_draws_what_the_plain_form_draws(tiny: Persona, precision: str, levels: int) -> None:
    z = seed_latent(3, tiny.settings.latent_size)
    picture = GpuRuntime(tiny, "jax", precision).open(16).draw_one(z)
    assert isinstance(picture, np.ndarray) and picture.dtype == np.uint8 and picture.shape == (16, 16, 4)
    assert (picture[..., 3] == 255).all()
    assert np.abs(picture[..., :3] - expected(tiny, z)).max() <= levels


def test_a_picture_that_stays_on_the_card_is_the_frameworks_own_memory(tiny: Persona, cupy: SimpleNamespace) -> None:
    z = seed_latent(3, tiny.settings.latent_size)
    stays = [True]
    generator = GpuRuntime(tiny, "jax", "float32", lambda: stays[0]).open(16)
    image = generator.draw_one(z)
    assert isinstance(image, DeviceImage)
    stays[0] = False
    picture = generator.draw_one(z)
    assert isinstance(picture, np.ndarray), "asked again for each picture"
    assert (image.to_host() == picture).all() and image.shape == (16, 16, 4)
    assert (image.darkest, image.brightest) == (picture[..., :3].min(), picture[..., :3].max())


def test_a_picture_that_cupy_does_not_take_leaves_the_card_and_that_is_said_once(
    tiny: Persona, cupy: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    def refuses(lender: Any) -> None:
        raise BufferError("of another\nversion")

    cupy.from_dlpack = refuses
    generator = GpuRuntime(tiny, "jax", "float32", lambda: True).open(16)
    for seed in range(2):
        z = seed_latent(seed, tiny.settings.latent_size)
        picture = generator.draw_one(z)
        assert isinstance(picture, np.ndarray)
        assert np.abs(picture[..., :3] - expected(tiny, z)).max() <= 1
    assert [record.message for record in caplog.records] == [
        "drawn faces are copied off the graphics card: CuPy cannot take over a picture of jax: of another version"
    ]


def test_rows_in_another_order_are_not_taken_for_a_picture(cupy: SimpleNamespace) -> None:
    cupy.from_dlpack = lambda lender: SimpleNamespace(flags=SimpleNamespace(c_contiguous=False))
    with pytest.raises(CudaError, match="torch does not store pictures as rows, columns, colours"):
        gpu_backend.as_cupy(None, "torch")


def test_it_draws_the_resolutions_on_the_way(tmp_path: Path) -> None:
    folder = write_tiny_persona(tmp_path / "grown", resolution=16, seed=5)
    persona = Persona.open(folder)
    layers, errors = fit_preview_rgb(load_generator(persona.generator_path), count=16)
    write_preview_rgb(folder / PREVIEW_FILE, layers, persona.generator_sha256, errors)
    z = seed_latent(3, persona.settings.latent_size)
    drawn = GpuRuntime(persona, "jax", "float32").open(16, with_previews=True).draw(z[None])
    assert [picture.shape for picture in drawn] == [(1, 4, 4, 4), (1, 8, 8, 4), (1, 16, 16, 4)]
    assert np.abs(drawn[-1][0, ..., :3] - expected(persona, z)).max() <= 1


def test_without_a_card_the_processor_draws_and_who_insists_is_told(
    tiny: Persona, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def missing() -> None:
        raise CudaError("there is no NVIDIA driver (libcuda.so.1 is not found)")

    monkeypatch.setattr(gpu_backend, "CudaDriver", missing)
    with caplog.at_level(logging.DEBUG):
        assert open_on_gpu(tiny, "auto", lambda: True, is_asked=False) is None
    told = [record for record in caplog.records if "does not run on a graphics card: there is no" in record.message]
    assert [record.levelno for record in told] == [logging.DEBUG], "at most machines nobody needs to hear of it"
    with pytest.raises(ModelError, match=r"the generator cannot run on a graphics card: there is no NVIDIA driver"):
        open_generator(tiny, runtime="gpu")


def test_a_card_without_a_framework_is_told(
    tiny: Persona, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(gpu_backend, "CudaDriver", lambda: CudaDriver(FakeCuda().library))
    monkeypatch.setattr(gpu_backend, "_is_installed", lambda package: False)
    with caplog.at_level(logging.INFO):
        assert open_on_gpu(tiny, "auto", lambda: True, is_asked=False) is None
    assert "does not run on a graphics card: jax is not installed with CUDA: see docs/gpu.md" in caplog.text


def test_with_a_card_it_is_opened_there(tiny: Persona, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(gpu_backend, "CudaDriver", lambda: CudaDriver(FakeCuda().library))
    monkeypatch.setattr(gpu_backend, "_is_installed", lambda package: True)
    monkeypatch.setattr(gpu_backend, "start_backend", started.append)
    generator = open_generator(tiny)
    assert (generator.runtime, generator.precision, started) == ("jax", "bfloat16", ["jax"])
    z = seed_latent(3, generator.latent_size)
    assert np.array_equal(generator(z), generator.batch(z[None])[0])


def test_the_backend_is_the_one_that_keras_has(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = {"torch", "nvidia.cudnn"}
    monkeypatch.setattr(gpu_backend, "_is_installed", installed.__contains__)
    monkeypatch.setitem(sys.modules, "keras", SimpleNamespace(backend=SimpleNamespace(backend=lambda: "jax")))
    with pytest.raises(CudaError, match=r"^jax is not installed with CUDA: see docs/gpu\.md$"):
        choose_backend()
    monkeypatch.delitem(sys.modules, "keras")
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    assert choose_backend() == "tensorflow"
    monkeypatch.setenv("KERAS_BACKEND", "openvino")
    with pytest.raises(CudaError, match=r"^Keras runs on openvino, which has no CUDA here: set KERAS_BACKEND to"):
        choose_backend()
    monkeypatch.delenv("KERAS_BACKEND")
    assert choose_backend() == "torch", "the fastest that is there"
    installed.clear()
    with pytest.raises(CudaError, match=r"^neither JAX, PyTorch nor TensorFlow is installed with CUDA"):
        choose_backend()


FRAMEWORK = """
import os
from types import SimpleNamespace
ROOM = os.environ.get("XLA_PYTHON_CLIENT_PREALLOCATE"), os.environ.get("TF_FORCE_GPU_ALLOW_GROWTH")
told = []
cuda = SimpleNamespace(is_available=lambda: CARDS, device_count=lambda: 1,
                       set_per_process_memory_fraction=lambda *what: told.append(what))
backends = SimpleNamespace(cudnn=SimpleNamespace(benchmark=False))
config = SimpleNamespace(list_physical_devices=lambda kind: ["card"] * CARDS,
                         experimental=SimpleNamespace(set_memory_growth=lambda *what: told.append(what)))
def devices():
    return [SimpleNamespace(platform="gpu" if CARDS else "cpu")]
"""


@pytest.mark.parametrize("backend", ["jax", "torch", "tensorflow"])
@pytest.mark.parametrize("has_card", [True, False])
def test_memory_is_bounded_before_a_framework_is_loaded(
    backend: str, has_card: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"{backend}.py").write_text(f"CARDS = {has_card}\n{FRAMEWORK}", encoding="utf-8")
    monkeypatch.setattr(os, "environ", dict(os.environ))
    for name in ("XLA_PYTHON_CLIENT_PREALLOCATE", "TF_FORCE_GPU_ALLOW_GROWTH"):
        os.environ.pop(name, None)
    os.environ["KERAS_BACKEND"] = "of the operator"
    monkeypatch.setattr(gpu_backend.leave_room, "__defaults__", (os.environ,))
    for name in [name for name in sys.modules if name.partition(".")[0] == backend]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(gpu_backend, "mapped_libraries", lambda: "7f00 r-xp /usr/lib/libc.so.6")
    if has_card:
        gpu_backend.start_backend(backend)
    else:
        with pytest.raises(CudaError, match=f"^{backend} finds no card that it can use$"):
            gpu_backend.start_backend(backend)
    framework = sys.modules.pop(backend)
    assert framework.ROOM == ("false", "true")
    assert len(framework.told) == (has_card and backend != "jax")
    assert os.environ["KERAS_BACKEND"] == (backend if has_card else "of the operator")


def test_tensorflow_is_not_loaded_beside_software_opengl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_backend, "mapped_libraries", lambda: "7f00 r-xp /usr/lib/libLLVM-15.so.1")
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(
        CudaError, match=r"^TensorFlow cannot be loaded beside Mesa's software OpenGL, as both bring an"
    ):
        gpu_backend.start_backend("tensorflow")
