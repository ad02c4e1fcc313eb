"""Files of a Shadertoy shader -> programs and channels of each tab. No OpenGL until they are compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.core.errors import ConfigError
from engine.render.external_shaders.paths import FOLDER
from engine.render.external_shaders.pictures import IMAGE_ENDINGS, SOURCES
from engine.render.external_shaders.program import ForeignText
from engine.render.external_shaders.shadertoy_channels import (
    ALIASES,
    ANY,
    CHANNELS,
    BufferName,
    BufferTab,
    Channel,
    Channels,
)
from engine.render.external_shaders.shadertoy_program import ShadertoyProgram
from engine.render.external_shaders.shadertoy_source import (
    BUFFERS,
    COMMON,
    IMAGE,
    ExportedChannel,
    SourceTab,
    read_export,
    split_tabs,
)
from engine.render.gl.shader_library import ShaderLibrary

ENTRY = "mainImage(out vec4, in vec2)"


@dataclass(frozen=True)
class Tab:
    """Tab of a Shadertoy shader with its inputs, read and checked, not yet compiled."""

    text: ForeignText
    channels: Mapping[str, Channel]
    where: str


class ShadertoyFiles:
    """All files of one Shadertoy shader.

    Args:
        library: shader library.
        file: Image tab, a text with several tabs, or the site's JSON.
        channels: channels of the Image tab.
        buffers: tabs A to D that are separate files, or have other channels than their text states.
        common: Common tab, if it is a separate file.

    Attributes:
        common: text put before all tabs; None if there is none.
        image: the Image tab.
        buffers: existing buffers, in drawing order.
        notes: corrections, one sentence each.

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
        self._library = library
        self._notes: list[str] = []
        given = self._read(file)
        own_common = ForeignText.read(library, common) if common else None
        self.common = own_common or (self._text(file, given[COMMON]) if COMMON in given else None)
        if IMAGE not in given:
            raise ConfigError(f"{library.shown(f'{FOLDER}/{file}')}: has no Image tab, which is required")
        self.image = self._tab(file, given[IMAGE], channels, "shadertoy")
        self.buffers: dict[str, Tab] = {}
        for name in BUFFERS:
            tab = self._buffer(file, given.get(name), buffers.get(name), name)  # type: ignore[call-overload]
            if tab is not None:
                self.buffers[name] = tab
        for tab in (self.image, *self.buffers.values()):
            for channel, shown in tab.channels.items():
                if shown.source in BUFFERS and shown.source not in self.buffers:
                    raise ConfigError(f"{tab.where}.channels.{channel}: there is no buffer {shown.source} in `buffers`")

    @property
    def texts(self) -> tuple[ForeignText, ...]:
        """All texts, the Image tab first."""
        tabs = (self.image, *self.buffers.values())
        return tuple(tab.text for tab in tabs) + ((self.common,) if self.common else ())

    @property
    def notes(self) -> tuple[str, ...]:
        """Corrections, one sentence each."""
        return (*dict.fromkeys(sentence for text in self.texts for sentence in text.notes), *self._notes)

    def program(self, tab: Tab, *, guards: bool = True) -> ShadertoyProgram:
        """Program for a `QuadProgram`."""
        texts = [text for text in (self.common, tab.text) if text is not None]
        defines = ["OPAQUE"] if tab is self.image else []
        return ShadertoyProgram(self._library, texts, tab.channels, defines, guards=guards)

    # -------------------------------------------------- reading

    def _read(self, file: str) -> dict[str, SourceTab]:
        text, notes = self._library.read_foreign(f"{FOLDER}/{file}")
        shown = self._library.shown(f"{FOLDER}/{file}")
        self._notes += notes
        tabs = read_export(shown, text) if file.lower().endswith(".json") else split_tabs(shown, text)
        return {tab.name: tab for tab in tabs}

    @staticmethod
    def _text(file: str, tab: SourceTab) -> ForeignText:
        return ForeignText(file, tab.shown, tab.text)

    def _buffer(self, file: str, given: SourceTab | None, asked: BufferTab | None, name: str) -> Tab | None:
        where = f"shadertoy.buffers.{name}"
        channels = asked.channels if asked is not None else {}
        if asked is not None and asked.file is not None:
            return self._checked(ForeignText.read(self._library, asked.file), channels, where)
        if given is not None:
            return self._tab(file, given, channels, where)
        if asked is not None:
            raise ConfigError(f"{where}: names no file, and {file} holds no tab Buffer {name}")
        return None

    def _tab(self, file: str, given: SourceTab, channels: Channels, where: str) -> Tab:
        text = self._text(file, given)
        said = {CHANNELS[number]: self._exported(file, text, number, about) for number, about in given.channels.items()}
        open_ones = {str(name): channel for name, channel in channels.items() if channel.source == ANY}
        others = {str(name): channel for name, channel in channels.items() if channel.source != ANY}
        return self._checked(text, {**open_ones, **said, **others}, where)

    @staticmethod
    def _checked(text: ForeignText, channels: Mapping[Any, Channel], where: str) -> Tab:
        text.require("mainImage", ENTRY)
        return Tab(text, {str(name): channel for name, channel in channels.items()}, where)

    def _exported(self, file: str, text: ForeignText, number: int, about: ExportedChannel) -> Channel:
        """Input of a channel that uses a file of the site: a local copy beside the shader, or a substitute."""
        way: dict[str, Any] = {"filter": about.filter, "wrap": about.wrap, "vflip": about.vflip}
        if about.kind == "buffer":
            return Channel(source=about.source, **way)
        name = about.source.rpartition("/")[2]
        folder = file.rpartition("/")[0]
        beside = f"{folder}/{name}".removeprefix("/")
        has_file = name.lower().endswith(IMAGE_ENDINGS) and self._library.path(f"{FOLDER}/{beside}").is_file()
        if has_file and about.kind in ("texture", "cubemap"):
            return Channel(source=beside, cube=about.kind == "cubemap", **way)
        source = ALIASES.get(about.kind, about.kind)
        if source not in SOURCES:
            source = "camera" if about.kind == "video" else "noise"
        if about.kind in ("texture", "cubemap", "volume", "video"):
            what = f"iChannel{number} shows {about.kind} {name or 'of the site'}, which is not beside the shader"
            self._notes.append(f"{text.name}: {what}; {source} is used instead")
        return Channel(source=source, **way)
