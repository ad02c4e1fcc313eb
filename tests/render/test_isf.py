"""ISF files as passes: which way is up, what they are told, and what is told of them."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from engine.core.clock import Tick
from engine.core.errors import ConfigError
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.shader_library import ShaderLibrary
from engine.scene.scene import SIGNALS
from tests.render.external import Playing, code, frame, light, ticks
from tests.render.isf import IMAGE, H, W, isf, middle


@pytest.mark.parametrize(
    "expression",
    [
        "IMG_THIS_PIXEL(inputImage)",
        "IMG_THIS_NORM_PIXEL(inputImage)",
        "IMG_NORM_PIXEL(inputImage, isf_FragNormCoord)",
        "IMG_PIXEL(inputImage, gl_FragCoord.xy)",
        "texture2D(inputImage, gl_FragCoord.xy / RENDERSIZE)",
        "texture2D(inputImage, gl_FragCoord.xy / IMG_SIZE(inputImage))",
    ],
)
def test_what_is_passed_on_unchanged_stays_where_it_is(playing: Playing, expression: str) -> None:
    """Upright, not mirrored, and as bright as it was."""
    playing.write(a__fs=isf(f"gl_FragColor = {expression};", IMAGE))
    picture = playing.draw("isf", {"file": "a.fs"})
    expected = np.zeros((H, W, 3))
    expected[:, W // 2 :, 0] = 1.0
    expected[H // 2 :, :, 1] = 1.0
    expected[H // 2 :, W // 2 :, 2] = 0.25
    assert np.abs(picture - expected).max() < 3e-3


def test_row_0_is_at_the_bottom(playing: Playing) -> None:
    playing.write(a__fs=isf("gl_FragColor = vec4(isf_FragNormCoord, gl_FragCoord.y < 1.0 ? 1.0 : 0.0, 1.0);"))
    picture = code(playing.draw("isf", {"file": "a.fs"}))
    assert picture[-1, 0] == pytest.approx([0.5 / W, 0.5 / H, 1.0], abs=2e-3)
    assert picture[0, -1] == pytest.approx([1 - 0.5 / W, 1 - 0.5 / H, 0.0], abs=2e-3)


def test_colours_are_as_displayed(playing: Playing) -> None:
    playing.write(a__fs=isf("gl_FragColor = vec4(0.5, 0.25, 1.0, 1.0);"))
    assert middle(playing.draw("isf", {"file": "a.fs"})) == pytest.approx(light([0.5, 0.25, 1.0]), abs=1e-3)


def test_alpha_and_opacity_lay_it_over_the_picture(playing: Playing) -> None:
    playing.write(a__fs=isf("gl_FragColor = vec4(0.0, 0.0, 1.0, 0.5);"))
    picture = playing.draw("isf", {"file": "a.fs"})
    assert picture[0, -1] == pytest.approx([0.5, 0.0, 0.5], abs=2e-3)
    faint = playing.draw("isf", {"file": "a.fs", "opacity": 0.5})
    assert faint[0, -1] == pytest.approx([0.75, 0.0, 0.25], abs=2e-3)


def test_moments(playing: Playing) -> None:
    main = "gl_FragColor = vec4(TIME / 10.0, TIMEDELTA * 10.0, float(FRAMEINDEX) / 10.0, 1.0);"
    playing.write(a__fs=isf(main))
    shown = playing.open("isf", {"file": "a.fs"})
    seen = [code(middle(frame(shown, tick))) for tick in (Tick(0, 2.0, 0.0), Tick(1, 2.5, 0.05), Tick(2, 2.55, 0.05))]
    assert seen[0] == pytest.approx([0.2, 0.0, 0.0], abs=3e-3)
    assert seen[1] == pytest.approx([0.25, 0.0, 0.0], abs=3e-3)
    assert seen[2] == pytest.approx([0.255, 0.5, 0.1], abs=3e-3)


def test_the_date_comes_with_the_tick(playing: Playing) -> None:
    date = "vec4((DATE.x - 2020.0) / 10.0, DATE.y / 12.0, DATE.z / 31.0, 1.0)"
    playing.write(a__fs=isf(f"gl_FragColor = gl_FragCoord.x < 1.0 ? vec4(DATE.w / 86400.0) : {date};"))
    picture = code(frame(playing.open("isf", {"file": "a.fs"}), Tick(0, 0.0, 0.1, 1772393405.0)))  # 2026-03-01 19:30:05
    assert middle(picture) == pytest.approx([0.6, 3 / 12, 1 / 31], abs=3e-3)
    assert code(frame(playing.open("isf", {"file": "a.fs"}), Tick(0, 0.0, 0.1, 43200.0)))[0, 0, 2] > 0.3


def test_the_mirrors_own_uniforms(playing: Playing) -> None:
    playing.write(a__fs=isf("gl_FragColor = vec4(n_presence, n_yaw / 90.0, n_face.x, 1.0);"))
    view = FrameInputs(presence=0.5, signals={**dict.fromkeys(SIGNALS, 0.0), "presence": 0.5, "yaw": 45.0})
    assert code(middle(playing.draw("isf", {"file": "a.fs"}, view))) == pytest.approx([0.5, 0.5, 0.5], abs=3e-3)


def test_a_vertex_shader_of_the_same_name(playing: Playing) -> None:
    playing.write(
        a__fs=isf("gl_FragColor = vec4(shifted, 0.0, 1.0);", before="varying vec2 shifted;"),
        a__vs="varying vec2 shifted;\nvoid main() { isf_vertShaderInit(); shifted = isf_FragNormCoord * 0.5; }\n",
    )
    picture = code(playing.draw("isf", {"file": "a.fs"}))
    assert picture[0, -1] == pytest.approx([0.5 - 0.25 / W, 0.5 - 0.25 / H, 0.0], abs=3e-3)
    playing.write(a__vs="varying vec2 shifted;\nvoid main() {\n  oops();\n}\n")
    with pytest.raises(ConfigError, match=r"^shaders/foreign/a\.vs:3: .*oops"):
        playing.draw("isf", {"file": "a.fs"})


def test_what_is_no_number_shows_the_picture_below_and_is_told_once(
    playing: Playing, caplog: pytest.LogCaptureFixture
) -> None:
    playing.write(
        a__fs=isf(
            "float zero = IMG_THIS_PIXEL(inputImage).r * 0.0;"
            "gl_FragColor = vec4(isf_FragNormCoord.x < 0.5 ? sqrt(zero - 1.0) : 1.0 / zero);",
            IMAGE,
        )
    )
    shown = playing.open("isf", {"file": "a.fs"})
    with caplog.at_level(logging.WARNING):
        pictures = [frame(shown, tick) for tick in ticks(12)]
    assert all(np.isfinite(picture).all() for picture in pictures)
    assert pictures[-1][0, -1] == pytest.approx([1.0, 0.0, 0.0], abs=3e-3)
    assert pictures[-1][-1, 0] == pytest.approx([0.0, 1.0, 0.0], abs=3e-3)
    notes = [record.message for record in caplog.records]
    assert len(notes) == 1
    assert notes[0].startswith("shaders/foreign/a.fs: some of what it draws is no number")
    assert shown.troubles == notes, "for the operator's overlay"


@pytest.mark.parametrize("channel", range(4))
@pytest.mark.parametrize("value", ["sqrt(-1.0 - TIME)", "log(-1.0 - TIME)", "1.0 / (0.0 * TIME)"])
def test_one_channel_that_is_no_number_is_enough(playing: Playing, channel: int, value: str) -> None:
    channels = ["0.5"] * 4
    channels[channel] = value
    playing.write(a__fs=isf(f"gl_FragColor = vec4({', '.join(channels)});"))
    shown = playing.open("isf", {"file": "a.fs"})
    pictures = [frame(shown, tick) for tick in ticks(8)]
    assert len(shown.troubles) == 1
    assert pictures[-1][0, -1] == pytest.approx([1.0, 0.0, 0.0], abs=3e-3), "the picture below"


@pytest.mark.parametrize(
    "main",
    [
        "gl_FragColor = 0.5 * IMG_THIS_PIXEL(inputImage);",
        "if (gl_FragCoord.x > 9.0) discard; gl_FragColor = vec4(1.0);",
    ],
)
def test_nothing_is_told_of_what_is_right(playing: Playing, caplog: pytest.LogCaptureFixture, main: str) -> None:
    playing.write(a__fs=isf(main, IMAGE))
    shown = playing.open("isf", {"file": "a.fs"})
    with caplog.at_level(logging.WARNING):
        for tick in ticks(8):
            frame(shown, tick)
    assert not caplog.records


def test_errors_name_the_artists_line(playing: Playing) -> None:
    playing.write(a__fs=isf("gl_FragColor = vec4(undefined_name);", before="// one\n// two"))
    with pytest.raises(ConfigError, match=r"^shaders/foreign/a\.fs:4: .*undefined_name"):
        playing.draw("isf", {"file": "a.fs"})


def test_a_file_without_an_entry(playing: Playing) -> None:
    playing.write(a__fs="/*{}*/\nfloat main_thing;\n")
    with pytest.raises(ConfigError, match=r"^shaders/foreign/a\.fs: has no main\(\)"):
        playing.draw("isf", {"file": "a.fs"})


def test_a_missing_file(playing: Playing) -> None:
    with pytest.raises(ConfigError, match=r"there is no shader shaders/foreign/none\.fs"):
        playing.draw("isf", {"file": "none.fs"})


def test_foreign_files_are_watched(playing: Playing) -> None:
    library = ShaderLibrary(playing.folder)
    for name in ("a.fs", "a.vs", "a.isf", "a.glsl", "a.txt", "a.json", "a.png", "a.jpg", "a.webp"):
        assert library.has(playing.folder.resolve() / "foreign" / name)
    assert not library.has(playing.folder / "foreign" / "notes.odt")


def test_a_file_that_is_saved_is_drawn_anew_and_a_broken_one_leaves_what_is_shown(playing: Playing) -> None:
    playing.write(a__fs=isf("gl_FragColor = vec4(1.0);"))
    shown = playing.open("isf", {"file": "a.fs"})
    before = frame(shown, ticks(1)[0])
    playing.write(a__fs=isf("gl_FragColor = vec4(broken);"))
    with pytest.raises(ConfigError, match=r"^shaders/foreign/a\.fs:3: "):
        playing.open("isf", {"file": "a.fs"})
    assert (frame(shown, ticks(1)[0]) == before).all()
    playing.write(a__fs=isf("gl_FragColor = vec4(0.0, 0.0, 0.0, 1.0);"))
    assert playing.draw("isf", {"file": "a.fs"}).max() == 0.0
