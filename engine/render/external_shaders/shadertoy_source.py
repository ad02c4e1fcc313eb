"""Shadertoy texts as people save them -> tabs: one tab, several pasted one below the other, or the site's JSON.

Several tabs in one text are separated by comments that contain only a tab's name (`// Buffer A`, `/* Image */`,
`// ---- Common ----`). Knows no OpenGL and opens no file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from engine.core.errors import ConfigError
from engine.render.external_shaders.glsl_tokens import Token, code, plain, text_of, tokenise
from engine.render.external_shaders.lenient_json import read_lenient_json

COMMON, IMAGE = "Common", "Image"
BUFFERS = ("A", "B", "C", "D")
MAX_TABS = 16
LONGEST = 60  # maximum number of tokens between `mainImage` and its body

_MARK = re.compile(
    r"[\W_]*(?:tab\W+)?(?:(?P<common>common)|(?P<image>image)|buf(?:fer)?[\W_]*(?P<buffer>[a-d])|(?P<other>sound|cube\W*a?))"
    r"(?:\W+tab)?[\W_]*",
    re.IGNORECASE,
)
_CHANNEL = re.compile(
    r"[\W_]{0,20}ichannel(?P<number>[0-3])\s{0,9}(?:[:=]|is|from)\s{0,9}(?P<source>[\w \"'().]{1,60})\W{0,20}",
    re.IGNORECASE,
)
_BUFFER = re.compile(r"(?:self|buf(?:fer)?[\W_]*(?P<letter>[a-d]))", re.IGNORECASE)


@dataclass(frozen=True)
class ExportedChannel:
    """Channel input as exported by the site.

    Attributes:
        kind: `texture`, `buffer`, `cubemap`, `volume`, `keyboard`, `webcam`, `video`, `music`, `mic`, ...
        source: the buffer's letter, or a file path.
        filter, wrap: see `Channel`.
        vflip: whether it is upright.
    """

    kind: str
    source: str = ""
    filter: str = "linear"
    wrap: str = "clamp"
    vflip: bool = True


@dataclass(frozen=True)
class SourceTab:
    """Tab of a text.

    Attributes:
        name: `Common`, `Image`, or the letter of a buffer.
        shown: name used in messages.
        text: contents, with the file's line numbers.
        channels: channels stated in the text.
    """

    name: str
    shown: str
    text: str
    channels: Mapping[int, ExportedChannel] = field(default_factory=dict)


def split_tabs(shown: str, text: str) -> list[SourceTab]:
    """Tabs of a pasted text; a single one, `Image`, unless several of them define `mainImage`.

    Raises:
        ConfigError: there are several `mainImage` without separators, or two tabs with the same name.
    """
    tokens = tokenise(plain(text))
    entries = _entries(tokens)
    if len(entries) < 2:
        return [SourceTab(IMAGE, shown, text, _said_channels(tokens, IMAGE))]
    marks = [(index, name) for index, token in enumerate(tokens) if (name := _mark(token))]
    starts = [0, *(index for index, _ in marks), len(tokens)]
    names = [COMMON, *(name for _, name in marks)]
    tabs: dict[str, SourceTab] = {}
    for number, (name, start, end) in enumerate(zip(names, starts, starts[1:], strict=False)):
        part = tokens[start:end]
        if not list(code(part)):
            continue
        mains = _entries(part)
        if len(mains) > 1 or (mains and number == 0):
            what = (
                "several mainImage, and nothing says which tab is which; put comments such as // Buffer A and // Image"
            )
            raise ConfigError(f"{shown}:{entries[1].line}: there are {what} above them")
        if name in tabs:
            raise ConfigError(f"{shown}:{part[0].line}: the tab {_tab_words(name)} already exists")
        tabs[name] = SourceTab(name, shown, "\n" * (part[0].line - 1) + text_of(part), _said_channels(part, name))
    return _with_usual_channels([tab for tab in tabs.values() if tab.name in (COMMON, IMAGE, *BUFFERS)])


def _entries(tokens: Sequence[Token]) -> list[Token]:
    """Definitions of `mainImage`, not declarations."""
    row = list(code(tokens))
    found = []
    for index, (before, token) in enumerate(pairwise(row), 1):
        if token.text == "mainImage" and before.text == "void":
            end = next((at for at in range(index, min(index + LONGEST, len(row))) if row[at].text in ("{", ";")), index)
            if row[end].text != ";":
                found.append(token)
    return found


def _mark(token: Token) -> str:
    """Tab started by a comment; `other` for one that is not drawn, empty for an ordinary token."""
    if token.kind != "comment" or len(token.text) > 200:
        return ""
    match = _MARK.fullmatch(token.text)
    if match is None:
        return ""
    if match["common"]:
        return COMMON
    return IMAGE if match["image"] else (match["buffer"].upper() if match["buffer"] else "other")


def _said_channels(tokens: Sequence[Token], tab: str) -> dict[int, ExportedChannel]:
    """Channels stated in comments such as `// iChannel0: Buffer A`."""
    said = {}
    for token in tokens:
        match = _CHANNEL.fullmatch(token.text) if token.kind == "comment" and len(token.text) < 300 else None
        buffer = _BUFFER.fullmatch(match["source"].strip()) if match else None
        if match and buffer:
            letter = (buffer["letter"] or tab).upper()
            if letter in BUFFERS:
                said[int(match["number"])] = ExportedChannel("buffer", letter)
    return said


def _with_usual_channels(tabs: list[SourceTab]) -> list[SourceTab]:
    """Default channels if no tab states any: channel 0 is Buffer A, channel 1 Buffer B, and so on."""
    if any(tab.channels for tab in tabs):
        return tabs
    there = [tab.name for tab in tabs if tab.name in BUFFERS]
    usual = {BUFFERS.index(name): ExportedChannel("buffer", name) for name in there}
    return [SourceTab(tab.name, tab.shown, tab.text, {} if tab.name == COMMON else usual) for tab in tabs]


def _tab_words(name: str) -> str:
    return f"Buffer {name}" if name in BUFFERS else name


# -------------------------------------------------- the site's JSON


def read_export(shown: str, text: str) -> list[SourceTab]:
    """Tabs of a shader exported by shadertoy.com.

    Raises:
        ConfigError: it is not such a file, or uses an unsupported feature.
    """
    data = read_lenient_json(shown, text.lstrip("\ufeff"), what="the file").data
    if isinstance(data, list) and data:
        data = data[0]
    if isinstance(data, dict) and isinstance(data.get("Shader"), dict):
        data = data["Shader"]
    passes = data.get("renderpass") if isinstance(data, dict) else None
    if not isinstance(passes, list) or not all(isinstance(one, dict) for one in passes):
        raise ConfigError(f"{shown}: is not an export from shadertoy.com: it has no list called renderpass")
    if len(passes) > MAX_TABS:
        raise ConfigError(f"{shown}: has more than {MAX_TABS} tabs, which is the limit")
    names = _export_names(shown, passes)
    outputs = {
        str(out.get("id")): name for one, name in zip(passes, names, strict=True) for out in _objects(one, "outputs")
    }
    tabs: dict[str, SourceTab] = {}
    for one, name in zip(passes, names, strict=True):
        if name not in (COMMON, IMAGE, *BUFFERS):
            continue
        source = one.get("code")
        if not isinstance(source, str):
            raise ConfigError(f"{shown}: its tab {_tab_words(name)} has no code")
        if name in tabs:
            raise ConfigError(f"{shown}: has two tabs {_tab_words(name)}")
        inputs = _objects(one, "inputs")
        channels = {
            number: _export_channel(about, outputs) for about in inputs if (number := _number(about)) is not None
        }
        tabs[name] = SourceTab(name, f"{shown} ({_tab_words(name)})", source, channels)
    return list(tabs.values())


def _export_names(shown: str, passes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name of each pass: by its type; buffers by their names, other buffers in order."""
    kinds = [str(one.get("type", "image")).lower() for one in passes]
    found = [_BUFFER.search(str(one.get("name", ""))) for one in passes]
    letters = [(match["letter"] or "").upper() if match else "" for match in found]
    said = {letter for letter, kind in zip(letters, kinds, strict=True) if kind == "buffer"}
    free = [letter for letter in BUFFERS if letter not in said]
    names: list[str] = []
    for kind, letter in zip(kinds, letters, strict=True):
        if kind != "buffer":
            names.append({"common": COMMON, "image": IMAGE}.get(kind, kind))
        elif letter or free:
            names.append(letter or free.pop(0))
        else:
            raise ConfigError(f"{shown}: has more than four buffers")
    return names


def _export_channel(about: Mapping[str, Any], outputs: Mapping[str, str]) -> ExportedChannel:
    kind = str(about.get("type") or about.get("ctype") or "texture").lower()
    source = str(about.get("filepath") or about.get("src") or "")
    sampler = about.get("sampler")
    sampler = sampler if isinstance(sampler, dict) else {}
    if kind == "buffer":
        number = re.search(r"buffer0?([0-3])", source)
        source = outputs.get(str(about.get("id")), BUFFERS[int(number[1])] if number else "A")
    found: dict[str, str] = {
        key: value
        for key, allowed in (("filter", ("nearest", "linear", "mipmap")), ("wrap", ("clamp", "repeat")))
        if (value := str(sampler.get(key))) in allowed
    }
    is_upright = str(sampler.get("vflip", "true")).lower() != "false"
    return ExportedChannel(kind, source, found.get("filter", "linear"), found.get("wrap", "clamp"), is_upright)


def _objects(one: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    listed = one.get(key)
    return [about for about in listed if isinstance(about, dict)] if isinstance(listed, list) else []


def _number(about: Mapping[str, Any]) -> int | None:
    number = about.get("channel")
    return (
        int(number) if isinstance(number, int | float | str) and str(number).strip() in ("0", "1", "2", "3") else None
    )
