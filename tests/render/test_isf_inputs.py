"""The inputs of ISF files: numbers, colours, events, pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import moderngl
import numpy as np
import pytest
from PIL import Image

from engine.core.errors import ConfigError
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.texture import PixelTexture
from engine.render.passes import registry
from engine.scene.expression import compile_expression
from engine.scene.scene import load_scene
from tests.render.external import Playing, code, frame, ticks
from tests.render.isf import isf, middle


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
        ('"TYPE": "image"', "none.png", r"the image .*foreign/none\.png"),
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
        picture = frame(playing_isf, ticks(1)[0], FrameInputs(signals={"presence": presence}))
        assert code(middle(picture)) == pytest.approx([expected] * 3, abs=3e-3)


def test_only_numbers_that_are_set_can_be_bound(tmp_path: Path) -> None:
    path = tmp_path / "scene.yaml"
    path.write_text(
        "format: 1\ntitle: T\nsize: [32, 16]\npasses:\n"
        "  - isf: {inputs: {x: 0.1, y: [0, 1]}, bind: {inputs.y: presence, inputs.z: presence}}\n"
    )
    with pytest.raises(ConfigError) as raised:
        load_scene(path, registry())
    assert "scene.yaml:5: passes[0].isf.bind.inputs.y: is not a knob of this pass" in str(raised.value)
    assert "bind.inputs.z: is not a knob of this pass; did you mean 'inputs.x'?" in str(raised.value)


def test_an_event_is_true_for_one_frame(playing: Playing) -> None:
    playing.write(a__fs=isf("gl_FragColor = vec4(x ? 1.0 : 0.0);", '{"NAME": "x", "TYPE": "event"}'))
    bind = {"inputs.x": compile_expression("presence > 0.5", ["presence"])}
    shown = playing.open("isf", {"file": "a.fs", "inputs": {"x": False}}, bind)
    presences = [0.0, 1.0, 1.0, 0.0, 1.0]
    fired = [
        bool(frame(shown, tick, FrameInputs(signals={"presence": presence}))[0, 0, 2] > 0.5)
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
    view = FrameInputs(camera=texture.texture, camera_aspect=1.0, reflection=texture.texture)
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
    with pytest.raises(ConfigError, match=r"lies outside|the image .* does not exist"):
        playing.draw("isf", {"file": "a.fs"})


def test_an_image_that_is_none(playing: Playing) -> None:
    playing.write(a__fs=isf("gl_FragColor = vec4(1.0);", more=',\n "IMPORTED": {"mark": {"PATH": "a.fs"}}'))
    with pytest.raises(ConfigError, match=r"^shaders/foreign/a\.fs:2: .*a\.fs is not a supported image"):
        playing.draw("isf", {"file": "a.fs"})


def test_an_input_that_glsl_does_not_take_is_told_at_its_line(playing: Playing) -> None:
    playing.write(
        a__fs='/*{"INPUTS": [\n{"TYPE": "float",\n"NAME": "float"}]}*/\nvoid main() { gl_FragColor = vec4(1.0); }\n'
    )
    with pytest.raises(ConfigError, match=r"^shaders/foreign/a\.fs:3: "):
        playing.draw("isf", {"file": "a.fs"})
