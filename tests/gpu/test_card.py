"""A real card: the driver and CuPy answer as the fake ones of the other tests do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.system.cuda_driver import CudaDriver

pytestmark = [pytest.mark.gpu, pytest.mark.filterwarnings("default")]  # other people's packages may warn


def test_the_driver_says_what_the_card_is(driver: CudaDriver) -> None:
    assert driver.device_count() >= 1
    assert driver.computes_bfloat16() in (True, False)


def test_cupy_has_what_copies_need(driver: CudaDriver, cupy: Any) -> None:
    cupy.cuda.Device(0).use()
    stream, done = cupy.cuda.Stream(non_blocking=True), cupy.cuda.Event(disable_timing=True)
    pixels = np.arange(16 * 16 * 4, dtype=np.uint8).reshape(16, 16, 4)
    array = cupy.asarray(pixels)
    done.record(stream)
    stream.synchronize()
    assert done.done and stream.ptr
    assert array.strides[0] == 64 and array.data.ptr and array.device.id == 0 and array.flags.c_contiguous
    assert np.array_equal(array.get(), pixels)
    assert callable(cupy.cuda.runtime.memcpy2DToArrayAsync) and cupy.cuda.runtime.memcpyDeviceToDevice == 3
