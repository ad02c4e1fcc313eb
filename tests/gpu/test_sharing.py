"""Pictures on a real card reach a real OpenGL texture, byte for byte; what it took is recorded and not judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from engine.core.errors import CudaError
from engine.networks.backends.gpu_backend import as_cupy
from engine.types import DeviceImage

pytest.importorskip("moderngl", reason="ModernGL is not installed")

from engine.render.gl.cuda_interop import DeviceCopies, SharedTexture
from engine.render.gl.gl_functions import GlCalls
from engine.render.gl.texture import PixelTexture
from engine.render.gl.texture_upload import open_transfer, probe, start_cuda
from tools.bench.gpu.upload import measure_uploads

pytestmark = [pytest.mark.gpu, pytest.mark.filterwarnings("default")]  # other people's packages may warn


@pytest.fixture
def copies(card_gl: Any, cupy: Any) -> DeviceCopies:
    try:
        return start_cuda(card_gl)
    except CudaError as error:
        pytest.fail(f"OpenGL is NVIDIA's and CuPy is installed, but {error}")


@pytest.fixture
def texture(card_gl: Any, copies: DeviceCopies) -> Iterator[SharedTexture]:
    made = SharedTexture(PixelTexture(card_gl, GlCalls()), copies)
    yield made
    made.close()


def picture(seed: int, size: int = 1024) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (size, size, 4)).astype(np.uint8)


def found(texture: SharedTexture) -> np.ndarray:
    shown = texture.texture
    return np.frombuffer(shown.read(), np.uint8).reshape(shown.height, shown.width, 4)


def test_the_probes_verdict(card_gl: Any, copies: DeviceCopies) -> None:
    probe(card_gl, GlCalls(), copies)
    assert open_transfer(card_gl, GlCalls(), "cuda").note == "shared by CUDA"


def test_pictures_arrive_byte_for_byte_whatever_their_size(texture: SharedTexture, copies: DeviceCopies) -> None:
    for seed, size in enumerate((1024, 1024, 128, 4, 1024)):
        texture.write(copies.upload(picture(seed, size)))
        assert np.array_equal(found(texture), picture(seed, size)), f"{size} px"


def test_both_ways_go_into_one_texture_in_turn(texture: SharedTexture, copies: DeviceCopies) -> None:
    for seed in range(6):
        texture.write(copies.upload(picture(seed)) if seed % 2 else picture(seed))
        assert np.array_equal(found(texture), picture(seed))


def test_a_source_may_be_forgotten_at_once(texture: SharedTexture, copies: DeviceCopies, cupy: Any) -> None:
    for seed in range(8):
        texture.write(copies.upload(picture(seed)))
        cupy.zeros((1024, 1024, 4), cupy.uint8)  # would take the memory if it were free
    assert np.array_equal(found(texture), picture(7))


def _from_jax(pixels: np.ndarray) -> Any:
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    if jax.default_backend() != "gpu":
        pytest.skip("JAX does not run on the card here: run tests/gpu alone, as tools.gpu_report does")
    return jax.block_until_ready(jax.numpy.asarray(pixels))


def _from_torch(pixels: np.ndarray) -> Any:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    if not torch.cuda.is_available():
        pytest.skip("PyTorch does not run on the card here")
    tensor = torch.from_numpy(pixels).cuda()
    torch.cuda.synchronize()
    return tensor


@pytest.mark.parametrize(("backend", "lend"), [("jax", _from_jax), ("torch", _from_torch)])
def test_what_a_framework_drew_arrives(
    backend: str, lend: Callable[[np.ndarray], Any], texture: SharedTexture, cupy: Any
) -> None:
    array = as_cupy(lend(picture(3)), backend)
    texture.write(DeviceImage(array, 0, 255))
    del array
    assert np.array_equal(found(texture), picture(3))


def test_what_an_upload_takes(
    card_gl: Any, copies: DeviceCopies, record_property: Callable[[str, object], None]
) -> None:
    for row in measure_uploads(card_gl, GlCalls(), copies, runs=50):
        record_property(f"{row['way']} {row['size']}", row["call_ms"])
        assert row["done_ms"]["p50"] >= row["call_ms"]["p50"] > 0
