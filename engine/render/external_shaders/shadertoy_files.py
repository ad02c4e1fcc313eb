"""The files of a Shadertoy shader -> programs, and what each tab's channels show. No OpenGL until it is compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from engine.config.validation import Settings
from engine.core.errors import ConfigError
from engine.core.messages import join_words
from engine.render.external_shaders.paths import path_field
from engine.render.external_shaders.pictures import IMAGE_ENDINGS, SOURCES
from engine.render.external_shaders.program import ForeignProgram, ForeignText
from engine.render.gl.shader_library import ShaderLibrary

BUFFERS = ("A", "B", "C", "D")
CHANNELS = ("iChannel0", "iChannel1", "iChannel2", "iChannel3")
ENTRY = "mainImage(out vec4, in vec2)"

UNSUPPORTED: Mapping[str, str] = {
    "keyboard": "the keyboard",
    "cubemap": "a cubemap",
    "volume": "a volume texture",
    "music": "music",
    "sound": "sound",
    "soundcloud": "sound",
    "mic": "the microphone",
    "microphone": "the microphone",
    "video": "video",
    "webcam": "`webcam` (say camera)",
}
"""What a channel may show on shadertoy.com and cannot here."""
VIDEO_ENDINGS = (".mp4", ".webm", ".ogv", ".mov")
SOUND_ENDINGS = (".mp3", ".wav", ".ogg")

Side = Annotated[int, Field(ge=1, le=4096)]
ShaderPath = Annotated[str, path_field("glsl", "a Shadertoy shader", "candle.glsl")]


class Channel(Settings):
    """What an iChannel shows, and how it is read."""

    source: Annotated[str, Field(min_length=1, max_length=200)] = "picture"
    """`picture` (so far), `camera`, `reflection`, `noise`, a buffer `A` to `D`, or an image in shaders/foreign/."""
    filter: Literal["nearest", "linear", "mipmap"] = "linear"
    """How what lies between pixels is read."""
    wrap: Literal["clamp", "repeat"] = "clamp"
    """What is beyond its edges."""
    vflip: bool = True
    """Whether the picture stands upright; buffers always do."""

    @field_validator("source")
    @classmethod
    def _known(cls, source: str) -> str:
        found = UNSUPPORTED.get(source.lower())
        if found is None and source.lower().endswith(VIDEO_ENDINGS + SOUND_ENDINGS):
            found = "video" if source.lower().endswith(VIDEO_ENDINGS) else "sound"
        if found is not None:
            raise ValueError(f"{found} is not supported as what a channel shows")
        if source not in SOURCES and source not in BUFFERS and not source.endswith(IMAGE_ENDINGS):
            known = join_words([*SOURCES, *BUFFERS, "a .png or .jpg file"], "or")
            raise ValueError(f"must be {known}, not {source!r}")
        return source


def _in_short(value: Any) -> Any:
    """A source alone stands for a channel that reads it in the usual way."""
    return {"source": value} if isinstance(value, str) else value


BufferName = Literal["A", "B", "C", "D"]
ChannelName = Literal["iChannel0", "iChannel1", "iChannel2", "iChannel3"]
Channels = dict[ChannelName, Annotated[Channel, BeforeValidator(_in_short, json_schema_input_type=str | Channel)]]


class BufferTab(Settings):
    """A buffer: its shader and its channels."""

    file: ShaderPath
    """The shader, within shaders/foreign/."""
    channels: Channels = Field(default_factory=dict)
    """What its iChannels show."""
    size: tuple[Side, Side] | None = None
    """Width and height, px, which its iResolution says; as large as the stage where nothing is said."""


@dataclass(frozen=True)
class Tab:
    """A shader of Shadertoy with what it draws from, read and checked, not yet compiled."""

    text: ForeignText
    channels: Mapping[str, Channel]
    where: str


class ShadertoyFiles:
    """All files of one Shadertoy shader.

    Args:
        library: the shaders.
        file, channels: the Image tab.
        buffers: the tabs A to D.
        common: the Common tab; None without one.

    Attributes:
        common: what all tabs begin with; None if there is nothing.
        image: the Image tab.
        buffers: those that there are, in the order in which they are drawn.

    Raises:
        ConfigError: file, line and what is wrong or not supported.
    """

    def __init__(
        self,
        library: ShaderLibrary,
        file: str,
        channels: Channels,
        buffers: Mapping[BufferName, BufferTab],
        common: str | None,
    ) -> None:
        self.common = ForeignText(library, common) if common else None
        self.image = self._tab(library, file, channels, "shadertoy")
        self.buffers = {
            name: self._tab(library, tab.file, tab.channels, f"shadertoy.buffers.{name}")
            for name, tab in sorted(buffers.items())
        }
        for tab in (self.image, *self.buffers.values()):
            for channel, shown in tab.channels.items():
                if shown.source in BUFFERS and shown.source not in self.buffers:
                    raise ConfigError(f"{tab.where}.channels.{channel}: there is no buffer {shown.source} in `buffers`")

    @property
    def texts(self) -> tuple[ForeignText, ...]:
        """Every file, the Image tab first."""
        tabs = (self.image, *self.buffers.values())
        return tuple(tab.text for tab in tabs) + ((self.common,) if self.common else ())

    def program(self, library: ShaderLibrary, tab: Tab) -> ForeignProgram:
        """What a brush compiles."""
        texts = [text for text in (self.common, tab.text) if text is not None]
        sources = [text.source({}) for text in texts]
        defines = ["OPAQUE"] if tab is self.image else []
        files = [text.file for text in texts]
        head, tail = "lib/shadertoy.glsl", "lib/shadertoy_main.glsl"
        return ForeignProgram(library, head, [], sources, tail, defines=defines, files=files)

    @staticmethod
    def _tab(library: ShaderLibrary, file: str, channels: Channels, where: str) -> Tab:
        text = ForeignText(library, file)
        text.require("mainImage", ENTRY)
        return Tab(text, {str(name): channel for name, channel in channels.items()}, where)
