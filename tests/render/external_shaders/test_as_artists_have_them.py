"""Shaders as artists have them: whatever is odd about a file, it draws the picture that its author saw."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.core.errors import ConfigError
from engine.render.external_shaders import program
from engine.render.frame_inputs import FrameInputs
from tests.render.external import Playing, code, frame, ticks
from tests.render.isf import H, W

AMOUNT = '{"NAME":"amount","TYPE":"float","MIN":0.0,"MAX":1.0,"DEFAULT":0.5}'
HEADER = f'/*{{"ISFVSN":"2","INPUTS":[{AMOUNT}]}}*/\n'
BODY = "void main() { gl_FragColor = vec4(isf_FragNormCoord, amount, 1.0); }\n"
ISF = HEADER + BODY
TOY = "void mainImage(out vec4 c, in vec2 p) { c = vec4(p / iResolution.xy, 0.5, 1.0); }\n"

X = (np.arange(W) + 0.5) / W
Y = 1.0 - (np.arange(H) + 0.5) / H
PLACE = np.dstack([*np.meshgrid(X, Y), np.full((H, W), 0.5)])
"""What most of them draw: red to the right, green up, half of the blue."""


def drawn(playing: Playing, name: str, content: str | bytes, **settings: Any) -> np.ndarray:
    """(H, W, 3) sRGB-encoded, row 0 top, of a file's second frame."""
    path = playing.folder / "foreign" / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    kind = "isf" if path.suffix.lower() in (".fs", ".isf") else "shadertoy"
    shown = playing.open(kind, {"file": name, **settings})
    for tick in ticks(2):
        picture = frame(shown, tick)
    return np.asarray(code(picture))


def header(inputs: str = AMOUNT, more: str = "") -> str:
    return f'/*{{"ISFVSN":"2","INPUTS":[{inputs}]{more}}}*/\n'


ODD: dict[str, str | bytes] = {
    "name with blanks & (brackets).fs": ISF,
    "\u00dcbung \u4e2d.fs": ISF,
    "two.dots.fs": ISF,
    "UPPER.FS": ISF,
    "mark.fs": "\ufeff" + ISF,
    "utf16.fs": ISF.encode("utf-16"),
    "mark.glsl": "\ufeff" + TOY,
    "empty list.fs": header(more=',"IMPORTED":[]') + BODY,
    "above.fs": "// by somebody\n" + ISF,
    "comments.fs": ISF.replace('"INPUTS"', '// what can be set\n"INPUTS"'),
    "commas.fs": ISF.replace("}]}", "},],}"),
    "tabs.fs": ISF.replace('"INPUTS"', '\n\t\t"INPUTS"'),
    "twice.fs": ISF.replace('"ISFVSN"', '"DESCRIPTION":"a","DESCRIPTION":"b","ISFVSN"'),
    "null.fs": ISF.replace('"ISFVSN"', '"DESCRIPTION":null,"PASSES":null,"CREDIT":null,"ISFVSN"'),
    "swapped.fs": ISF.replace('"MIN":0.0,"MAX":1.0', '"MIN":1.0,"MAX":0.0'),
    "outside.fs": ISF.replace('"MAX":1.0,"DEFAULT":0.5', '"MAX":0.5,"DEFAULT":5.0'),
    "n input.fs": ISF.replace("amount", "n_amount"),
    "u input.fs": ISF.replace("amount", "u_rect"),
    "signal.fs": ISF.replace("amount", "n_presence"),
    "keyword input.fs": ISF.replace("amount", "sample"),
    "function input.fs": ISF.replace("amount", "texture"),
    "latin1.fs": (HEADER + "// caf\u00e9\n" + BODY).encode("latin-1"),
    "separator.fs": HEADER + "// a note\u2028(and its second half\n" + BODY,
    "next line.fs": HEADER + "// wait\x85and more\n" + BODY,
    "form feed.fs": HEADER + "// one\x0ctwo\n" + BODY,
    "separator.glsl": "// a note\u2028(second half\n" + TOY,
    "no-break space.glsl": TOY.replace("vec4(p", "vec4(\u00a0p"),
    "returns.fs": ISF.replace("\n", "\r"),
    "dos.fs": ISF.replace("\n", "\r\n"),
    "dos.glsl": TOY.replace(" { ", "\n{ ").replace("\n", "\r\n"),
    "version.fs": HEADER + "#version 120\n#extension GL_EXT_gpu_shader4 : enable\n" + BODY,
    "precision.fs": HEADER + "#ifdef GL_ES\nprecision mediump float;\n#endif\nprecision highp float;\n" + BODY,
    "rect.fs": header('{"NAME":"a","TYPE":"image"}')
    + "void main() { gl_FragColor = vec4(isf_FragNormCoord * _a_imgRect.zw / _a_imgSize, 0.5, 1.0); }",
    "integers.fs": header()
    + "float side(float x) { if (x < 2) return 0; return 1; }\n"
    + "void main() { uint k = 2; float z = 0; gl_FragColor = vec4(isf_FragNormCoord * (1 - z), float(k) / 4, 1); }",
    "old data.fs": header() + "void main() { gl_FragData[0] = vec4(isf_FragNormCoord, amount, 1.0); }",
    "own out.fs": header() + "out vec4 colour;\nvoid main() { colour = vec4(isf_FragNormCoord, amount, 1.0); }",
    "own uniforms.fs": header() + "uniform float TIME;\nuniform float amount;\nvarying vec2 vv_FragNormCoord;\n" + BODY,
    "true.fs": header('{"NAME":"on","TYPE":"bool","DEFAULT":"true"}')
    + "void main() { gl_FragColor = vec4(isf_FragNormCoord, on ? 0.5 : 0.0, 1.0); }",
    "labels.fs": header('{"NAME":"m","TYPE":"long","VALUES":[5,7],"LABELS":["a"],"DEFAULT":5}')
    + "void main() { gl_FragColor = vec4(isf_FragNormCoord, float(m) / 10.0, 1.0); }",
    "words.glsl": "float input(float x) { return x; } vec3 filter(vec3 x) { return x; }"
    " vec4 sample(vec2 u, float buffer)"
    "{ float smooth = 0.5, case = 1.0; return vec4(u, smooth * case * buffer, 1.0); }\n"
    "void mainImage(out vec4 c, in vec2 p) { c = vec4(filter(sample(p / iResolution.xy, input(1.0)).rgb), 1.0); }",
    "texture.glsl": "void mainImage(out vec4 c, in vec2 p) { vec4 texture = texture2D(iChannel0, p);"
    " c = vec4(p / iResolution.xy, 0.5, texture.a + 1.0); }",
    "unused.glsl": "#define CUBE 0\n#if CUBE\nuniform samplerCube sky;\nisn't GLSL at all\n#endif\n" + TOY,
    "beside.glsl": "void mainVR(out vec4 c, in vec2 p, in vec3 o, in vec3 d) { c = vec4(1.0); }\n" + TOY,
    "own main.glsl": "uniform vec3 iResolution;\nout vec4 colour;\n"
    + TOY
    + "void main() { mainImage(colour, gl_FragCoord.xy); }",
    "old main.glsl": TOY + "void main() { mainImage(gl_FragColor, gl_FragCoord.xy); }",
    "tabs.glsl": "// ---- Common ----\nconst float HALF = 0.5;\n/* Buffer A */\nvoid mainImage(out vec4 c, in vec2 p)"
    "{ c = vec4(p / iResolution.xy, HALF, 1.0); }\n// Image\nvoid mainImage(out vec4 c, in vec2 p)"
    "{ c = texelFetch(iChannel0, ivec2(p), 0); }",
    "constants.glsl": "const vec3 k = normalize(vec3(3.0, 4.0, 0.0)); float h[2] = float[](0.5, 1.0);\n"
    "void mainImage(out vec4 c, in vec2 p) { c = vec4(p / iResolution.xy, h[0] * k.x / 0.6, 1.0); }",
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_about_a_file_is_not_seen(playing: Playing, name: str) -> None:
    assert np.abs(drawn(playing, name, ODD[name]) - PLACE).max() < 0.01


def test_a_vertex_shader_that_moves_the_quad_leaves_the_rest_as_it_was(
    playing: Playing, caplog: pytest.LogCaptureFixture
) -> None:
    playing.write(a__vs="void main() { isf_vertShaderInit(); gl_Position.xy *= 0.5; }")
    with caplog.at_level(logging.WARNING):
        picture = drawn(playing, "a.fs", header() + "void main() { gl_FragColor = vec4(vec3(amount), 1.0); }")
        for tick in ticks(6):
            frame(playing.open("isf", {"file": "a.fs"}), tick)
    assert picture[H // 2, W // 2] == pytest.approx([0.5] * 3, abs=0.01)
    assert picture[1, 1] == pytest.approx([0.0, 0.0, 0.0], abs=0.01)  # the corners below
    assert picture[-2, -2] == pytest.approx([1.0, 1.0, float(code(0.25))], abs=0.01)
    assert not caplog.records


def test_pow_of_a_negative_number_keeps_its_sign_unless_that_is_switched_off(playing: Playing) -> None:
    body = "void main() { gl_FragColor = vec4(vec3(pow(isf_FragNormCoord.x - 0.5, 3.0) + 0.5), 1.0); }"
    expected = np.broadcast_to(((X - 0.5) ** 3 + 0.5)[None, :, None], (H, W, 3))
    assert np.abs(drawn(playing, "a.fs", header() + body) - expected).max() < 0.01
    below = drawn(playing, "a.fs", header() + body, guard=False)
    assert below[1, 1] == pytest.approx([0.0, 0.0, 0.0], abs=0.01)  # where it is no number the picture below shows
    own = (
        "float pow(float a, float b) { return 0.25; }\nvoid main() { gl_FragColor = vec4(vec3(pow(-1.0, 3.0)), 1.0); }"
    )
    assert drawn(playing, "b.fs", header() + own)[2, 2] == pytest.approx([0.25] * 3, abs=0.01)


def test_names_of_files_may_be_composed_otherwise(playing: Playing) -> None:
    (playing.folder / "foreign" / "U\u0308bung.fs").write_text(ISF)
    assert np.abs(np.asarray(code(playing.draw("isf", {"file": "\u00dcbung.fs"}))) - PLACE).max() < 0.01


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "a.glsl",
            "float t;\nvoid main() {}",
            r"a\.glsl:2: brings its own main\(\), for another program, and has no mainI",
        ),
        ("a.glsl", TOY + TOY, r"a\.glsl:2: there are several mainImage, and nothing says which tab is which"),
        (
            "a.glsl",
            "uniform sampler2D logo;\n" + TOY.replace("0.5", "texture(logo, p).r"),
            r"a\.glsl:1: reads the picture logo",
        ),
        ("a.glsl", "// x\n" + TOY.replace("0.5", "smooth_"), r"a\.glsl:2: `smooth_' undeclared"),
        ("a.glsl", "float sample = 1.0;\n" + TOY.replace("0.5", "sample.x.z"), r"a\.glsl:2: "),
        ("a.fs", ISF.replace("amount, 1.0", "amount.z, smooth.x"), r"a\.fs:2: "),
        ("a.json", '{"renderpass": 3}', r"a\.json: is not an export from shadertoy\.com"),
        ("a.json", '{"renderpass": [{"type": "sound", "code": ""}]}', r"a\.json: has no Image tab"),
    ],
)
def test_real_errors_are_told_of_the_artists_own_line(playing: Playing, name: str, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=rf"^shaders/foreign/{message}") as raised:
        drawn(playing, name, text)
    assert "ext_" not in str(raised.value)


# -------------------------------------------------- what channels and inputs show


def test_cubes_show_their_directions(playing: Playing) -> None:
    folder = playing.folder / "foreign"
    levels = [20, 60, 100, 140, 180, 220]
    for index, level in enumerate(levels):
        Image.fromarray(np.full((4, 4, 3), level, np.uint8)).save(folder / f"face{index}.png")
    around = np.zeros((16, 32, 3), np.uint8)
    around[:8], around[8:, 16:], around[8:, :16] = (200, 0, 0), (0, 200, 0), (0, 0, 200)
    Image.fromarray(around).save(folder / "around.png")
    text = "void mainImage(out vec4 c, in vec2 p) {{ c = vec4(texture(iChannel0, {}).rgb, 1.0); }}"
    six = [f"face{index}.png" for index in range(6)]
    for index, place in enumerate(("1,0,0", "-1,0,0", "0,1,0", "0,-1,0", "0,0,1", "0,0,-1")):
        picture = drawn(playing, "a.glsl", text.format(f"vec3({place})"), channels={"iChannel0": six})
        assert picture[2, 2, 0] == pytest.approx(levels[index] / 255, abs=0.01)
    one = {"iChannel0": {"source": "around.png", "cube": True}}
    for place, colour in (("0,1,0", (200, 0, 0)), ("1,-0.5,0", (0, 200, 0)), ("-1,-0.5,0", (0, 0, 200))):
        picture = drawn(playing, "a.glsl", text.format(f"vec3({place})"), channels=one)
        assert picture[2, 2] == pytest.approx(np.array(colour) / 255, abs=0.01)
    imported = f',"IMPORTED":{{"sky":{{"PATH":{six!r},"TYPE":"cube"}}}}'.replace("'", '"')
    body = "void main() { gl_FragColor = vec4(textureCube(sky, vec3(0.0, -1.0, 0.0)).rgb, 1.0); }"
    assert drawn(playing, "a.fs", header(more=imported) + body)[2, 2, 0] == pytest.approx(140 / 255, abs=0.01)


def test_a_channel_that_nobody_sets_is_what_the_shader_reads_it_as(playing: Playing) -> None:
    read = {"vec2(0.5)": 0.0, "vec3(0.0, 1.0, 0.0)": 72 / 255}
    for place, value in read.items():
        text = f"void mainImage(out vec4 c, in vec2 p) {{ c = vec4(vec3(texture(iChannel0, {place}).r), 1.0); }}"
        assert drawn(playing, "a.glsl", text)[2, 2, 0] == pytest.approx(value, abs=0.02)
    volume = "texture(iChannel1, vec3(p / iResolution.xy, 0.3)).r + 0.0 * float(textureSize(iChannel1, 0).z)"
    text = f"void mainImage(out vec4 c, in vec2 p) {{ c = vec4(vec3({volume}), 1.0); }}"
    assert 0.03 < drawn(playing, "a.glsl", text).std() < 0.4
    anything = drawn(
        playing,
        "a.glsl",
        text.replace(volume, "texture(iChannel1, p / iResolution.xy).r"),
        channels={"iChannel1": "any"},
    )
    assert anything[1, -2] == pytest.approx([1.0] * 3, abs=0.01)


def test_no_key_is_pressed_and_sound_is_what_the_microphone_hears(playing: Playing) -> None:
    keys = "void mainImage(out vec4 c, in vec2 p) { c = vec4(vec3(texelFetch(iChannel0, ivec2(65, 0), 0).x), 1.0); }"
    assert drawn(playing, "a.glsl", keys, channels={"iChannel0": "keyboard"}).max() == 0.0
    rows = "void mainImage(out vec4 c, in vec2 p) { c = vec4(vec3(texture(iChannel0, p / iResolution.xy).x), 1.0); }"
    silence = drawn(playing, "a.glsl", rows, channels={"iChannel0": "mic"})
    assert silence[1] == pytest.approx(0.5, abs=0.01)  # the upper half is the waveform, the lower the spectrum
    assert silence[-2] == pytest.approx(0.0, abs=0.01)
    tone = np.sin(np.arange(2048) * 2 * np.pi * 72 / 2048).astype(np.float32)  # bin 72 of 1024
    heard = playing.open("shadertoy", {"file": "a.glsl", "channels": {"iChannel0": "sound"}})
    for tick in ticks(30):
        picture = code(frame(heard, tick, FrameInputs(sound=tone)))
    assert np.argmax(picture[-2, :, 0]) == int(72 / 512 * W)
    assert np.ptp(picture[1, :, 0]) > 0.8
    inputs = '{"NAME":"w","TYPE":"audio","MAX":64},{"NAME":"f","TYPE":"audioFFT","MAX":32}'
    body = (
        "void main() { vec2 p = isf_FragNormCoord; gl_FragColor = vec4(IMG_NORM_PIXEL(f, p).r, IMG_NORM_PIXEL(w, p).r, "
    )
    body += "IMG_SIZE(w).x / 128.0 * IMG_SIZE(f).x / 32.0, 1.0); }"
    assert drawn(playing, "a.fs", header(inputs) + body)[2, 2] == pytest.approx([0.0, 0.5, 0.5], abs=0.01)
    heard = playing.open("isf", {"file": "a.fs"})
    for tick in ticks(30):
        picture = code(frame(heard, tick, FrameInputs(sound=tone)))
    assert abs(int(np.argmax(picture[2, :, 0])) - 2) <= 1  # bin 2 of 32, over 32 px
    assert np.ptp(picture[2, :, 1]) > 0.8


def test_buffers_are_read_at_smaller_sizes(playing: Playing) -> None:
    fine = "void mainImage(out vec4 c, in vec2 p) { c = vec4(vec3(mod(floor(p.x) + floor(p.y), 2.0)), 1.0); }"
    coarse = "void mainImage(out vec4 c, in vec2 p) { c = textureLod(iChannel0, p / iResolution.xy, 3.0); }"
    (playing.folder / "foreign" / "fine.glsl").write_text(fine)
    settings = {
        "channels": {"iChannel0": {"source": "A", "filter": "mipmap"}},
        "buffers": {"A": {"file": "fine.glsl"}},
    }
    assert np.abs(drawn(playing, "a.glsl", coarse, **settings) - 0.5).max() < 0.02


@pytest.mark.parametrize("name", ["integers.fs", "words.glsl", "texture.glsl"])
def test_drivers_without_glsl_4_2_take_them_by_their_extensions(
    playing: Playing, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(program, "MODERN", 999)
    assert np.abs(drawn(playing, name, ODD[name]) - PLACE).max() < 0.01
