"""ISF files as passes: what each part of the format does, and which way is up."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import moderngl
import numpy as np
import pytest
from PIL import Image

from engine.errors import ConfigError
from engine.expression import compile_expression
from engine.render.passes import registry
from engine.render.shader import ShaderLibrary
from engine.render.texture import PixelTexture
from engine.render.view import View
from engine.scene import SIGNALS, load_scene
from engine.types import Tick
from tests.render.foreign import FPS, SIZE_WH, Playing, code, frame, light, ticks

W, H = SIZE_WH
IMAGE = '{"NAME": "inputImage", "TYPE": "image"}'


def isf(main: str, inputs: str = "", passes: str = "", more: str = "", before: str = "") -> str:
    """The text of an ISF file."""
    passes = f', "PASSES": [{passes}]' if passes else ""
    return f'/*{{"ISFVSN": "2", "INPUTS": [{inputs}]{passes}{more}}}*/\n{before}\nvoid main() {{ {main} }}\n'


def middle(picture: np.ndarray) -> np.ndarray:
    return picture[H // 2, W // 2]


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


@pytest.mark.parametrize(
    ("declared", "value", "shown", "expected"),
    [
        ('"TYPE": "float", "DEFAULT": 0.25', None, "vec3(x)", [0.25] * 3),
        ('"TYPE": "float", "MIN": 0, "MAX": 1', 0.75, "vec3(x)", [0.75] * 3),
        ('"TYPE": "float", "MIN": 0.5, "MAX": 1', None, "vec3(x)", [0.5] * 3),
        ('"TYPE": "bool", "DEFAULT": true', None, "x ? vec3(1, 0, 0) : vec3(0)", [1, 0, 0]),
        ('"TYPE": "bool", "DEFAULT": 1', False, "x ? vec3(1, 0, 0) : vec3(0)", [0, 0, 0]),
        ('"TYPE": "event"', True, "x ? vec3(1, 0, 0) : vec3(0)", [1, 0, 0]),
        (
            '"TYPE": "long", "VALUES": [0, 2, 4], "LABELS": ["a", "b", "c"], "DEFAULT": 2',
            None,
            "vec3(x) / 4.0",
            [0.5] * 3,
        ),
        ('"TYPE": "long", "VALUES": [0, 2, 4], "LABELS": ["a", "b", "c"]', "c", "vec3(x) / 4.0", [1.0] * 3),
        ('"TYPE": "long", "VALUES": [0, 2, 4]', 2, "vec3(x) / 4.0", [0.5] * 3),
        ('"TYPE": "point2D", "DEFAULT": [0.25, 0.5]', None, "vec3(x, 0.0)", [0.25, 0.5, 0]),
        ('"TYPE": "point2D"', [0.5, 1], "vec3(x, 0.0)", [0.5, 1, 0]),
        ('"TYPE": "color", "DEFAULT": [0.25, 0.5, 1.0, 0.5]', None, "x.rgb * x.a", [0.125, 0.25, 0.5]),
        ('"TYPE": "color"', [0.25, 0.5, 1.0], "x.rgb * x.a", [0.25, 0.5, 1.0]),
    ],
)
def test_every_type_of_input(playing: Playing, declared: str, value: Any, shown: str, expected: list[float]) -> None:
    playing.write(a__fs=isf(f"gl_FragColor = vec4({shown}, 1.0);", f'{{"NAME": "x", {declared}}}'))
    inputs = {} if value is None else {"x": value}
    picture = playing.draw("isf", {"file": "a.fs", "inputs": inputs})
    assert code(middle(picture)) == pytest.approx(expected, abs=3e-3)


@pytest.mark.parametrize(
    ("declared", "value", "message"),
    [
        ('"TYPE": "float", "MIN": 0, "MAX": 1', 7, r"must be between 0 and 1, not 7 \(shaders/foreign/a\.fs:1\)"),
        ('"TYPE": "float"', "much", "must be a number, not 'much'"),
        ('"TYPE": "long", "VALUES": [0, 2]', 1, r"must be one of 0, 2, not 1"),
        ('"TYPE": "point2D"', [1, 2, 3], "must be a list of 2 numbers"),
        ('"TYPE": "color"', 1, "must be a list of 4 numbers"),
        (
            '"TYPE": "image"',
            1,
            "is a picture: must be picture, camera, reflection, noise or a .png or .jpg file, not 1",
        ),
        ('"TYPE": "image"', "cam", "must be picture, camera, reflection, noise or a .png or .jpg file, not 'cam'"),
        ('"TYPE": "image"', "none.png", r"there is no image .*foreign/none\.png"),
    ],
)
def test_wrong_values_of_inputs(playing: Playing, declared: str, value: Any, message: str) -> None:
    playing.write(a__fs=isf("gl_FragColor = vec4(1.0);", f'{{"NAME": "x", {declared}}}'))
    with pytest.raises(ConfigError, match=rf"^isf\.inputs\.x: {message}"):
        playing.draw("isf", {"file": "a.fs", "inputs": {"x": value}})


def test_an_input_that_is_not_there(playing: Playing) -> None:
    playing.write(a__fs=isf("gl_FragColor = vec4(1.0);", '{"NAME": "speed", "TYPE": "float"}'))
    with pytest.raises(
        ConfigError, match=r"^isf\.inputs\.sped: is not an input of shaders/foreign/a\.fs; did you mean 'speed'"
    ):
        playing.draw("isf", {"file": "a.fs", "inputs": {"sped": 1.0}})


def test_inputs_follow_signals_within_their_limits(playing: Playing, tmp_path: Path) -> None:
    playing.write(
        a__fs=isf("gl_FragColor = vec4(vec3(x), 1.0);", '{"NAME": "x", "TYPE": "float", "MIN": 0, "MAX": 0.5}')
    )
    path = tmp_path / "scene.yaml"
    path.write_text(
        "format: 1\ntitle: T\nsize: [32, 16]\npasses:\n"
        "  - isf: {file: a.fs, inputs: {x: 0.1}, bind: {inputs.x: presence}}\n"
    )
    spec = load_scene(path, registry()).passes[0]
    playing_isf = playing.open("isf", spec.settings.model_dump(), spec.bind)
    for presence, expected in ((0.25, 0.25), (0.9, 0.5)):
        picture = frame(playing_isf, ticks(1)[0], View(signals={"presence": presence}))
        assert code(middle(picture)) == pytest.approx([expected] * 3, abs=3e-3)


def test_only_numbers_that_are_set_can_be_bound(tmp_path: Path) -> None:
    path = tmp_path / "scene.yaml"
    path.write_text(
        "format: 1\ntitle: T\nsize: [32, 16]\npasses:\n"
        "  - isf: {inputs: {x: 0.1, y: [0, 1]}, bind: {inputs.y: presence, inputs.z: presence}}\n"
    )
    with pytest.raises(ConfigError) as told:
        load_scene(path, registry())
    assert "scene.yaml:5: passes[0].isf.bind.inputs.y: is not a knob of this pass" in str(told.value)
    assert "bind.inputs.z: is not a knob of this pass; did you mean 'inputs.x'?" in str(told.value)


def test_an_event_is_true_for_one_frame(playing: Playing) -> None:
    playing.write(a__fs=isf("gl_FragColor = vec4(x ? 1.0 : 0.0);", '{"NAME": "x", "TYPE": "event"}'))
    bind = {"inputs.x": compile_expression("presence > 0.5", ["presence"])}
    shown = playing.open("isf", {"file": "a.fs", "inputs": {"x": False}}, bind)
    presences = [0.0, 1.0, 1.0, 0.0, 1.0]
    fired = [
        bool(frame(shown, tick, View(signals={"presence": presence}))[0, 0, 2] > 0.5)
        for tick, presence in zip(ticks(5), presences, strict=True)
    ]
    assert fired == [False, True, False, False, True]


def test_pictures_by_name(playing: Playing, gl: moderngl.Context) -> None:
    """The camera covers the stage, upright; the face is square; what is not there yet is black."""
    playing.write(a__fs=isf("gl_FragColor = vec4(IMG_THIS_PIXEL(x).rgb, 1.0);", '{"NAME": "x", "TYPE": "image"}'))
    pixels = np.zeros((40, 40, 3), np.uint8)
    pixels[:20, :20] = (255, 0, 0)  # the top left
    texture = PixelTexture(gl)
    texture.write(pixels)
    view = View(camera=texture.texture, camera_aspect=1.0, reflection=texture.texture)
    for name in ("camera", "reflection"):
        picture = playing.draw("isf", {"file": "a.fs", "inputs": {"x": name}}, view)
        assert picture[2, 2] == pytest.approx([1, 0, 0], abs=3e-3)
        assert picture[-2, 2].max() == picture[2, -2].max() == 0.0
        assert playing.draw("isf", {"file": "a.fs", "inputs": {"x": name}}).max() == 0.0
    noise = playing.draw("isf", {"file": "a.fs", "inputs": {"x": "noise"}})
    assert noise.std() > 0.005  # it is much finer than these few pixels
    texture.close()


def test_imported_images_stand_upright(playing: Playing) -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[:4, 4:] = (255, 0, 0)  # the top right
    (playing.folder / "foreign" / "art").mkdir()
    Image.fromarray(pixels).save(playing.folder / "foreign" / "art" / "mark.png")
    more = ', "IMPORTED": {"mark": {"PATH": "mark.png"}}'
    text = isf("gl_FragColor = vec4(IMG_THIS_PIXEL(mark).rgb, 1.0);", more=more)
    (playing.folder / "foreign" / "art" / "a.fs").write_text(text)
    picture = playing.draw("isf", {"file": "art/a.fs"})
    assert picture[1, -2] == pytest.approx([1, 0, 0], abs=1e-3)
    assert picture[1, 1].max() == picture[-2, -2].max() == 0.0


@pytest.mark.parametrize("path", ["../../secret.png", "/etc/secret.png"])
def test_imported_images_stay_in_the_folder(playing: Playing, path: str) -> None:
    playing.write(a__fs=isf("gl_FragColor = vec4(1.0);", more=f', "IMPORTED": {{"mark": {{"PATH": "{path}"}}}}'))
    with pytest.raises(ConfigError, match=r"lies outside|there is no image"):
        playing.draw("isf", {"file": "a.fs"})


def test_an_image_that_is_none(playing: Playing) -> None:
    playing.write(a__fs=isf("gl_FragColor = vec4(1.0);", more=',\n "IMPORTED": {"mark": {"PATH": "a.fs"}}'))
    with pytest.raises(ConfigError, match=r"^shaders/foreign/a\.fs:2: .*a\.fs is no PNG, JPEG or WebP picture"):
        playing.draw("isf", {"file": "a.fs"})


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
    view = View(presence=0.5, signals={**dict.fromkeys(SIGNALS, 0.0), "presence": 0.5, "yaw": 45.0})
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
    told = [record.message for record in caplog.records]
    assert len(told) == 1
    assert told[0].startswith("shaders/foreign/a.fs: some of what it draws is no number")
    assert shown.troubles == told, "for the operator's overlay"


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


def test_an_input_that_glsl_does_not_take_is_told_at_its_line(playing: Playing) -> None:
    playing.write(
        a__fs='/*{"INPUTS": [\n{"TYPE": "float",\n"NAME": "float"}]}*/\nvoid main() { gl_FragColor = vec4(1.0); }\n'
    )
    with pytest.raises(ConfigError, match=r"^shaders/foreign/a\.fs:3: "):
        playing.draw("isf", {"file": "a.fs"})


def test_a_file_without_an_entry(playing: Playing) -> None:
    playing.write(a__fs="/*{}*/\nfloat main_thing;\n")
    with pytest.raises(ConfigError, match=r"^shaders/foreign/a\.fs: has no main\(\)"):
        playing.draw("isf", {"file": "a.fs"})


def test_a_missing_file(playing: Playing) -> None:
    with pytest.raises(ConfigError, match=r"there is no shader shaders/foreign/none\.fs"):
        playing.draw("isf", {"file": "none.fs"})


def test_buffers_that_would_fill_the_card(playing: Playing) -> None:
    passes = ", ".join(f'{{"TARGET": "b{i}", "WIDTH": "4096", "HEIGHT": "4096"}}' for i in range(3))
    playing.write(a__fs=isf("gl_FragColor = vec4(1.0);", passes=f"{passes}, {{}}"))
    with pytest.raises(ConfigError, match=r"^shaders/foreign/a\.fs: its buffers have more than 33 million pixels"):
        playing.draw("isf", {"file": "a.fs"})


def test_foreign_files_are_watched(playing: Playing) -> None:
    library = ShaderLibrary(playing.folder)
    for name in ("a.fs", "a.vs", "a.glsl", "a.png", "a.jpg"):
        assert library.has(playing.folder.resolve() / "foreign" / name)
    assert not library.has(playing.folder / "foreign" / "notes.txt")


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
