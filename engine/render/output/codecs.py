"""Codecs of films, the containers that can hold them, and the encoders that can produce them.

A codec is a format; an encoder is the program, or the part of a graphics card, that produces it. Knows no file and no
picture. Colours are BT.709, limited range, except for FFV1, which keeps the drawn RGB values.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from engine.config.recorder import RecorderSettings
from engine.core.errors import ConfigError, DeviceError

CARDS = ("nvenc", "qsv", "amf")
PROCESSOR = "processor"
RGB_MATRIX = 0  # FFmpeg's constant for RGB, without a matrix
Options = Callable[[RecorderSettings], dict[str, str]]


@dataclass(frozen=True, slots=True)
class Codec:
    """A codec.

    Attributes:
        name: in configuration and command lines.
        title: for people.
        endings: of files that can hold it, the usual one first.
        pixels: FFmpeg's name of the pixel format.
        encoders: FFmpeg's name of the encoder on each kind of hardware: `processor`, `nvenc`, `qsv`, `amf`.
        tag: four-character code for players; empty to leave it to the container.
    """

    name: str
    title: str
    endings: tuple[str, ...]
    pixels: str
    encoders: Mapping[str, str]
    tag: str = ""

    @property
    def is_rgb(self) -> bool:
        """Whether pixels stay RGB, without loss."""
        return self.pixels == "bgr0"


def _on_all(name: str, library: str) -> Mapping[str, str]:
    return {PROCESSOR: library, **{card: f"{name}_{card}" for card in CARDS}}


FILM_CODECS: Mapping[str, Codec] = {
    codec.name: codec
    for codec in (
        Codec("h264", "H.264", (".mp4", ".m4v", ".mov", ".mkv"), "yuv420p", _on_all("h264", "libx264")),
        Codec("hevc", "HEVC", (".mp4", ".m4v", ".mov", ".mkv"), "yuv420p", _on_all("hevc", "libx265"), tag="hvc1"),
        Codec("prores", "ProRes 422 HQ", (".mov",), "yuv422p10le", {PROCESSOR: "prores_ks"}),
        Codec("ffv1", "FFV1", (".mkv",), "bgr0", {PROCESSOR: "ffv1"}),
    )
}
USUAL_CODECS = {".mp4": "h264", ".m4v": "h264", ".mov": "prores", ".mkv": "ffv1"}
"""Default codec of each file ending."""

_OPTIONS: Mapping[str, Options] = {
    "libx264": lambda asked: {"preset": asked.preset, "crf": str(asked.quality), "tune": "zerolatency"},
    "libx265": lambda asked: {
        "preset": asked.preset,
        "crf": str(asked.quality),
        "tune": "zerolatency",
        "x265-params": "log-level=error",
    },
    "prores_ks": lambda _: {"profile": "hq", "vendor": "apl0"},
    "ffv1": lambda _: {"level": "3", "slices": "4", "slicecrc": "1"},
}
_CARD_OPTIONS: Mapping[str, Options] = {
    "nvenc": lambda asked: {
        "preset": "p4",
        "rc": "vbr",
        "cq": str(asked.quality),
        "tune": "ll",
        "forced-idr": "1",
    },
    "qsv": lambda asked: {"preset": "veryfast", "global_quality": str(asked.quality), "forced_idr": "1"},
    "amf": lambda asked: {
        "rc": "cqp",
        "qp_i": str(asked.quality),
        "qp_p": str(asked.quality),
        "forced_idr": "1",
    },
}


def choose_codec(path: Path, asked: str | None = None) -> Codec:
    """The requested codec, or the default of the file's ending.

    Raises:
        ConfigError: the ending is unknown, or such a file cannot hold the codec.
    """
    ending = path.suffix.lower()
    codec = FILM_CODECS[asked or USUAL_CODECS.get(ending, "h264")]
    if ending not in codec.endings:
        allowed = " or ".join(codec.endings)
        where = "a name without an ending" if not ending else f"a {ending} file"
        raise ConfigError(f"{path} cannot hold {codec.title}, being {where}: let its name end in {allowed}")
    return codec


def usual_ending(codec: str) -> str:
    """Default file ending of a codec."""
    return FILM_CODECS[codec].endings[0]


def choose_encoder(codec: Codec, settings: RecorderSettings, size_wh: tuple[int, int]) -> str:
    """FFmpeg's name of the requested encoder, or with `auto` of the first that opens.

    Raises:
        DeviceError: the requested encoder does not open on this machine.
        ConfigError: the requested kind of encoder does not support this codec.
    """
    asked = settings.encoder
    candidates = [*CARDS, PROCESSOR] if asked == "auto" else [asked]
    for name in (codec.encoders[hardware] for hardware in candidates if hardware in codec.encoders):
        if asked == PROCESSOR or name == codec.encoders[PROCESSOR] or _opens(codec, name, size_wh, settings):
            return name
    if asked not in codec.encoders:
        raise ConfigError(f"no {asked} encoder makes {codec.title}: set recorder.encoder to auto or {PROCESSOR}")
    raise DeviceError(
        f"the video encoder {codec.encoders[asked]} does not open on this machine: set recorder.encoder to auto or "
        f"{PROCESSOR}, or install the graphics card's driver"
    )


def _opens(codec: Codec, encoder: str, size_wh: tuple[int, int], settings: RecorderSettings) -> bool:
    with contextlib.suppress(OSError, ValueError, av.FFmpegError):
        context = av.CodecContext.create(encoder, "w")
        configure(context, codec, encoder, size_wh, settings)
        context.open()
        return True
    return False


def configure(context: Any, codec: Codec, encoder: str, size_wh: tuple[int, int], settings: RecorderSettings) -> None:
    """Configure an unopened encoder: size, clock, colour, quality, and no delayed frames."""
    context.width, context.height = size_wh
    context.pix_fmt = codec.pixels
    context.time_base = 1 / Fraction(settings.max_fps).limit_denominator(1001)
    context.framerate = Fraction(settings.max_fps).limit_denominator(1001)
    context.gop_size = max(2, round(2 * settings.max_fps * settings.keyframe_s))  # keyframes are requested by time
    context.max_b_frames = 0
    if codec.tag:
        context.codec_tag = codec.tag
    if codec.is_rgb:
        context.color_range, context.colorspace = ColorRange.JPEG, RGB_MATRIX
        context.gop_size = 1  # every frame is a keyframe
    else:
        context.color_range, context.colorspace = ColorRange.MPEG, Colorspace.ITU709
    context.color_primaries = ColorPrimaries.BT709
    context.color_trc = ColorTrc.BT709
    options = _OPTIONS.get(encoder) or _CARD_OPTIONS[encoder.rpartition("_")[2]]
    context.options = options(settings)
