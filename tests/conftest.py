"""What tests share: an OpenGL context, golden pictures, the repository's shaders and scenes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

# Before anything imports Keras: TensorFlow and Mesa's software OpenGL each bring an LLVM and crash in one process, so
# here Keras runs on JAX. What needs TensorFlow is tested in processes of its own.
os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"

import moderngl
import numpy as np
import pytest
from PIL import Image

from engine.render.gl.shader_library import ShaderLibrary
from engine.types import ByteArray

ROOT = Path(__file__).resolve().parent.parent
GOLDEN_FOLDER = ROOT / "tests" / "golden"
FAILURE_FOLDER = ROOT / "tests" / "failures"
DIFFERENCE_SHOWN_TIMES = 8

CompareGolden = Callable[..., None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regenerate", action="store_true", help="write the golden pictures anew instead of comparing")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is measured in tests stays out of the user's cache, and is shared by all processes of a session."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "user_cache"
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NARCISSUS_CACHE", str(folder))
        patch.setenv("NARCISSUS_CONFIG", str(folder / "settings"))
        yield


@pytest.fixture(scope="session")
def _context() -> Iterator[moderngl.Context]:
    """The only context of a session that tests draw with; this is the only place where one is made for them."""
    try:
        context = moderngl.create_context(standalone=True, backend="egl", require=330)
    except Exception as error:  # ModernGL raises bare Exceptions of several kinds where there is no OpenGL
        pytest.skip(f"no OpenGL 3.3 through EGL: {error}")
    yield context
    context.release()


@pytest.fixture
def gl(_context: moderngl.Context) -> Iterator[moderngl.Context]:
    """The context, made current, with no error pending before the test or after it."""
    _context.__enter__()
    assert _context.error == "GL_NO_ERROR"
    yield _context
    _context.__enter__()  # a test may have made another one current
    assert _context.error == "GL_NO_ERROR"
    _context.__exit__(None, None, None)


@pytest.fixture(scope="session")
def library() -> ShaderLibrary:
    """The shaders that ship."""
    return ShaderLibrary(ROOT / "shaders")


@pytest.fixture
def compare_golden(request: pytest.FixtureRequest) -> CompareGolden:
    """Compare a picture with tests/golden/NAME.png, or write it, with `--regenerate`.

    Drivers differ in their last bits, and grain makes more of that: what counts is the mean difference over blocks of
    4 px, its 99th percentile, and the mean over all.
    """

    def compare(picture: ByteArray, name: str, *, block_levels: float = 10.0, mean_levels: float = 1.5) -> None:
        assert re.fullmatch(r"[a-z0-9_]+", name)
        path = GOLDEN_FOLDER / f"{name}.png"
        if request.config.getoption("--regenerate"):
            GOLDEN_FOLDER.mkdir(exist_ok=True)
            Image.fromarray(picture).save(path, optimize=True)
            return
        assert path.is_file(), f"no {path.relative_to(ROOT)}; run pytest --regenerate and look at what it writes"
        expected = np.asarray(Image.open(path).convert("RGB"))
        assert picture.shape == expected.shape
        difference = np.abs(_blocks(picture) - _blocks(expected))
        worst, mean = float(np.percentile(difference, 99)), float(difference.mean())
        if worst > block_levels or mean > mean_levels:
            _save_failure(picture, expected, name)
            pytest.fail(
                f"{name} differs: mean {mean:.2f}, 99th percentile {worst:.1f} of 255; see tests/failures/{name}_*"
            )

    return compare


def _blocks(picture: ByteArray, side: int = 4) -> np.ndarray:
    height, width = (length // side * side for length in picture.shape[:2])
    cut = picture[:height, :width].astype(np.float32)
    return cut.reshape(height // side, side, width // side, side, -1).mean(axis=(1, 3))  # (H/4, W/4, C)


def _save_failure(picture: ByteArray, expected: ByteArray, name: str) -> None:
    FAILURE_FOLDER.mkdir(exist_ok=True)
    difference = np.abs(picture.astype(np.int16) - expected.astype(np.int16)) * DIFFERENCE_SHOWN_TIMES
    Image.fromarray(picture).save(FAILURE_FOLDER / f"{name}_drawn.png")
    Image.fromarray(np.minimum(difference, 255).astype(np.uint8)).save(FAILURE_FOLDER / f"{name}_difference.png")
