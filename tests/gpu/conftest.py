"""What tests on a card share. They run without the fixtures around them too, where ModernGL is not installed:

python -m pytest tests/gpu --confcutdir tests/gpu
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine.core.errors import CudaError
from engine.system.cuda_driver import CudaDriver


@pytest.fixture(scope="session")
def driver() -> CudaDriver:
    """NVIDIA's driver, with a card."""
    try:
        driver = CudaDriver()
        if driver.device_count() == 0:
            pytest.skip("the NVIDIA driver finds no card")
    except CudaError as error:
        pytest.skip(str(error))
    return driver


@pytest.fixture(scope="session")
def cupy(driver: CudaDriver) -> Any:
    """CuPy, on that card."""
    return pytest.importorskip("cupy", reason="CuPy is not installed")


@pytest.fixture(scope="session")
def card_gl(driver: CudaDriver) -> Iterator[Any]:
    """An OpenGL context of the card's own driver."""
    moderngl = pytest.importorskip("moderngl", reason="ModernGL is not installed")
    try:
        ctx = moderngl.create_context(
            standalone=True, require=330, backend="egl", libgl="libGL.so.1", libegl="libEGL.so.1"
        )
    except Exception as error:  # ModernGL raises bare exceptions
        pytest.skip(f"no OpenGL 3.3 through EGL: {error}")
    if "nvidia" not in ctx.info["GL_VENDOR"].lower():
        renderer = ctx.info["GL_RENDERER"]
        ctx.release()
        pytest.skip(f"OpenGL is {renderer}, not NVIDIA's: install libnvidia-gl, and libegl1 and libgl1")
    yield ctx
    ctx.release()
