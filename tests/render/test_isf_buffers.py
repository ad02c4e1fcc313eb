"""The passes of ISF files: sizes of their buffers, and what these keep."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.clock import Tick
from engine.core.errors import ConfigError
from tests.render.external import FPS, Playing, code, frame, ticks
from tests.render.isf import IMAGE, H, W, isf, middle


def test_sizes_of_passes_are_expressions(playing: Playing) -> None:
    passes = (
        '{"TARGET": "small", "WIDTH": "floor($WIDTH / 2.0)", "HEIGHT": "$HEIGHT * $x"},'
        '{"TARGET": "ten", "WIDTH": 10, "HEIGHT": "10"}, {}'
    )
    main = (
        "gl_FragColor = PASSINDEX < 2 ? vec4(RENDERSIZE / 100.0, 0.0, 1.0)"
        " : vec4(IMG_THIS_PIXEL(small).xy, IMG_THIS_PIXEL(ten).x + float(PASSINDEX) * 0.2, 1.0);"
    )
    playing.write(a__fs=isf(main, '{"NAME": "x", "TYPE": "float", "DEFAULT": 0.25}', passes))
    assert code(middle(playing.draw("isf", {"file": "a.fs"}))) == pytest.approx([0.16, 0.04, 0.5], abs=4e-3)


def test_a_float_buffer_keeps_what_8_bits_lose(playing: Playing) -> None:
    main = "gl_FragColor = PASSINDEX == 0 ? vec4(100.25) : vec4(IMG_THIS_PIXEL(kept).xxx - 100.0, 1.0);"
    for is_float, expected in (("true", 0.25), ("false", 0.0)):
        playing.write(a__fs=isf(main, passes=f'{{"TARGET": "kept", "FLOAT": {is_float}}}, {{}}'))
        assert code(middle(playing.draw("isf", {"file": "a.fs"}))) == pytest.approx([expected] * 3, abs=2e-3)


BLUR = isf(
    """
    if (PASSINDEX == 0) {
        vec2 p = gl_FragCoord.xy, right = vec2(1.0, 0.0), up = vec2(0.0, 1.0);
        vec4 around = IMG_PIXEL(kept, p + right) + IMG_PIXEL(kept, p - right) + IMG_PIXEL(kept, p + up);
        gl_FragColor = 0.5 * IMG_PIXEL(kept, p) + 0.125 * around + 0.2 * IMG_THIS_PIXEL(inputImage);
    } else
        gl_FragColor = vec4(0.25 * IMG_THIS_PIXEL(kept).rgb, 1.0);
    """,
    IMAGE,
    '{"TARGET": "kept", "PERSISTENT": true, "FLOAT": true}, {}',
)


def blurred(count: int) -> np.ndarray:
    """What `BLUR` keeps after so many frames, (H, W, 3), row 0 top."""
    image = np.zeros((H, W, 3))
    image[:, W // 2 :, 0] = 1.0
    image[H // 2 :, :, 1] = 1.0
    image[H // 2 :, W // 2 :, 2] = code(0.25)
    kept = np.zeros((H, W, 3))
    for _ in range(count):
        wide = np.pad(kept, ((1, 1), (1, 1), (0, 0)), mode="edge")
        around = wide[1:-1, 2:] + wide[1:-1, :-2] + wide[:-2, 1:-1]  # up is the row before: row 0 is the top here
        kept = 0.5 * kept + 0.125 * around + 0.2 * image
    return kept


def test_a_persistent_buffer_feeds_back_as_numpy_says(playing: Playing) -> None:
    playing.write(a__fs=BLUR)
    shown = playing.open("isf", {"file": "a.fs"})
    for count, tick in enumerate(ticks(6), 1):
        assert np.abs(code(frame(shown, tick)) - 0.25 * blurred(count)).max() < 3e-3


def test_what_is_kept_moves_on_with_time_only_and_is_gone_when_read_again(playing: Playing) -> None:
    playing.write(a__fs=BLUR)
    shown = playing.open("isf", {"file": "a.fs"})
    first = [frame(shown, tick) for tick in ticks(4)]
    again = frame(shown, Tick(9, 4 / FPS, 0.0))
    assert (again == first[-1]).all()
    reloaded = playing.open("isf", {"file": "a.fs"})
    for expected, tick in zip(first, ticks(4, start=50), strict=True):
        assert (frame(reloaded, tick) == expected).all()


def test_the_last_pass_is_shown_even_if_it_is_kept(playing: Playing) -> None:
    passes = '{"TARGET": "kept", "PERSISTENT": true, "FLOAT": true}'
    playing.write(a__fs=isf("gl_FragColor = vec4(IMG_THIS_PIXEL(kept).rgb + 0.125, 1.0);", passes=passes))
    shown = playing.open("isf", {"file": "a.fs"})
    levels = [code(middle(frame(shown, tick)))[0] for tick in ticks(3)]
    assert levels == pytest.approx([0.125, 0.25, 0.375], abs=2e-3)


def test_buffers_that_would_fill_the_card(playing: Playing) -> None:
    passes = ", ".join(f'{{"TARGET": "b{i}", "WIDTH": "4096", "HEIGHT": "4096"}}' for i in range(3))
    playing.write(a__fs=isf("gl_FragColor = vec4(1.0);", passes=f"{passes}, {{}}"))
    with pytest.raises(ConfigError, match=r"^shaders/foreign/a\.fs: its buffers have more than 33 million pixels"):
        playing.draw("isf", {"file": "a.fs"})


def test_a_save_that_does_not_touch_it_keeps_what_it_keeps(playing: Playing) -> None:
    passes = '{"TARGET": "kept", "PERSISTENT": true, "FLOAT": true}'
    counting = isf("gl_FragColor = vec4(IMG_THIS_PIXEL(kept).rgb + 0.125, 1.0);", passes=passes)
    playing.write(a__fs=counting)
    shown = playing.open("isf", {"file": "a.fs"})
    frame(shown, ticks(1)[0])
    shown = playing.open("isf", {"file": "a.fs"}, previous=shown)
    assert code(middle(frame(shown, ticks(2)[1])))[0] == pytest.approx(0.25, abs=2e-3)
    playing.write(a__fs=counting.replace('"FLOAT": true', '"FLOAT": false'))  # in the header, a comment to GLSL
    shown = playing.open("isf", {"file": "a.fs"}, previous=shown)
    assert code(middle(frame(shown, ticks(3)[2])))[0] == pytest.approx(0.125, abs=4e-3)
    playing.write(a__vs="void main() { isf_vertShaderInit(); gl_Position.x += 1.0; }\n")
    shown = playing.open("isf", {"file": "a.fs"}, previous=shown)
    assert code(frame(shown, ticks(4)[3]))[H // 2, 1, 2] == 0.0
