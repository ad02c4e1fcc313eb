"""The sign of consent: a ring that fills clockwise from the top, upright lines below it, nothing without light."""

from __future__ import annotations

from collections.abc import Iterator

import moderngl
import numpy as np
import pytest

from engine.render.gl.shader_library import ShaderLibrary
from engine.render.overlay.consent_sign import RING, RINGS_Y, ConsentSign, Ring, set_lines
from engine.types import ByteArray
from tests.render.overlay.test_overlay import release

SIZE = (640, 360)


@pytest.fixture
def sign(gl: moderngl.Context, library: ShaderLibrary) -> Iterator[ConsentSign]:
    with ConsentSign(gl, library) as sign:
        yield sign


def drawn(
    gl: moderngl.Context, sign: ConsentSign, *rings: Ring, lines: tuple[str, ...] = (), light: float = 1.0
) -> ByteArray:
    """The picture (360, 640, 3), row 0 top, drawn on black."""
    framebuffer = gl.framebuffer([gl.texture(SIZE, 4)])
    framebuffer.clear(0.0, 0.0, 0.0, 1.0)
    sign.draw(framebuffer, rings, lines, light)
    rows = np.frombuffer(framebuffer.read(components=3), np.uint8).reshape(SIZE[1], SIZE[0], 3)[::-1]
    release(gl, framebuffer)
    return rows


def test_a_ring_fills_clockwise_from_the_top(gl: moderngl.Context, sign: ConsentSign) -> None:
    picture = drawn(gl, sign, Ring(0.25, 0.0)).astype(int)
    gilt = picture[..., 0] - picture[..., 2] > 60
    rows, columns = np.nonzero(gilt)
    assert len(rows) > 20 and rows.max() <= RINGS_Y * SIZE[1] + 1 and columns.min() >= SIZE[0] / 2 - 1
    full = drawn(gl, sign, Ring(1.0, 1.0)).astype(int)
    around = full[..., 0] - full[..., 2] > 60
    assert around.sum() > 3.5 * gilt.sum() and around[round(RINGS_Y * SIZE[1]), SIZE[0] // 2], "with a dot"


def test_everyone_has_a_ring_and_nothing_is_drawn_without_light(gl: moderngl.Context, sign: ConsentSign) -> None:
    assert not drawn(gl, sign, Ring(1.0, 1.0), lines=("Say",), light=0.0).any()
    picture = drawn(gl, sign, Ring(1.0, 1.0), Ring(1.0, 1.0), Ring(1.0, 1.0))
    side_px = RING * SIZE[1]
    columns = np.nonzero(picture.any(axis=(0, 2)))[0]
    assert 2.4 * side_px < np.ptp(columns) < 3.1 * side_px


def test_lines_stand_upright_below_the_rings(gl: moderngl.Context, sign: ConsentSign) -> None:
    picture = drawn(gl, sign, lines=("LLLLLLLL",)).max(axis=2).astype(int)
    rows = np.nonzero(picture.max(axis=1) > 120)[0]
    assert rows.min() > (RINGS_Y + RING / 2) * SIZE[1]
    middle = (rows.min() + rows.max()) // 2
    assert picture[middle + 1 : rows.max() + 1].sum() > 1.2 * picture[rows.min() : middle].sum(), "an L is heavy below"


def test_a_line_that_is_too_long_is_set_smaller() -> None:
    long = "Wenden Sie sich zwei Sekunden lang ab oder verdecken Sie Ihr Gesicht, und es endet, ohne dass etwas bleibt."
    assert SIZE[0] / 2 < set_lines((long,), SIZE).shape[1] <= SIZE[0]
