"""The newest drawn face and the one before it, whatever their size, and how the one gives way to the other."""

from __future__ import annotations

import moderngl
import numpy as np
import pytest

from engine.render.gl.reflection_textures import ReflectionTextures
from engine.render.gl.texture_upload import Transfer
from engine.types import ByteArray, Latent, Reflection


def reflection(level: int, sequence: int, size: int = 8, generated_s: float = 0.0) -> Reflection:
    latent = Latent(np.ones(4, np.float32), 1.0, None, 0.0)
    return Reflection(np.full((size, size, 4), level, np.uint8), latent, generated_s, sequence)


def pixels(texture: moderngl.Texture) -> ByteArray:
    data = np.frombuffer(texture.read(alignment=1), np.uint8)
    return data.reshape(texture.height, texture.width, texture.components)


def test_newest_and_previous_reflection(gl: moderngl.Context) -> None:
    with ReflectionTextures(Transfer(gl)) as textures:
        assert textures.newest is None
        assert textures.previous is None
        first, second, third = (reflection(level, level) for level in (1, 2, 3))
        assert textures.upload(first)
        assert textures.previous is None
        assert textures.upload(second)
        assert not textures.upload(second)
        assert textures.upload(third)
        assert textures.newest is not None
        assert textures.previous is not None
        assert (pixels(textures.newest) == 3).all()
        assert (pixels(textures.previous) == 2).all()
        assert textures.reflection is third


def test_reflections_of_different_sizes(gl: moderngl.Context) -> None:
    with ReflectionTextures(Transfer(gl)) as textures:
        for index, size in enumerate((8, 16, 8, 4)):
            textures.upload(reflection(index, index, size))
            assert textures.newest is not None
            assert textures.newest.size == (size, size)
            assert (pixels(textures.newest) == index).all()


def test_blend_rises_from_the_newest_one_on(gl: moderngl.Context) -> None:
    with ReflectionTextures(Transfer(gl)) as textures:
        assert textures.blend(5.0) == 1.0
        textures.upload(reflection(1, 0, generated_s=1.0))
        assert textures.blend(1.0) == 1.0  # there is nothing to blend with
        textures.upload(reflection(2, 1, generated_s=2.0))
        assert textures.blend(2.0, seconds=0.1, start=0.6) == pytest.approx(0.6)
        assert textures.blend(2.05, seconds=0.1, start=0.6) == pytest.approx(0.8)
        assert textures.blend(9.0) == 1.0
        assert textures.age_s(2.5) == pytest.approx(0.5)


def test_close_twice(gl: moderngl.Context) -> None:
    textures = ReflectionTextures(Transfer(gl))
    textures.upload(reflection(1, 0))
    textures.close()
    textures.close()
    assert textures.newest is None
