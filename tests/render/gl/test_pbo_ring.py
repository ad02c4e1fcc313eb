"""Pixel buffers, mapped for good or ordinary, bring the same bytes, and none is written before it was read."""

from __future__ import annotations

from types import SimpleNamespace

import moderngl
import numpy as np
import pytest

from engine.core.errors import DeviceError
from engine.render.gl.gl_functions import GlCalls
from engine.render.gl.pbo_ring import PERSISTENT_MAPPING_VERSION, RING_LENGTH, PboRing
from engine.render.gl.texture import PixelTexture


def picture(seed: int, shape: tuple[int, int, int]) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


def found(texture: moderngl.Texture) -> np.ndarray:
    data = np.frombuffer(texture.read(alignment=1), np.uint8)
    return data.reshape(texture.height, texture.width, texture.components)


@pytest.mark.parametrize("is_mapped", [True, False])
@pytest.mark.parametrize("shape", [(5, 7, 3), (16, 16, 4), (1, 1, 3)])
def test_both_kinds_bring_the_same_bytes(gl: moderngl.Context, is_mapped: bool, shape: tuple[int, int, int]) -> None:
    if is_mapped and gl.version_code < PERSISTENT_MAPPING_VERSION:
        pytest.skip("this OpenGL is older than 4.4")
    height, width, components = shape
    ring = PboRing(gl, height * width * components, GlCalls() if is_mapped else None)
    texture = gl.texture((width, height), components, alignment=1)
    assert ring.is_mapped == is_mapped
    for seed in range(2 * RING_LENGTH):
        ring.write(picture(seed, shape), texture)
        assert (found(texture) == picture(seed, shape)).all()
    ring.write(picture(99, (2 * height, width, components))[::2, ::-1], texture)
    assert (found(texture) == picture(99, (2 * height, width, components))[::2, ::-1]).all(), "a view as it looks"
    ring.close()
    ring.close()
    texture.release()


def test_below_opengl_4_4_buffers_are_ordinary(gl: moderngl.Context) -> None:
    old = SimpleNamespace(version_code=430, buffer=gl.buffer)
    ring = PboRing(old, 64, GlCalls())  # type: ignore[arg-type]
    assert not ring.is_mapped
    ring.close()


def test_a_buffer_is_written_only_after_the_card_has_read_it(
    gl: moderngl.Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = GlCalls()
    if gl.version_code < PERSISTENT_MAPPING_VERSION:
        pytest.skip("this OpenGL is older than 4.4")
    done: list[str] = []
    real = calls.fence

    def fence() -> object:
        made = real()
        number, wait = done.count("begun"), made.wait
        done.append("begun")
        made.wait = lambda timeout_s: (done.append(f"waited for {number}"), wait(timeout_s))[1]  # type: ignore[method-assign, func-returns-value]
        return made

    monkeypatch.setattr(calls, "fence", fence)
    texture = PixelTexture(gl, calls)
    for seed in range(RING_LENGTH + 2):
        texture.write(picture(seed, (4, 4, 4)))
    assert done == ["begun"] * 3 + ["waited for 0", "begun", "waited for 1", "begun"]
    texture.close()


def test_a_driver_that_maps_nothing_gets_ordinary_buffers(
    gl: moderngl.Context, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuses(name: int, size_bytes: int) -> None:
        raise DeviceError("the graphics driver cannot map a buffer of 64 bytes for writing pictures")

    calls = GlCalls()
    monkeypatch.setattr(calls, "map_unpack_buffer", refuses)
    texture = PixelTexture(gl, calls)
    for seed in range(RING_LENGTH + 1):
        texture.write(picture(seed, (4, 4, 4)))
        assert texture.texture is not None and (found(texture.texture) == picture(seed, (4, 4, 4))).all()
    texture.close()
    if gl.version_code >= PERSISTENT_MAPPING_VERSION:
        assert "cannot map a buffer of 64 bytes for writing pictures; ordinary buffers are taken" in caplog.text
