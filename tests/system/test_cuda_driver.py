"""NVIDIA's driver, and how much of a card's memory is left to OpenGL: what is missing or refused is one sentence."""

from __future__ import annotations

import ctypes
from types import SimpleNamespace

import pytest

from engine.core.errors import CudaError, DeviceError
from engine.system.cuda_driver import CudaDriver
from engine.system.gpu_memory import NETWORK_SHARE, leave_room, limit_loaded
from tests.render.fake_cuda import FakeCuda


def test_a_machine_without_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", missing)
    with pytest.raises(CudaError, match=r"^there is no NVIDIA driver \(.* is not found\)$"):
        CudaDriver()


def test_an_old_driver() -> None:
    cuda = FakeCuda()
    del cuda.library.cuGLGetDevices_v2
    with pytest.raises(CudaError, match=r"^NVIDIA's driver has no cuGLGetDevices_v2: update the driver$"):
        CudaDriver(cuda.library)


def test_a_driver_that_does_not_start() -> None:
    cuda = FakeCuda()
    cuda.failing["cuInit"] = 100
    with pytest.raises(DeviceError, match=r"^cuInit answers an unknown error \(100\)$"):
        CudaDriver(cuda.library)


def test_what_the_cards_are() -> None:
    driver = CudaDriver(FakeCuda(opengl_devices=(1, 3)).library)
    assert driver.device_count() == 1
    assert driver.computes_bfloat16()
    assert driver.opengl_devices() == (1, 3)


def test_frameworks_are_told_before_they_are_loaded_and_the_operator_has_the_last_word() -> None:
    environment = {"TF_FORCE_GPU_ALLOW_GROWTH": "false"}
    leave_room(environment)
    assert environment == {
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        "XLA_PYTHON_CLIENT_MEM_FRACTION": "0.60",
        "TF_FORCE_GPU_ALLOW_GROWTH": "false",
        "CUPY_GPU_MEMORY_LIMIT": "10%",
    }


def test_pytorch_is_told_of_each_card() -> None:
    told: list[tuple[float, int]] = []
    cuda = SimpleNamespace(
        device_count=lambda: 2, set_per_process_memory_fraction=lambda share, card: told.append((share, card))
    )
    limit_loaded("torch", SimpleNamespace(cuda=cuda))
    assert told == [(NETWORK_SHARE, 0), (NETWORK_SHARE, 1)]


def test_tensorflow_grows() -> None:
    told: list[tuple[str, bool]] = []
    experimental = SimpleNamespace(set_memory_growth=lambda card, grows: told.append((card, grows)))
    config = SimpleNamespace(list_physical_devices=lambda kind: [f"{kind}:0"], experimental=experimental)
    limit_loaded("tensorflow", SimpleNamespace(config=config))
    assert told == [("GPU:0", True)]
