"""Shadertoy shaders as passes: the tabs, what their channels show, and which way is up."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import moderngl
import numpy as np
import pytest
from PIL import Image

from engine.core.clock import Tick
from engine.core.errors import ConfigError
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.texture import PixelTexture
from engine.render.passes import registry
from engine.scene.scene import load_scene
from tests.render.external import FPS, SIZE_WH, Playing, code, frame, light, ticks
from tests.render.pictures import ALIGNMENT, REST

W, H = SIZE_WH


def image(body: str, before: str = "") -> str:
    """The text of a tab."""
    return f"{before}\nvoid mainImage(out vec4 fragColor, in vec2 fragCoord) {{ {body} }}\n"


def draw(playing: Playing, body: str, view: FrameInputs | None = None, **settings: Any) -> np.ndarray:
    playing.write(a__glsl=image(body))
    return playing.draw("shadertoy", {"file": "a.glsl", **settings}, view)


def middle(picture: np.ndarray) -> np.ndarray:
    return picture[H // 2, W // 2]


@pytest.mark.parametrize(
    "expression",
    [
        "texture(iChannel0, fragCoord / iResolution.xy)",
        "texture2D(iChannel0, fragCoord / iChannelResolution[0].xy)",
        "texelFetch(iChannel0, ivec2(fragCoord), 0)",
    ],
)
def test_what_is_passed_on_unchanged_stays_where_it_is(playing: Playing, expression: str) -> None:
    """Upright, not mirrored, and as bright as it was."""
    picture = draw(playing, f"fragColor = {expression};", channels={"iChannel0": "picture"})
    expected = np.zeros((H, W, 3))
    expected[:, W // 2 :, 0] = 1.0
    expected[H // 2 :, :, 1] = 1.0
    expected[H // 2 :, W // 2 :, 2] = 0.25
    assert np.abs(picture - expected).max() < 3e-3


def test_row_0_is_at_the_bottom_and_alpha_means_nothing(playing: Playing) -> None:
    picture = draw(playing, "fragColor = vec4(fragCoord / iResolution.xy, fragCoord.y < 1.0, 0.0);")
    assert code(picture[-1, 0]) == pytest.approx([0.5 / W, 0.5 / H, 1.0], abs=2e-3)
    assert code(picture[0, -1]) == pytest.approx([1 - 0.5 / W, 1 - 0.5 / H, 0.0], abs=2e-3)


def test_moments(playing: Playing) -> None:
    playing.write(a__glsl=image("fragColor = vec4(iTime, iTimeDelta * 10.0, float(iFrame), 1.0) / 10.0;"))
    shown = playing.open("shadertoy", {"file": "a.glsl"})
    seen = [code(middle(frame(shown, tick))) for tick in (Tick(7, 4.0, 0.0), Tick(8, 4.5, 0.25), Tick(9, 5.0, 0.25))]
    assert seen[0] == pytest.approx([0.4, 0.0, 0.0], abs=3e-3)
    assert seen[1] == pytest.approx([0.45, 0.0, 0.0], abs=3e-3)
    assert seen[2] == pytest.approx([0.5, 0.25, 0.1], abs=3e-3)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("iFrameRate / 100.0", FPS / 100),
        ("iGlobalTime / iTime - 0.5", 0.5),
        ("iChannelTime[2] / iTime - 0.5", 0.5),
        ("iSampleRate / 88200.0", 0.5),
        ("iResolution.z - 0.5", 0.5),
        ("iChannelResolution[1].x / 256.0", 1.0),
        ("(iDate.x - 2020.0) / 10.0", 0.6),
        ("iDate.y / 12.0", 2 / 12),  # March, counted from 0
        ("iDate.z / 31.0", 1 / 31),
        ("iDate.w / 86400.0", 70205 / 86400),
    ],
)
def test_what_shadertoy_declares(playing: Playing, expression: str, expected: float) -> None:
    playing.write(a__glsl=image(f"fragColor = vec4({expression});"))
    shown = playing.open("shadertoy", {"file": "a.glsl", "channels": {"iChannel1": "noise"}})
    for index in (1, 2):
        picture = frame(shown, Tick(index, index / FPS, 1 / FPS, 1772393405.0))  # 2026-03-01 19:30:05
    assert code(middle(picture))[0] == pytest.approx(expected, abs=4e-3)


def test_the_mouse_is_the_face(playing: Playing) -> None:
    """Where the reflection's eyes are; pressed while somebody is there."""
    body = "fragColor = vec4(iMouse.xy / iResolution.xy, iMouse.z > 0.0, 1.0);"
    view = FrameInputs(alignment=ALIGNMENT, placement=REST, presence=1.0)
    assert code(middle(draw(playing, body, view))) == pytest.approx([0.5, 0.58, 1.0], abs=4e-3)
    assert code(middle(draw(playing, body, FrameInputs()))) == pytest.approx([0.5, 0.58, 0.0], abs=4e-3)
    assert code(middle(draw(playing, body, FrameInputs(), mouse=[0.25, 0.75]))) == pytest.approx(
        [0.25, 0.75, 1.0], abs=4e-3
    )


def test_the_face_is_where_the_reflection_is(playing: Playing) -> None:
    """Right of the middle of the mirrored picture is right on the stage; rolled clockwise is a negative angle."""
    body = "fragColor = vec4(n_face.x, n_face.y, 0.5 + n_face.w, 1.0);"
    moved = type(REST)(x=0.7, y=0.3, eye_distance=0.11, roll_rad=0.3, aspect=REST.aspect)
    x, y, roll = code(
        middle(draw(playing, body, FrameInputs(alignment=ALIGNMENT, placement=moved, presence=1.0), follow=1.0))
    )
    assert x > 0.55
    assert y > 0.62
    assert roll == pytest.approx(0.2, abs=4e-3)


FEEDBACK = "fragColor = 0.5 * texelFetch(iChannel0, ivec2(fragCoord), 0) + vec4(0.125, 0.0, 0.0, 0.0);"


def test_buffers_feed_back_as_numpy_says(playing: Playing) -> None:
    """A reads itself, and B as it was; B reads A as it is now; the image reads B. Row 0 is at the bottom for all."""
    playing.write(
        buffer_a__glsl=image(
            "ivec2 p = ivec2(fragCoord), q = ivec2(min(p.x + 1, int(iResolution.x) - 1), p.y);"
            "vec4 seen = texture(iChannel2, fragCoord / iResolution.xy);"
            "fragColor = 0.5 * texelFetch(iChannel0, q, 0) + 0.25 * texelFetch(iChannel1, p, 0) + 0.2 * seen;"
        ),
        buffer_b__glsl=image(
            "fragColor = 0.5 * texelFetch(iChannel0, ivec2(fragCoord.x, max(fragCoord.y - 1.0, 0.0)), 0);"
        ),
        a__glsl=image("fragColor = texelFetch(iChannel0, ivec2(fragCoord), 0);"),
    )
    settings = {
        "file": "a.glsl",
        "channels": {"iChannel0": "B"},
        "buffers": {
            "A": {"file": "buffer_a.glsl", "channels": {"iChannel0": "A", "iChannel1": "B", "iChannel2": "picture"}},
            "B": {"file": "buffer_b.glsl", "channels": {"iChannel0": "A"}},
        },
    }
    shown = playing.open("shadertoy", settings)
    seen = np.zeros((H, W, 3))
    seen[:, W // 2 :, 0] = 1.0
    seen[H // 2 :, :, 1] = 1.0
    seen[H // 2 :, W // 2 :, 2] = code(0.25)
    a = b = np.zeros((H, W, 3))
    for tick in ticks(6):
        a = 0.5 * np.roll(np.pad(a, ((0, 0), (0, 1), (0, 0)), mode="edge"), -1, axis=1)[:, :W] + 0.25 * b + 0.2 * seen
        below = np.concatenate([a[1:], a[-1:]])  # row 0 is the top here
        b = 0.5 * below
        assert np.abs(code(frame(shown, tick)) - b).max() < 3e-3


def test_buffers_move_on_with_time_only_and_are_gone_when_read_again(playing: Playing) -> None:
    playing.write(b__glsl=image(FEEDBACK), a__glsl=image("fragColor = texelFetch(iChannel0, ivec2(fragCoord), 0);"))
    settings = {
        "file": "a.glsl",
        "channels": {"iChannel0": "A"},
        "buffers": {"A": {"file": "b.glsl", "channels": {"iChannel0": "A"}}},
    }
    shown = playing.open("shadertoy", settings)
    levels = [code(middle(frame(shown, tick)))[0] for tick in ticks(3)]
    assert levels == pytest.approx([0.125, 0.1875, 0.21875], abs=2e-3)
    assert code(middle(frame(shown, Tick(9, 1.0, 0.0))))[0] == pytest.approx(levels[-1], abs=1e-6)
    reloaded = playing.open("shadertoy", settings)
    assert code(middle(frame(reloaded, ticks(1)[0])))[0] == pytest.approx(0.125, abs=2e-3)


def test_a_buffer_has_the_size_that_it_asks_for(playing: Playing) -> None:
    playing.write(
        a__glsl="void mainImage(out vec4 c, in vec2 p) { c = texelFetch(iChannel0, ivec2(2, 0), 0); }",
        b__glsl="void mainImage(out vec4 c, in vec2 p) { c = vec4(iResolution.xy / 10.0, p.x / 10.0, 1.0); }",
    )
    buffers = {"A": {"file": "b.glsl", "size": [3, 2]}}
    picture = playing.draw("shadertoy", {"file": "a.glsl", "channels": {"iChannel0": "A"}, "buffers": buffers})
    assert code(middle(picture)) == pytest.approx([0.3, 0.2, 0.25], abs=3e-3)


def test_buffers_hold_more_than_a_picture_can(playing: Playing) -> None:
    playing.write(
        b__glsl=image("fragColor = vec4(-1000.5, 200000.0, 0.0, 1.0);"),
        a__glsl=image(
            "vec4 kept = texelFetch(iChannel0, ivec2(0), 0);"
            "fragColor = vec4(-kept.x - 1000.0, kept.y / 400000.0, 0.0, 1.0);"
        ),
    )
    settings = {"file": "a.glsl", "channels": {"iChannel0": "D"}, "buffers": {"D": {"file": "b.glsl"}}}
    assert code(middle(playing.draw("shadertoy", settings))) == pytest.approx([0.5, 0.5, 0.0], abs=2e-3)


def test_what_is_no_number_is_0_in_a_buffer_and_told_once(playing: Playing, caplog: pytest.LogCaptureFixture) -> None:
    """One bad moment must not stay for the rest of the show."""
    playing.write(
        b__glsl=image(
            "vec4 was = texelFetch(iChannel0, ivec2(fragCoord), 0); fragColor = was + sqrt(iTime - 0.05) + 0.1;"
        ),
        a__glsl=image("fragColor = texelFetch(iChannel0, ivec2(fragCoord), 0);"),
    )
    buffers = {"A": {"file": "b.glsl", "channels": {"iChannel0": "A"}}}
    shown = playing.open("shadertoy", {"file": "a.glsl", "channels": {"iChannel0": "A"}, "buffers": buffers})
    with caplog.at_level(logging.WARNING):
        levels = [code(middle(frame(shown, tick)))[0] for tick in ticks(8)]
    assert levels[0] == 0.0
    assert levels[1] == pytest.approx(0.1 + (2 / FPS - 0.05) ** 0.5, abs=3e-3)
    assert len(caplog.records) == 1


def test_common_comes_first_and_keeps_its_lines(playing: Playing) -> None:
    playing.write(common__glsl="\n#define LEVEL \\\n  0.5\nfloat level() { return LEVEL; }\n")
    picture = draw(playing, "fragColor = vec4(level());", common="common.glsl")
    assert middle(picture) == pytest.approx(light([0.5] * 3), abs=2e-3)
    playing.write(common__glsl="float fine;\nfloat level() {\n  return nothing;\n}\n")
    with pytest.raises(ConfigError, match=r"^shaders/foreign/common\.glsl:3: .*nothing"):
        draw(playing, "fragColor = vec4(level());", common="common.glsl")


def test_errors_name_the_file_and_the_line_of_a_buffer(playing: Playing) -> None:
    playing.write(b__glsl="// a comment\n" + image("fragColor = vec4(wrong);"), common__glsl="// nothing\n" * 5)
    with pytest.raises(ConfigError, match=r"^shaders/foreign/b\.glsl:3: .*wrong"):
        draw(playing, "fragColor = vec4(1.0);", buffers={"A": {"file": "b.glsl"}}, common="common.glsl")


def test_images_and_how_they_are_read(playing: Playing) -> None:
    pixels = np.zeros((2, 2, 3), np.uint8)
    pixels[0, 0] = (255, 255, 255)  # the top left
    Image.fromarray(pixels).save(playing.folder / "foreign" / "mark.png")

    def channel(**way: Any) -> np.ndarray:
        body = "fragColor = texture(iChannel0, fragCoord / iResolution.xy * 2.0);"
        return draw(playing, body, channels={"iChannel0": {"source": "mark.png", **way}})[..., 0]

    nearest = channel(filter="nearest", wrap="repeat")
    assert set(np.unique(nearest)) == {0.0, 1.0}
    lit = np.zeros((2, 2))
    lit[0, 0] = 1.0
    assert (nearest == np.kron(np.tile(lit, (2, 2)), np.ones((H // 4, W // 4)))).all()
    assert (channel(filter="nearest")[: H // 2] == np.kron([[1.0, 0.0, 0.0, 0.0]], np.ones((H // 2, W // 4)))).all()
    turned = channel(filter="nearest", wrap="repeat", vflip=False)
    assert (turned == nearest[::-1]).all()
    assert len(np.unique(channel(filter="linear", wrap="repeat"))) > 4
    assert channel(filter="mipmap", wrap="repeat").max() > 0.5


def test_one_picture_read_in_two_ways(playing: Playing) -> None:
    """Near a corner of the picture: the nearest pixel, and what lies between."""
    body = (
        "vec2 edge = vec2(0.5, 0.75);"
        "fragColor = vec4(texture(iChannel0, edge - 0.01 / iResolution.xy).r, texture(iChannel1, edge).r, 0.0, 1.0);"
    )
    channels = {"iChannel0": {"source": "picture", "filter": "nearest"}, "iChannel1": "picture"}
    assert code(middle(draw(playing, body, channels=channels))) == pytest.approx([0.0, 0.5, 0.0], abs=3e-3)


def test_a_sampler_does_not_stay_behind(playing: Playing, gl: moderngl.Context) -> None:
    """After a pass that reads in tiles of nearest pixels, the next reads as ever."""
    body = "fragColor = texture(iChannel0, fragCoord / iResolution.xy);"
    plain = draw(playing, body, channels={"iChannel0": "picture"})
    draw(playing, body, channels={"iChannel0": {"source": "noise", "filter": "nearest", "wrap": "repeat"}})
    assert (draw(playing, body, channels={"iChannel0": "picture"}) == plain).all()


def test_camera_and_reflection(playing: Playing, gl: moderngl.Context) -> None:
    pixels = np.zeros((20, 40, 4), np.uint8)
    pixels[:10, :20] = (255, 0, 0, 255)  # the top left
    texture = PixelTexture(gl)
    texture.write(pixels)
    view = FrameInputs(camera=texture.texture, camera_aspect=2.0, reflection=texture.texture)
    for name in ("camera", "reflection"):
        body = "fragColor = texture(iChannel3, fragCoord / iResolution.xy);"
        picture = draw(playing, body, view, channels={"iChannel3": name})
        assert picture[1, 1] == pytest.approx([1, 0, 0], abs=2e-3)
        assert picture[-2, 1].max() == picture[1, -2].max() == 0.0
        own = draw(playing, f"fragColor = texture(n_{name}, fragCoord / iResolution.xy);", view)
        assert (own == picture).all()
    texture.close()


@pytest.mark.parametrize(
    ("channel", "message"),
    [
        ("{source: clip.mp4}", "video files are not supported in channels"),
        ("video", "video files are not supported"),
        ("song.mp3", "sound files are not supported"),
        ("[a.png, b.png]", "a list must hold the six pictures of a cube, not 2"),
        ("[a.png, b.png, c.png, d.png, e.png, f.gif]", "must be six .png or .jpg files, and 'f.gif' is none"),
        (
            "picure",
            "must be picture, camera, reflection, noise, sound, keyboard, sky, noise3d, A, B, C, D, any or a .png",
        ),
    ],
)
def test_channels_that_are_refused(tmp_path: Path, channel: str, message: str) -> None:
    path = tmp_path / "scene.yaml"
    path.write_text(
        "format: 1\ntitle: T\nsize: [32, 16]\npasses:\n"
        f"  - shadertoy:\n      channels:\n        iChannel0: picture\n        iChannel1: {channel}\n"
    )
    with pytest.raises(
        ConfigError, match=rf"scene\.yaml:8: passes\[0\]\.shadertoy\.channels\.iChannel1.*: ({message})"
    ):
        load_scene(path, registry())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            "channels: {iChannel4: picture}",
            "channels.iChannel4: must be called iChannel0, iChannel1, iChannel2 or iChannel3",
        ),
        ("buffers: {E: {file: a.glsl}}", "buffers.E: must be called A, B, C or D"),
        ("file: ../a.glsl", "file: must be the path of a Shadertoy shader within shaders/foreign/"),
        ("common: /etc/a.glsl", "common: must be the path of a Shadertoy shader within shaders/foreign/"),
        ("mouse: [0.5, 2]", "mouse"),
    ],
)
def test_settings_that_are_refused(tmp_path: Path, settings: str, message: str) -> None:
    path = tmp_path / "scene.yaml"
    path.write_text(f"format: 1\ntitle: T\nsize: [32, 16]\npasses:\n  - shadertoy: {{{settings}}}\n")
    with pytest.raises(ConfigError) as raised:
        load_scene(path, registry())
    assert f"scene.yaml:5: passes[0].shadertoy.{message}" in str(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("float a;\nvec4 mainSound(float t) { return vec4(t); }", "a.glsl:2: has mainSound but no mainImage"),
        ("void mainCubemap() {}", "a.glsl:1: has mainCubemap but no mainImage"),
        ("uniform float t;\nvoid main() { gl_FragColor = vec4(t); }", "a.glsl:2: brings its own main.., for another"),
        ("// samplerCube\n/* mainImage */", "a.glsl: has no mainImage"),
    ],
)
def test_features_that_are_refused(playing: Playing, text: str, message: str) -> None:
    playing.write(a__glsl=text)
    with pytest.raises(ConfigError, match=rf"^shaders/foreign/{message}"):
        playing.draw("shadertoy", {"file": "a.glsl"})


def test_a_buffer_that_is_not_there(playing: Playing) -> None:
    with pytest.raises(ConfigError, match=r"^shadertoy\.channels\.iChannel0: there is no buffer B in `buffers`"):
        draw(playing, "fragColor = vec4(1.0);", channels={"iChannel0": "B"})
