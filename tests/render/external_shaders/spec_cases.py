"""Two hundred shaders, half ISF and half Shadertoy, in which every key and every built-in of both occurs, each with its
value worked out by hand.

After the ISF specification, version 2 (JSON, variables, functions), shadertoy.com's manual, and the built-in functions
of GLSL ES 3.00 (section 8). `python -m tests.render.spec_cases FOLDER` writes them as files.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

COUNT = 100  # of each dialect
IMAGE = {"NAME": "inputImage", "TYPE": "image"}


@dataclass(frozen=True)
class SpecCase:
    """A shader.

    Attributes:
        name: of its file.
        text: what that holds.
        value: what its red must be in the middle, 0 to 1; None where that depends on the picture below.
        notes: whether something in it has to be told.
        more: files that belong to it, by name.
    """

    name: str
    text: str
    value: float | None
    notes: bool = False
    more: dict[str, str] = field(default_factory=dict)


FUNCTIONS: tuple[tuple[str, float], ...] = (
    ("radians(22.5)", math.pi / 8),
    ("degrees(0.01)", math.degrees(0.01)),
    ("sin(0.5)", math.sin(0.5)),
    ("cos(1.0)", math.cos(1.0)),
    ("tan(0.5)", math.tan(0.5)),
    ("asin(0.5)", math.asin(0.5)),
    ("acos(0.7)", math.acos(0.7)),
    ("atan(0.5)", math.atan(0.5)),
    ("atan(1.0, 2.0)", math.atan2(1.0, 2.0)),
    ("sinh(0.5)", math.sinh(0.5)),
    ("0.5 * cosh(0.5)", 0.5 * math.cosh(0.5)),
    ("tanh(0.5)", math.tanh(0.5)),
    ("asinh(0.5)", math.asinh(0.5)),
    ("acosh(1.2)", math.acosh(1.2)),
    ("atanh(0.5)", math.atanh(0.5)),
    ("pow(0.5, 2.0)", 0.25),
    ("exp(-1.0)", math.exp(-1.0)),
    ("log(2.0)", math.log(2.0)),
    ("exp2(-1.0)", 0.5),
    ("log2(1.5)", math.log2(1.5)),
    ("sqrt(0.25)", 0.5),
    ("inversesqrt(4.0)", 0.5),
    ("abs(-0.5)", 0.5),
    ("0.5 * sign(0.3)", 0.5),
    ("0.5 * floor(1.7)", 0.5),
    ("-0.5 * trunc(-1.7)", 0.5),
    ("0.25 * round(1.6)", 0.5),
    ("0.25 * roundEven(2.5)", 0.5),
    ("0.5 * ceil(0.2)", 0.5),
    ("fract(1.25)", 0.25),
    ("mod(1.7, 1.0)", 0.7),
    ("modf(1.5, whole)", 0.5),
    ("min(0.3, 0.6)", 0.3),
    ("max(0.3, 0.6)", 0.6),
    ("clamp(2.0, 0.0, 0.5)", 0.5),
    ("mix(0.2, 0.8, 0.5)", 0.5),
    ("0.5 * step(0.5, 0.6)", 0.5),
    ("smoothstep(0.0, 1.0, 0.5)", 0.5),
    ("isnan(0.5) ? 1.0 : 0.5", 0.5),
    ("isinf(0.5) ? 1.0 : 0.5", 0.5),
    ("intBitsToFloat(0x3f000000)", 0.5),
    ("uintBitsToFloat(0x3f000000u)", 0.5),
    ("floatBitsToInt(0.5) == 0x3f000000 ? 0.5 : 0.0", 0.5),
    ("floatBitsToUint(0.5) == 0x3f000000u ? 0.5 : 0.0", 0.5),
    ("unpackUnorm2x16(packUnorm2x16(vec2(0.5))).x", 0.5),
    ("unpackSnorm2x16(packSnorm2x16(vec2(0.5))).x", 0.5),
    ("unpackHalf2x16(packHalf2x16(vec2(0.5))).x", 0.5),
    ("length(vec2(0.3, 0.4))", 0.5),
    ("distance(vec2(1.0), vec2(0.7, 0.6))", 0.5),
    ("dot(vec2(0.5), vec2(0.5))", 0.5),
    ("0.5 * cross(vec3(1, 0, 0), vec3(0, 1, 0)).z", 0.5),
    ("normalize(vec2(3.0, 4.0)).x", 0.6),
    ("faceforward(vec2(0.5), vec2(0, -1), vec2(0, 1)).x", 0.5),
    ("reflect(vec2(0.5, -1.0), vec2(0, 1)).x", 0.5),
    ("-0.5 * refract(vec2(0, -1), vec2(0, 1), 1.0).y", 0.5),
    ("matrixCompMult(mat2(0.5), mat2(1.0))[0][0]", 0.5),
    ("outerProduct(vec2(0.5), vec2(1.0))[0][0]", 0.5),
    ("transpose(mat2(0.0, 0.5, 0.0, 0.0))[1][0]", 0.5),
    ("determinant(mat2(0.5, 0.0, 0.0, 1.0))", 0.5),
    ("inverse(mat2(2.0, 0.0, 0.0, 1.0))[0][0]", 0.5),
    ("lessThan(vec2(0.1), vec2(0.2)).x ? 0.5 : 0.0", 0.5),
    ("lessThanEqual(vec2(0.1), vec2(0.1)).x ? 0.5 : 0.0", 0.5),
    ("greaterThan(vec2(0.3), vec2(0.2)).x ? 0.5 : 0.0", 0.5),
    ("greaterThanEqual(vec2(0.2), vec2(0.2)).x ? 0.5 : 0.0", 0.5),
    ("equal(vec2(0.2), vec2(0.2)).x ? 0.5 : 0.0", 0.5),
    ("notEqual(vec2(0.1), vec2(0.2)).x ? 0.5 : 0.0", 0.5),
    ("any(bvec2(true, false)) ? 0.5 : 0.0", 0.5),
    ("all(bvec2(true, true)) ? 0.5 : 0.0", 0.5),
    ("not(bvec2(false)).x ? 0.5 : 0.0", 0.5),
    ("0.5 * dFdx(gl_FragCoord.x)", 0.5),
    ("0.5 * dFdy(gl_FragCoord.y)", 0.5),
    ("0.25 * fwidth(gl_FragCoord.x + gl_FragCoord.y)", 0.5),
)
"""Built-in functions of GLSL ES 3.00 and what an expression with each is."""

LOOKUPS = (
    "textureSize(PICTURE, 0).x > 0 ? 0.5 : 0.0",
    "texture(PICTURE, vec2(0.5)).a * 0.5",
    "texture(PICTURE, vec2(0.5), 0.0).a * 0.5",
    "textureLod(PICTURE, vec2(0.5), 0.0).a * 0.5",
    "textureOffset(PICTURE, vec2(0.5), ivec2(1)).a * 0.5",
    "texelFetch(PICTURE, ivec2(1), 0).a * 0.5",
    "texelFetchOffset(PICTURE, ivec2(1), 0, ivec2(1)).a * 0.5",
    "textureProj(PICTURE, vec3(0.5, 0.5, 1.0)).a * 0.5",
    "textureProjLod(PICTURE, vec3(0.5, 0.5, 1.0), 0.0).a * 0.5",
    "textureGrad(PICTURE, vec2(0.5), vec2(0.0), vec2(0.0)).a * 0.5",
    "texture2D(PICTURE, vec2(0.5)).a * 0.5",
    "texture2DProj(PICTURE, vec3(0.5, 0.5, 1.0)).a * 0.5",
    "texture2DLod(PICTURE, vec2(0.5), 0.0).a * 0.5",
)
"""How a picture is looked up; each is 0.5, for every picture is opaque."""


def isf_cases() -> Iterator[SpecCase]:
    """Those of ISF, `COUNT` of them."""
    made = [*_isf_keys(), *_isf_builtins(), *_isf_passes()]
    lookups = [
        SpecCase(f"lookup {index}.fs", _isf(lookup.replace("PICTURE", "inputImage"), [IMAGE]), 0.5)
        for index, lookup in enumerate(LOOKUPS)
    ]
    made += lookups
    for index, (expression, value) in enumerate(FUNCTIONS):
        if len(made) < COUNT:
            made.append(SpecCase(f"function {index:02d}.fs", _isf(expression), value))
    assert len(made) == COUNT
    yield from made


def shadertoy_cases() -> Iterator[SpecCase]:
    """Those of Shadertoy, `COUNT` of them."""
    made = [*_toy_builtins(), *_toy_tabs()]
    made += [
        SpecCase(f"lookup {index}.glsl", _toy(lookup.replace("PICTURE", "iChannel0")), 0.5)
        for index, lookup in enumerate(LOOKUPS[: COUNT - len(made) - len(FUNCTIONS)])
    ]
    made += [SpecCase(f"function {index:02d}.glsl", _toy(expr), value) for index, (expr, value) in enumerate(FUNCTIONS)]
    assert len(made) == COUNT, len(made)
    yield from made


def _isf(red: str, inputs: Any = (), before: str = "", **more: Any) -> str:
    header = {"ISFVSN": "2", "INPUTS": list(inputs), **more}
    body = f"void main() {{ float whole; float red = {red}; gl_FragColor = vec4(red, 0.25, 0.0, 1.0); }}\n"
    return f"/*{json.dumps(header, indent=1)}*/\n{before}\n{body}"


def _toy(red: str, before: str = "") -> str:
    return (
        f"{before}\nvoid mainImage(out vec4 fragColor, in vec2 fragCoord)\n"
        f"{{ float whole; float red = {red}; fragColor = vec4(red, 0.25, 0.0, 1.0); }}\n"
    )


def _isf_keys() -> Iterator[SpecCase]:
    """Every key of the header, and every TYPE."""
    about = {
        "VSN": "1.0",
        "DESCRIPTION": "a grey",
        "CREDIT": "nobody",
        "CATEGORIES": ["Generator"],
        "KEYWORDS": ["grey"],
    }
    yield SpecCase("about.fs", _isf("0.5", **about), 0.5)
    number = {
        "NAME": "x",
        "TYPE": "float",
        "MIN": 0.0,
        "MAX": 2.0,
        "DEFAULT": 0.5,
        "IDENTITY": 0.0,
        "LABEL": "How much",
    }
    yield SpecCase("float.fs", _isf("x", [number]), 0.5)
    yield SpecCase("float without limits.fs", _isf("x + 0.5", [{"NAME": "x", "TYPE": "float"}]), 0.5)
    for name, default in (("true", True), ("one", 1), ("one in quotes", "1")):
        text = _isf("x ? 0.5 : 0.0", [{"NAME": "x", "TYPE": "bool", "DEFAULT": default, "IDENTITY": False}])
        yield SpecCase(f"bool {name}.fs", text, 0.5)
    yield SpecCase("event.fs", _isf("x ? 0.0 : 0.5", [{"NAME": "x", "TYPE": "event"}]), 0.5)
    choice = {"NAME": "x", "TYPE": "long", "VALUES": [3, 5, 7], "LABELS": ["a", "b", "c"], "DEFAULT": 5, "IDENTITY": 3}
    yield SpecCase("long.fs", _isf("float(x) / 10.0", [choice]), 0.5)
    yield SpecCase(
        "long without choices.fs", _isf("float(x) / 4.0", [{"NAME": "x", "TYPE": "long", "DEFAULT": 2}]), 0.5
    )
    point = {"NAME": "x", "TYPE": "point2D", "DEFAULT": [0.5, 9.0], "MIN": [0.0, 0.0], "MAX": [1.0, 10.0]}
    yield SpecCase("point2D.fs", _isf("x.x * step(8.5, x.y)", [point]), 0.5)
    colour = {"NAME": "x", "TYPE": "color", "DEFAULT": [0.5, 0.1, 0.2, 1.0], "MIN": [0, 0, 0, 0], "MAX": [1, 1, 1, 1]}
    yield SpecCase("color.fs", _isf("x.r", [colour]), 0.5)
    yield SpecCase("image.fs", _isf("IMG_THIS_PIXEL(inputImage).r", [IMAGE]), None)
    transition = [{"NAME": name, "TYPE": "image"} for name in ("startImage", "endImage")]
    progress = {"NAME": "progress", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.5}
    mixed = "mix(IMG_THIS_PIXEL(startImage), IMG_THIS_PIXEL(endImage), progress).r"
    yield SpecCase("transition.fs", _isf(mixed, [*transition, progress]), None)
    for kind in ("audio", "audioFFT"):
        for samples in (None, 64):
            sound = {"NAME": "heard", "TYPE": kind} | ({"MAX": samples} if samples else {})
            wide = f"IMG_SIZE(heard).x == {samples}.0" if samples else "IMG_SIZE(heard).x > 500.0"
            rest = "0.5" if kind == "audio" else "0.0"
            red = f"{wide} && abs(IMG_NORM_PIXEL(heard, vec2(0.5)).r - {rest}) < 0.01 ? 0.5 : 0.0"
            yield SpecCase(f"{kind} {samples or 'whole'}.fs", _isf(red, [sound]), 0.5)
    for shape, imported in (("dict", {"tile": {"PATH": "tile.png"}}), ("list", [{"NAME": "tile", "PATH": "tile.png"}])):
        yield SpecCase(f"imported {shape}.fs", _isf("IMG_NORM_PIXEL(tile, vec2(0.5)).r", IMPORTED=imported), 128 / 255)
    faces = [f"face{index}.png" for index in range(6)]
    cube = {"sky": {"PATH": faces, "TYPE": "cube"}}
    yield SpecCase("imported cube.fs", _isf("textureCube(sky, vec3(0, 1, 0)).r", IMPORTED=cube), 90 / 255)
    yield SpecCase(
        "wrong default.fs", _isf("x", [{"NAME": "x", "TYPE": "float", "MAX": 0.5, "DEFAULT": 5.0}]), 0.5, True
    )
    yield SpecCase("turned round.fs", _isf("x", [{**number, "MIN": 2.0, "MAX": 0.0}]), 0.5, True)
    old = _isf("IMG_THIS_PIXEL(kept).r + 0.5", PERSISTENT_BUFFERS=["kept"], PASSES=[{"TARGET": "kept"}, {}])
    yield SpecCase("version 1.fs", old.replace('"ISFVSN": "2"', '"ISFVSN": "1"'), None, True)


def _isf_builtins() -> Iterator[SpecCase]:
    """Every variable and function that ISF declares."""
    reds = {
        "PASSINDEX": "PASSINDEX == 0 ? 0.5 : 0.0",
        "RENDERSIZE": "0.5 * step(1.0, RENDERSIZE.x) * step(1.0, RENDERSIZE.y)",
        "TIME": "TIME >= 0.0 ? 0.5 : 0.0",
        "TIMEDELTA": "TIMEDELTA >= 0.0 && TIMEDELTA < 1.0 ? 0.5 : 0.0",
        "DATE": "DATE.x >= 1970.0 && DATE.y >= 1.0 && DATE.z >= 1.0 && DATE.w >= 0.0 ? 0.5 : 0.0",
        "FRAMEINDEX": "FRAMEINDEX >= 0 && FRAMEINDEX < 100 ? 0.5 : 0.0",
        "gl_FragCoord": "distance(gl_FragCoord.xy / RENDERSIZE, isf_FragNormCoord) < 0.001 ? 0.5 : 0.0",
        "isf_FragNormCoord": "0.5 * step(0.0, isf_FragNormCoord.x) * step(isf_FragNormCoord.y, 1.0)",
        "vv_FragNormCoord": "vv_FragNormCoord == isf_FragNormCoord ? 0.5 : 0.0",
    }
    for name, red in reds.items():
        yield SpecCase(f"variable {name}.fs", _isf(red), 0.5)
    here = "IMG_THIS_PIXEL(inputImage)"
    same = {
        "IMG_PIXEL": "IMG_PIXEL(inputImage, isf_FragNormCoord * IMG_SIZE(inputImage))",
        "IMG_NORM_PIXEL": "IMG_NORM_PIXEL(inputImage, isf_FragNormCoord)",
        "IMG_THIS_PIXEL": "IMG_THIS_PIXEL(inputImage)",
        "IMG_THIS_NORM_PIXEL": "IMG_THIS_NORM_PIXEL(inputImage)",
        "imgRect": "IMG_PIXEL(inputImage, _inputImage_imgRect.xy + isf_FragNormCoord * _inputImage_imgRect.zw)",
        "imgSize": "IMG_PIXEL(inputImage, isf_FragNormCoord * _inputImage_imgSize)",
        "flip": "_inputImage_flip ? vec4(9.0) : IMG_THIS_PIXEL(inputImage)",
    }
    for name, seen in same.items():
        yield SpecCase(f"picture {name}.fs", _isf(f"distance({seen}, {here}) < 0.01 ? 0.5 : 0.0", [IMAGE]), 0.5)
    varying = "varying vec2 half_place;\n"
    vertex = f"{varying}void main() {{ isf_vertShaderInit(); half_place = 0.5 * isf_FragNormCoord; }}\n"
    red = "distance(half_place * 2.0, isf_FragNormCoord) < 0.001 ? 0.5 : 0.0"
    for name, text in (("isf", vertex), ("vv", vertex.replace("isf_vert", "vv_vert"))):
        yield SpecCase(f"vertex {name}.fs", _isf(red, before=varying), 0.5, more={f"vertex {name}.vs": text})


def _isf_passes() -> Iterator[SpecCase]:
    """Every key of PASSES."""
    image: dict[str, str] = {}
    read = "PASSINDEX == 0 ? {} : {}"
    one = "IMG_NORM_PIXEL(one, vec2(0.5)).r"
    yield SpecCase("target.fs", _isf(read.format("0.25", f"2.0 * {one}"), PASSES=[{"TARGET": "one"}, image]), 0.5)
    kept = [{"TARGET": "one", "PERSISTENT": True, "DESCRIPTION": "kept"}, image]
    yield SpecCase("persistent.fs", _isf(read.format(f"max({one}, 0.25)", f"2.0 * {one}"), PASSES=kept), 0.5)
    float_buffer = [{"TARGET": "one", "FLOAT": True}, image]
    yield SpecCase("float buffer.fs", _isf(read.format("300.0", f"{one} / 600.0"), PASSES=float_buffer), 0.5)
    sized = [{"TARGET": "one", "WIDTH": "8", "HEIGHT": "$HEIGHT / 2 + n", "PERSISTENT": True}, image]
    size = "IMG_SIZE(one).x == 8.0 && IMG_SIZE(one).y > 4.0 ? 0.5 : 0.0"
    yield SpecCase("sized.fs", _isf(size, [{"NAME": "n", "TYPE": "float", "DEFAULT": 2.0}], PASSES=sized), 0.5)
    yield SpecCase("last target.fs", _isf("0.5", PASSES=[{"TARGET": "one"}]), 0.5)


def _toy_builtins() -> Iterator[SpecCase]:
    """Every uniform of the site."""
    reds = {
        "iResolution": "0.5 * step(1.0, iResolution.x) * step(1.0, iResolution.y) * iResolution.z",
        "iTime": "iTime >= 0.0 ? 0.5 : 0.0",
        "iGlobalTime": "iGlobalTime == iTime ? 0.5 : 0.0",
        "iTimeDelta": "iTimeDelta >= 0.0 && iTimeDelta < 1.0 ? 0.5 : 0.0",
        "iFrameRate": "iFrameRate > 1.0 ? 0.5 : 0.0",
        "iFrame": "iFrame >= 0 && iFrame < 100 ? 0.5 : 0.0",
        "iMouse": "iMouse.x >= 0.0 && iMouse.y >= 0.0 ? 0.5 : 0.0",
        "iDate": "iDate.x >= 1970.0 && iDate.y >= 0.0 && iDate.z >= 1.0 && iDate.w >= 0.0 ? 0.5 : 0.0",
        "iSampleRate": "iSampleRate / 88200.0",
        "iChannelTime": "iChannelTime[1] >= 0.0 ? 0.5 : 0.0",
        "iChannelResolution": "iChannelResolution[0].x > 0.0 && iChannelResolution[0].z == 1.0 ? 0.5 : 0.0",
        "fragCoord": "fragCoord == gl_FragCoord.xy ? 0.5 : 0.0",
    }
    for name, red in reds.items():
        yield SpecCase(f"uniform {name}.glsl", _toy(red), 0.5)


def _toy_tabs() -> Iterator[SpecCase]:
    """Several tabs, channels of every kind, and the site's JSON."""
    buffer = _toy("0.5")
    image = _toy("texture(iChannel0, fragCoord / iResolution.xy).r")
    yield SpecCase("tabs.glsl", f"// Buffer A\n{buffer}\n// Image\n{image}", 0.5)
    common = "const float HALF = 0.5;\n"
    yield SpecCase("common.glsl", f"// ---- Common ----\n{common}\n// Image\n{_toy('HALF')}", 0.5)
    yield SpecCase("cube channel.glsl", _toy("texture(iChannel0, vec3(0.0, 1.0, 0.0)).a * 0.5"), 0.5)
    yield SpecCase(
        "volume channel.glsl", _toy("texture(iChannel0, vec3(0.5)).a * 0.5 + 0.0 * textureSize(iChannel0, 0).z"), None
    )
    beside = "vec2 mainSound(int s, float t) { return vec2(0.0); }\n"
    beside += "void mainVR(out vec4 c, in vec2 p, in vec3 o, in vec3 d) { c = vec4(0.0); }"
    with_others = _toy("0.5", beside)
    yield SpecCase("sound and vr beside it.glsl", with_others, 0.5)
    inputs = [
        {
            "id": 33,
            "type": "keyboard",
            "channel": 1,
            "sampler": {"filter": "nearest", "wrap": "clamp", "vflip": "true"},
        },
        {"id": 1, "type": "music", "channel": 2},
        {"id": 2, "type": "volume", "channel": 3, "filepath": "/media/a/grey.bin"},
        {"id": 257, "type": "buffer", "channel": 0, "sampler": {"filter": "mipmap", "wrap": "repeat"}},
    ]
    red = "textureLod(iChannel0, vec2(0.5), 2.0).r + texelFetch(iChannel1, ivec2(65, 0), 0).x"
    red += " + texture(iChannel2, vec2(0.5, 0.25)).x + 0.0 * texture(iChannel3, vec3(0.5)).x"
    code = _toy(red)
    sound = "vec2 mainSound(int s, float t) { return vec2(0); }"
    passes = [
        {"name": "Image", "type": "image", "inputs": inputs, "outputs": [{"id": 37, "channel": 0}], "code": code},
        {"name": "Buf A", "type": "buffer", "inputs": [], "outputs": [{"id": 257, "channel": 0}], "code": buffer},
        {"name": "Common", "type": "common", "inputs": [], "outputs": [], "code": common},
        {"name": "Sound", "type": "sound", "inputs": [], "outputs": [], "code": sound},
    ]
    export = {"Shader": {"ver": "0.1", "info": {"id": "none"}, "renderpass": passes}}
    yield SpecCase("export.json", json.dumps(export, indent=1), 0.5, notes=True)


def write_cases(folder: Path) -> list[SpecCase]:
    """Write all of them, with the pictures that they bring along."""
    folder.mkdir(parents=True, exist_ok=True)
    cases = [*isf_cases(), *shadertoy_cases()]
    for case in cases:
        for name, text in {case.name: case.text, **case.more}.items():
            (folder / name).write_text(text, encoding="utf-8")
    Image.fromarray(np.full((8, 8, 3), 128, np.uint8)).save(folder / "tile.png")
    for index in range(6):
        Image.fromarray(np.full((4, 4, 3), 50 + 20 * index, np.uint8)).save(folder / f"face{index}.png")
    return cases


if __name__ == "__main__":
    print(f"wrote {len(write_cases(Path(sys.argv[1])))} shaders")
