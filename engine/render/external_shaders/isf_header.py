"""Header of an ISF file (Interactive Shader Format, version 2): JSON in the comment at the start of the file.

Headers are untrusted: size, depth and numbers are limited, and nothing in them is executed. Harmless mistakes in
artists' files are corrected and reported. Knows no OpenGL. The keys are those of
https://docs.isf.video/ref_json.html, in their original spelling.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from engine.core.errors import ConfigError
from engine.core.messages import shown_value
from engine.render.external_shaders.isf_defaults import read_input
from engine.render.external_shaders.isf_entry import Entry
from engine.render.external_shaders.isf_input import NUMBERS, Input
from engine.render.external_shaders.lenient_json import LenientJson, read_lenient_json
from engine.scene.expression import Expression, compile_expression

MAX_HEADER_CHARACTERS = 64 * 1024
MAX_INPUTS, MAX_PASSES, MAX_PICTURES = 64, 32, 16
CUBE_FACES = 6

_TAKEN = re.compile(r"gl_.*|IMG_.*|PASSINDEX|RENDERSIZE|TIME|TIMEDELTA|DATE|FRAMEINDEX|main|isf_FragNormCoord")
"""Names with a meaning in ISF or GLSL."""
_BEGIN = re.compile(r"/\*(?=\s*\{)")


@dataclass(frozen=True)
class PassHeader:
    """Render pass of the shader.

    Attributes:
        target: buffer to draw; None draws the picture.
        is_persistent: whether the buffer keeps its contents until the next frame.
        is_float: whether it has 32 bits per component, otherwise 8.
        width, height: size expressions, px, from the stage's `$WIDTH`, `$HEIGHT` and numeric inputs.
        line: line that declares it.
    """

    target: str | None
    is_persistent: bool
    is_float: bool
    width: Expression
    height: Expression
    line: int


@dataclass(frozen=True)
class Imported:
    """Picture imported by the file.

    Attributes:
        paths: relative to the file's folder: one picture, or the six faces of a cube.
        is_cube: whether it is a cube map; a single picture is then equirectangular.
        line: line that imports it.
    """

    paths: tuple[str, ...]
    is_cube: bool
    line: int


@dataclass(frozen=True)
class Header:
    """Contents of an ISF header.

    Attributes:
        inputs: its inputs.
        passes: its render passes, at least one.
        imported: imported pictures, by name.
        notes: corrections, one sentence each.
        title: its DESCRIPTION.
    """

    inputs: tuple[Input, ...]
    passes: tuple[PassHeader, ...]
    imported: Mapping[str, Imported]
    notes: tuple[str, ...] = ()
    title: str = ""


def has_header(text: str) -> bool:
    """Whether a text looks like an ISF file."""
    return _BEGIN.search(text) is not None


def read_header(file: str, text: str) -> Header:
    """Read the header of an ISF file.

    Args:
        file: name used in messages.
        text: whole text, already limited in size.

    Raises:
        ConfigError: file, line and what is wrong or not supported.
    """
    parsed = _read_json(file, text)
    outer = Entry(parsed.data, (), parsed.locate)
    inputs: list[Input] = []
    for entry in outer.entries("INPUTS", MAX_INPUTS):
        inputs.append(read_input(entry))
        outer.notes += entry.notes
    numbers = [entry.name for entry in inputs if entry.kind in NUMBERS]
    persistent = _persistent_buffers(outer)
    entries = outer.entries("PASSES", MAX_PASSES)
    passes = [_pass(entry, numbers, persistent) for entry in entries]
    if not passes:
        width, height = (compile_expression(side, [side]) for side in ("WIDTH", "HEIGHT"))
        passes = [PassHeader(None, False, False, width, height, line=1)]
    imported = dict(_imported(outer))
    _refuse_duplicates(inputs, passes, imported, outer)
    notes = (*parsed.notes, *outer.notes, *(sentence for entry in entries for sentence in entry.notes))
    title = outer.data.get("DESCRIPTION")
    return Header(tuple(inputs), tuple(passes), imported, notes, title if isinstance(title, str) else "")


def _read_json(file: str, text: str) -> LenientJson:
    begin = _BEGIN.search(text)
    end = text.find("*/", begin.end()) if begin else -1
    if begin is None or end < 0:
        raise ConfigError(f"{file}:1: an ISF file must begin with a comment /* ... */ that holds its JSON header")
    line = text.count("\n", 0, begin.end()) + 1
    if end - begin.end() > MAX_HEADER_CHARACTERS:
        raise ConfigError(
            f"{file}:{line}: the header is longer than {MAX_HEADER_CHARACTERS // 1024} thousand characters"
        )
    return read_lenient_json(file, text[begin.end() : end], line)


def _persistent_buffers(outer: Entry) -> Mapping[str, Entry]:
    """Buffers that ISF 1 lists beside its passes: names, or names with sizes."""
    listed = outer.data.get("PERSISTENT_BUFFERS")
    if listed is None:
        return {}
    outer.tell("PERSISTENT_BUFFERS", "is from ISF 1; its buffers are treated like those of passes with PERSISTENT")
    if isinstance(listed, list):
        return {name: Entry({}, ("PERSISTENT_BUFFERS",), outer.locate) for name in listed if isinstance(name, str)}
    if isinstance(listed, dict):
        return {
            name: Entry(about if isinstance(about, dict) else {}, ("PERSISTENT_BUFFERS", name), outer.locate)
            for name, about in listed.items()
        }
    raise outer.wrong("PERSISTENT_BUFFERS", f"must be a list of names, not {shown_value(listed)}")


def _pass(entry: Entry, numbers: list[str], persistent: Mapping[str, Entry]) -> PassHeader:
    target = entry.data.get("TARGET")
    target = None if target in (None, "") else entry.name("TARGET")
    old = persistent.get(target or "")
    sides = []
    for key in ("WIDTH", "HEIGHT"):
        source = old if old is not None and entry.data.get(key) is None else entry
        sides.append(_side(source, key, numbers))
    is_float = entry.flag("FLOAT") or (old is not None and old.flag("FLOAT"))
    is_persistent = entry.flag("PERSISTENT") or old is not None
    return PassHeader(target, is_persistent, is_float, sides[0], sides[1], entry.line("TARGET"))


def _side(entry: Entry, key: str, numbers: list[str]) -> Expression:
    asked = entry.data.get(key)
    text = f"${key}" if asked in (None, "") else str(asked)
    try:
        return compile_expression(re.sub(r"\$(?=[A-Za-z_])", "", text), ["WIDTH", "HEIGHT", *numbers])
    except ConfigError as error:
        raise entry.wrong(key, str(error)) from error


def _imported(outer: Entry) -> list[tuple[str, Imported]]:
    """Read IMPORTED: an object by name, or a list of objects with NAME."""
    listed = outer.data.get("IMPORTED")
    if not listed:
        return []
    if isinstance(listed, dict):
        entries = []
        for name, about in listed.items():
            data = {"PATH": about} if isinstance(about, str | list) else about
            entries.append((name, Entry.of(data, ("IMPORTED", name), outer.locate)))
    else:
        entries = [(entry.name("NAME"), entry) for entry in outer.entries("IMPORTED", MAX_PICTURES)]
    if len(entries) > MAX_PICTURES:
        raise outer.wrong("IMPORTED", f"must be at most {MAX_PICTURES} pictures, not {len(entries)}")
    return [(Entry({"NAME": name}, entry.path, entry.locate).name("NAME"), _picture(entry)) for name, entry in entries]


def _picture(entry: Entry) -> Imported:
    path = entry.data.get("PATH")
    paths = tuple(path) if isinstance(path, list) else (path,)
    if not paths or not all(isinstance(one, str) and 0 < len(one) <= 200 for one in paths):
        raise entry.wrong("PATH", f"must be text, the path of a picture, not {shown_value(path)}")
    kind = str(entry.data.get("TYPE") or "").lower()
    is_cube = kind == "cube" or len(paths) > 1
    if is_cube and len(paths) not in (1, CUBE_FACES):
        raise entry.wrong("PATH", f"of a cube must be 6 pictures, or one of all directions, not {len(paths)}")
    return Imported(paths, is_cube, entry.line())


def _refuse_duplicates(
    inputs: list[Input], passes: list[PassHeader], imported: Mapping[str, Imported], outer: Entry
) -> None:
    """Reject name clashes: inputs, buffers and imported pictures are uniforms of one shader; passes may share a
    buffer."""
    places: list[tuple[str, tuple[str | int, ...]]] = [
        (entry.name, ("INPUTS", index, "NAME")) for index, entry in enumerate(inputs)
    ]
    places += [(name, ("IMPORTED", name)) for name in imported]
    targets = {spec.target: ("PASSES", index, "TARGET") for index, spec in enumerate(passes) if spec.target}
    seen: set[str] = set()
    for name, path in [*places, *targets.items()]:
        if _TAKEN.fullmatch(name):
            raise ConfigError(outer.locate.problem(path, f"the name {name} is taken; choose another"))
        if name in seen:
            raise ConfigError(outer.locate.problem(path, f"the name {name} is already used in this header"))
        seen.add(name)
