"""The overlay: where it draws and where it must not, what it says, and that the red dot is seen."""

from __future__ import annotations

from collections.abc import Iterator

import moderngl
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.render.gl.shader_library import ShaderLibrary
from engine.render.overlay import overlay as overlay_module
from engine.render.overlay.overlay import Overlay
from engine.render.overlay.text import letter_block, letter_spaced, open_font

SIZE = (640, 360)
GREY = 128
LINES = ["drawn\t40.1 /s", "reflections\t27.3 /s", "", "self: no camera is used"]
SENTENCE = "the recording recordings/film.mp4 stopped: the disk is full; free some space or choose another folder"


@pytest.fixture
def overlay(gl: moderngl.Context, library: ShaderLibrary) -> Iterator[Overlay]:
    with Overlay(gl, library) as overlay:
        yield overlay


@pytest.fixture
def target(gl: moderngl.Context) -> Iterator[moderngl.Framebuffer]:
    framebuffer = gl.framebuffer([gl.texture(SIZE, 4)])
    framebuffer.clear(GREY / 255, GREY / 255, GREY / 255, 1.0)
    yield framebuffer
    release(gl, framebuffer)


def release(gl: moderngl.Context, framebuffer: moderngl.Framebuffer) -> None:
    gl.detect_framebuffer(0).use()  # what is bound must not be released
    framebuffer.color_attachments[0].release()
    framebuffer.release()


def seen(target: moderngl.Framebuffer) -> NDArray[np.int16]:
    """(H, W, 3), row 0 top."""
    width, height = target.size
    pixels = np.frombuffer(target.read(components=3), np.uint8).reshape(height, width, 3)
    return pixels[::-1].astype(np.int16)


def extent(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what is True."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def test_the_signal_is_a_square_that_is_bright_or_dark(overlay: Overlay, target: moderngl.Framebuffer) -> None:
    overlay.draw_signal(target, True, [])
    bright = seen(target)
    overlay.draw_signal(target, False, ["hold it still"])
    dark = seen(target)
    left, top, right, bottom = extent((bright != GREY).any(axis=2))
    assert (right - left, bottom - top) == (180, 180) and left + right == SIZE[0]
    assert bright[top:bottom, left:right].min() > 220 and dark[top:bottom, left:right].max() < 20
    assert (dark[bottom:] != GREY).any(), "it says what to do"


def test_the_panel_is_dark_with_light_letters_in_the_upper_left(overlay: Overlay, target: moderngl.Framebuffer) -> None:
    overlay.draw(target, LINES)
    picture = seen(target)
    left, top, right, bottom = extent((picture != GREY).any(axis=2))
    assert (left, top) == (14, 14)
    assert right <= 0.5 * SIZE[0] and bottom <= 0.5 * SIZE[1], "the face stands further right and down"
    panel = picture[top:bottom, left:right]
    assert np.median(panel) < 70, "dark, and the picture shines through"
    assert (panel.min(axis=2) > 200).sum() > 100, "letters"
    assert (panel[:4, :2].min(axis=2) > 70).any(), "round corners"


def test_nothing_to_say_draws_nothing(overlay: Overlay, target: moderngl.Framebuffer) -> None:
    overlay.draw(target, [])
    assert (seen(target) == GREY).all()


@pytest.mark.parametrize("size", [(640, 360), (360, 640)])
def test_a_long_sentence_is_wrapped_beside_the_face(
    gl: moderngl.Context, overlay: Overlay, size: tuple[int, int]
) -> None:
    target = gl.framebuffer([gl.texture(size, 4)])
    overlay.draw(target, ["one line"])
    one = extent(seen(target).any(axis=2))
    target.clear()
    overlay.draw(target, [SENTENCE])
    left, top, right, bottom = extent(seen(target).any(axis=2))
    assert right - left <= max(0.34 * size[0], 20 * 14)
    assert bottom - top > 2 * (one[3] - one[1]) - 30
    release(gl, target)


def test_letters_are_set_again_only_when_they_change(
    overlay: Overlay, target: moderngl.Framebuffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 0
    original = overlay_module.letter_block

    def counted(*args: object, **settings: object) -> object:
        nonlocal count
        count += 1
        return original(*args, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr(overlay_module, "letter_block", counted)
    for lines in (LINES, list(LINES), LINES, ["other"], ["other"]):
        overlay.draw(target, lines)
    assert count == 2


def test_the_recording_dot_is_red_and_alone_in_the_upper_right(overlay: Overlay, target: moderngl.Framebuffer) -> None:
    overlay.draw_recording_dot(target)
    picture = seen(target)
    left, top, right, bottom = extent((picture != GREY).any(axis=2))
    assert left > 0.9 * SIZE[0] and bottom < 0.1 * SIZE[1] and right == SIZE[0] - 14 and top == 14
    red, green, blue = picture[(top + bottom) // 2, (left + right) // 2]
    assert red > 180 and green < 60 and blue < 60
    assert (picture[top:bottom, left:right, 0] > 180).sum() > 40, "large enough to be seen"


def test_the_splash_is_dark_and_shows_how_far_it_is(overlay: Overlay, target: moderngl.Framebuffer) -> None:
    gilt = []
    for progress in (None, 0.0, 0.5, 1.0, 7.0):
        overlay.draw_splash(target, "loading the face finder", progress)
        picture = seen(target)
        assert np.median(picture) < 30 and picture[0, 0].max() < 30, "it covers everything"
        assert (picture[120:200].min(axis=2) > 180).sum() > 50, "the title"
        gilt.append(int(((picture[..., 0] > 180) & (picture[..., 2] < 110)).sum()))
    assert gilt[0] == gilt[1] == 0
    assert gilt[2] == pytest.approx(gilt[3] / 2, abs=2)
    assert gilt[3] == gilt[4] > 50


def test_blending_is_off_again(gl: moderngl.Context, overlay: Overlay, library: ShaderLibrary) -> None:
    """A pass that draws afterwards replaces what is there, as every pass expects."""
    target = gl.framebuffer([gl.texture(SIZE, 4)])
    overlay.draw(target, LINES)
    half = gl.program(
        vertex_shader="#version 330\n"
        "void main() { gl_Position = vec4(gl_VertexID % 2 * 4 - 1, gl_VertexID / 2 * 4 - 1, 0, 1); }",
        fragment_shader="#version 330\nout vec4 f_colour;\nvoid main() { f_colour = vec4(0.2, 0.4, 0.6, 0.5); }",
    )
    vertices = gl.vertex_array(half, [])
    target.use()
    vertices.render(vertices=3)
    assert (seen(target) == (51, 102, 153)).all()
    vertices.release()
    half.release()
    release(gl, target)


def test_values_stand_in_one_column() -> None:
    font = open_font(20)
    block = letter_block(font, ["a\tI", "a longer name\tI"], 400, padding_px=4)
    rows = [block[4:24, :, 3], block[34:54, :, 3]]
    ends = [extent(row > 100)[2] for row in rows]
    assert abs(ends[0] - ends[1]) <= 1
    assert not block[:4].any() and not block[:, :4].any(), "padding"


def test_letters_can_stand_apart() -> None:
    font = open_font(20)
    close, apart = (letter_spaced(font, "III", (255, 255, 255), spacing) for spacing in (0.0, 0.5))
    assert apart.shape[1] - close.shape[1] == 2 * round(0.5 * font.get_height())
    assert letter_spaced(font, "", (255, 255, 255), 0.5).shape[1] == 1


def test_closing_twice_is_harmless(gl: moderngl.Context, library: ShaderLibrary) -> None:
    overlay = Overlay(gl, library)
    overlay.close()
    overlay.close()


def test_a_code_is_drawn_as_it_is_in_the_lower_left(overlay: Overlay, target: moderngl.Framebuffer) -> None:
    code = np.full((60, 60, 4), 255, np.uint8)
    code[:, ::2, :3] = 0
    overlay.draw_code(target, code)
    picture = seen(target)
    left, top, right, bottom = extent((picture != GREY).any(axis=2))
    assert (right - left, bottom - top) == (60, 60) and left < 20 and SIZE[1] - bottom < 20
    assert (picture[top:bottom, left:right:2] == 0).all() and (picture[top:bottom, left + 1 : right : 2] == 255).all()
