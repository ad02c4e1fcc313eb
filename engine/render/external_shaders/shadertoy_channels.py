"""Channels of a Shadertoy shader as set in a scene. Knows no OpenGL and opens no file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from engine.config.validation import Settings
from engine.core.messages import join_words
from engine.render.external_shaders.paths import path_field
from engine.render.external_shaders.pictures import CUBES, IMAGE_ENDINGS, SOURCES, VOLUMES
from engine.render.external_shaders.shadertoy_source import BUFFERS

CHANNELS = ("iChannel0", "iChannel1", "iChannel2", "iChannel3")
ANY = "any"
"""Channel source that depends on the sampler type in the shader: the picture so far, `sky` or `noise3d`."""
CUBE_FACES = 6

ALIASES: Mapping[str, str] = {
    "mic": "sound",
    "microphone": "sound",
    "music": "sound",
    "musicstream": "sound",
    "soundcloud": "sound",
    "webcam": "camera",
    "cubemap": "sky",
    "volume": "noise3d",
}
"""The site's names of channel inputs, and their replacements here."""
VIDEO_ENDINGS = (".mp4", ".webm", ".ogv", ".mov")
SOUND_ENDINGS = (".mp3", ".wav", ".ogg")
KINDS: Mapping[str, str] = {"plain": "sampler2D", "cube": "samplerCube", "volume": "sampler3D"}
"""Sampler kinds of channels, and their GLSL types."""

Side = Annotated[int, Field(ge=1, le=4096)]
ShaderPath = Annotated[str, path_field(("glsl", "frag", "fs", "txt", "json"), "a Shadertoy shader", "candle.glsl")]
Source = Annotated[str, Field(min_length=1, max_length=200)]


class Channel(Settings):
    """Input of an iChannel, and how it is sampled."""

    source: Source | Annotated[list[Source], Field(min_length=CUBE_FACES, max_length=CUBE_FACES)] = "picture"
    """`picture` (so far), `camera`, `reflection`, `noise`, `sound` (from the microphone), `keyboard` (no key pressed),
    `sky` (a cube), `noise3d` (a volume), a buffer `A` to `D`, an image in shaders/foreign/, six of them (a cube), or
    `any`: picture, sky or noise3d, whichever fits the shader."""
    filter: Literal["nearest", "linear", "mipmap"] = "linear"
    """Filtering between pixels."""
    wrap: Literal["clamp", "repeat"] = "clamp"
    """Wrapping beyond the edges."""
    vflip: bool = True
    """Whether the picture is upright; buffers always are."""
    cube: bool = False
    """Whether an image is equirectangular and sampled as a cube."""

    @field_validator("source")
    @classmethod
    def _known(cls, source: str | list[str]) -> str | list[str]:
        if isinstance(source, list):
            wrong = [one for one in source if not one.lower().endswith(IMAGE_ENDINGS)]
            if wrong:
                raise ValueError(f"must be six .png or .jpg files, and {wrong[0]!r} is none")
            return source
        source = ALIASES.get(source.lower(), source)
        if source.lower() == "video" or source.lower().endswith(VIDEO_ENDINGS + SOUND_ENDINGS):
            kind = "sound" if source.lower().endswith(SOUND_ENDINGS) else "video"
            raise ValueError(f"{kind} files are not supported in channels")
        if source not in (*SOURCES, *BUFFERS, ANY) and not source.lower().endswith(IMAGE_ENDINGS):
            known = join_words([*SOURCES, *BUFFERS, ANY, "a .png or .jpg file"], "or")
            raise ValueError(f"must be {known}, not {source!r}")
        return source

    @property
    def files(self) -> tuple[str, ...]:
        """Image files it uses; none for other sources."""
        listed = self.source if isinstance(self.source, list) else [self.source]
        return tuple(listed) if listed[0].lower().endswith(IMAGE_ENDINGS) else ()

    @property
    def kind(self) -> str:
        """Sampler kind, one of `KINDS`; empty if the shader decides."""
        if self.source == ANY:
            return ""
        if isinstance(self.source, list) or self.cube or self.source in CUBES:
            return "cube"
        return "volume" if self.source in VOLUMES else "plain"


def _in_short(value: Any) -> Any:
    """Expand a source on its own to a channel with default sampling."""
    if isinstance(value, list) and len(value) != CUBE_FACES:
        raise ValueError(f"a list must hold the six pictures of a cube, not {len(value)}")
    return {"source": value} if isinstance(value, str | list) else value


BufferName = Literal["A", "B", "C", "D"]
ChannelName = Literal["iChannel0", "iChannel1", "iChannel2", "iChannel3"]
Channels = dict[
    ChannelName, Annotated[Channel, BeforeValidator(_in_short, json_schema_input_type=str | list[str] | Channel)]
]


class BufferTab(Settings):
    """Buffer: its shader and its channels."""

    file: ShaderPath | None = None
    """Shader file within shaders/foreign/; not needed if the pass's file contains this tab too."""
    channels: Channels = Field(default_factory=dict)
    """Inputs of its iChannels."""
    size: tuple[Side, Side] | None = None
    """Width and height, px, reported as its iResolution; the stage's size by default."""
