"""GLSL files -> programs: includes, injected defines, and errors that name the file and the line.

Owns the reading of `shaders/`. Knows no pass and no uniform by name; keeps no OpenGL object.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import moderngl

from engine.config.yaml_loader import shown_path
from engine.core.errors import ConfigError
from engine.render.gl.glsl_preprocessor import seen_lines

MAX_INCLUDE_DEPTH = 8
MAX_FILE_BYTES = 256 * 1024
MAX_REPORTED_PROBLEMS = 3
ENDINGS = {".frag", ".vert", ".glsl", ".fs", ".vs", ".isf", ".txt", ".json", ".png", ".jpg", ".jpeg", ".webp", ".cube"}

Define = bool | int | float | str
Origin = tuple[str, int]
"""File name as people know it, and line, from 1."""
Stamp = tuple[int, int, int]

_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"\s*$')
_ANY_INCLUDE = re.compile(r"^\s*#\s*include\b")
_VERSION = re.compile(r"^\s*#\s*version\b")
_LOG_FORMS = (
    re.compile(r"^\d+:(?P<line>\d+)\(\d+\): (?:preprocessor )?(?P<level>error|warning): (?P<what>.*)$"),  # Mesa
    re.compile(r"^\d+\((?P<line>\d+)\)\s*: (?P<level>error|warning) (?P<what>.*)$"),  # NVIDIA
    re.compile(r"^(?P<level>ERROR|WARNING): \d+:(?P<line>\d+): (?P<what>.*)$"),  # AMD, Intel on Windows, Apple
)


@dataclass(frozen=True)
class ShaderSource:
    """One shader with its includes pasted in.

    Attributes:
        text: what the driver gets: while this is the same, so is what it draws.
        origins: where each line of `text` comes from, in order.
    """

    text: str
    origins: tuple[Origin, ...]

    def origin(self, line: int) -> Origin:
        """File and line for line `line` (from 1) of `text`; the nearest one there is if it lies outside."""
        return self.origins[min(max(line, 1), len(self.origins)) - 1]


@dataclass
class _Pasted:
    """What a shader has become so far: its lines, where each comes from, and the files as they were then."""

    text: list[str] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)
    stamps: dict[Path, Stamp] = field(default_factory=dict)

    def add(self, line: str, file: str, number: int) -> None:
        self.text.append(line)
        self.origins.append((file, number))

    @property
    def is_current(self) -> bool:
        return all(stamp(path) == before for path, before in self.stamps.items())


class ShaderLibrary:
    """The folder of shaders.

    Args:
        folder: holds `<pass>.frag`, `<pass>.vert` where a pass needs its own, `fullscreen.vert` and `lib/`.
        elsewhere: folders that stand for one of its own, by the name of that.
    """

    def __init__(self, folder: Path, elsewhere: Mapping[str, Path] | None = None) -> None:
        self._folder = folder.resolve()
        self._elsewhere = {name: path.resolve() for name, path in (elsewhere or {}).items()}
        self._known: dict[tuple[str, str], tuple[_Pasted, ShaderSource]] = {}

    @property
    def folder(self) -> Path:
        """The folder of shaders."""
        return self._folder

    def has(self, path: Path) -> bool:
        """Whether a file, by its absolute path, is a shader, an include or a picture of this folder."""
        return path.suffix in ENDINGS and path.is_relative_to(self._folder)

    def source(self, name: str, defines: Mapping[str, Define] | None = None) -> ShaderSource:
        """Read a shader file, paste its includes, put `#define` lines after its `#version`, leave out what is not seen.

        While none of its files is saved again, it is known by heart.

        Args:
            name: path within the folder, e.g. `film.frag`.
            defines: True defines a bare name, False leaves it undefined, anything else is its value.

        Raises:
            ConfigError: a file is missing, an include goes in a circle, `#version` is not on line 1.
        """
        key = name, repr(defines)
        if key in self._known and self._known[key][0].is_current:
            return self._known[key][1]
        pasted = _Pasted()
        lines = self._read(name, pasted)
        if not lines or not _VERSION.match(lines[0]):
            raise ConfigError(f"{self.shown(name)}:1: a shader must begin with #version 330 core")
        pasted.add(lines[0], self.shown(name), 1)
        for define, value in (defines or {}).items():
            if value is not False:
                pasted.add(f"#define {define} {_glsl_value(value)}".rstrip(), self.shown(name), 1)
        self._paste(name, lines[1:], 2, (name,), pasted)
        seen = list(seen_lines(pasted.text))
        source = ShaderSource(
            "".join(f"{line}\n" for _, line in seen), tuple(pasted.origins[index] for index, _ in seen)
        )
        self._known[key] = pasted, source
        return source

    def include(self, name: str) -> ShaderSource:
        """Read a file of functions with its own includes, to be put into a shader that is made elsewhere.

        Raises:
            ConfigError: as `source` does.
        """
        pasted = _Pasted()
        self._paste(name, self._read(name, pasted), 1, (name,), pasted)
        return ShaderSource("\n".join(pasted.text) + "\n", tuple(pasted.origins))

    def read_foreign(self, name: str) -> tuple[str, list[str]]:
        """A file from outside as it stands there, at most 256 KiB, with `\\n` for every line end of its system.

        Returns:
            The text, without a byte-order mark, and what was put right, a sentence each: text that is not UTF-8 is read
            as Latin-1.

        Raises:
            ConfigError: it is missing, too large, no text, or lies outside the folder.
        """
        path, shown = self.path(name), self.shown(name)
        if not path.is_file():
            raise ConfigError(f"there is no shader {shown}")
        try:
            with path.open("rb") as stream:
                raw = stream.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise ConfigError(f"{shown} cannot be read: {error.strerror}") from error
        if len(raw) > MAX_FILE_BYTES:
            raise ConfigError(f"{shown} is larger than {MAX_FILE_BYTES // 1024} KiB")
        return decode_foreign(raw, shown)

    def path(self, name: str) -> Path:
        """Where a file of the folder is.

        Raises:
            ConfigError: it lies outside the folder.
        """
        first, _, rest = name.partition("/")
        folder = self._elsewhere.get(first)
        if folder is None:
            folder, rest = self._folder, name
        path = _as_it_is_spelt((folder / rest).resolve())
        if not path.is_relative_to(folder):
            raise ConfigError(f"{name} lies outside {folder.name}/; shaders take only what is in their own folder")
        return path

    def shown(self, name: str) -> str:
        """A file as messages call it."""
        first, _, rest = name.partition("/")
        if first in self._elsewhere:
            return shown_path(self._elsewhere[first] / rest)
        return f"{self._folder.name}/{name}"

    def program(
        self, ctx: moderngl.Context, name: str, *, defines: Mapping[str, Define] | None = None
    ) -> moderngl.Program:
        """Compile `<name>.frag` with `<name>.vert`, or with `fullscreen.vert` where there is none. The caller owns it.

        Raises:
            ConfigError: a file is missing or the driver refuses it: file, line and what the driver says.
        """
        return link(ctx, *self._sources(name, defines))

    def text(self, name: str, defines: Mapping[str, Define] | None = None) -> str:
        """What a program is made of.

        Raises:
            ConfigError: as `source`.
        """
        return "".join(source.text for source in self._sources(name, defines))

    def _sources(self, name: str, defines: Mapping[str, Define] | None) -> tuple[ShaderSource, ShaderSource]:
        vertex_name = f"{name}.vert" if (self._folder / f"{name}.vert").is_file() else "fullscreen.vert"
        return self.source(vertex_name, defines), self.source(f"{name}.frag", defines)

    def declaration(self, name: str, uniform: str) -> str:
        """File and line where a shader declares a uniform; the file alone if it cannot be found."""
        declares = re.compile(rf"\buniform\b[^;]*\b{uniform}\b")
        for file in (f"{name}.frag", f"{name}.vert"):
            if (self._folder / file).is_file():
                source = self.include(file)  # every entry's lines
                for number, line in enumerate(source.text.splitlines(), 1):
                    if declares.search(line):
                        return ":".join(map(str, source.origin(number)))
        return self.shown(f"{name}.frag")

    def _paste(self, name: str, lines: list[str], first_line: int, chain: tuple[str, ...], pasted: _Pasted) -> None:
        for number, line in enumerate(lines, first_line):
            include = _INCLUDE.match(line)
            if include is None:
                if _ANY_INCLUDE.match(line):
                    raise ConfigError(f'{self.shown(name)}:{number}: write an include as #include "lib/name.glsl"')
                pasted.add(line, self.shown(name), number)
                continue
            self._check_include(include[1], name, number, chain)
            inner = self._read(include[1], pasted, included_by=(name, number))
            # Several files may ask for a function, within #ifdef or not; the preprocessor sees that it is defined once.
            guard = "INCLUDED_" + re.sub(r"\W", "_", include[1])
            pasted.add(f"#ifndef {guard}", self.shown(name), number)
            pasted.add(f"#define {guard}", self.shown(name), number)
            self._paste(include[1], inner, 1, (*chain, include[1]), pasted)
            pasted.add("#endif", self.shown(name), number)

    def _check_include(self, include: str, name: str, line: int, chain: tuple[str, ...]) -> None:
        where = f"{self.shown(name)}:{line}"
        if include in chain:
            circle = " -> ".join([*chain[chain.index(include) :], include])
            raise ConfigError(f"{where}: includes go in a circle: {circle}")
        if len(chain) >= MAX_INCLUDE_DEPTH:
            raise ConfigError(f"{where}: includes are nested more than {MAX_INCLUDE_DEPTH} deep")

    def _read(self, name: str, pasted: _Pasted, included_by: Origin | None = None) -> list[str]:
        where = f"{self.shown(included_by[0])}:{included_by[1]}: " if included_by else ""
        try:
            path = self.path(name)
        except ConfigError as error:
            raise ConfigError(f"{where}{error}") from error
        if not path.is_file():
            raise ConfigError(f"{where}there is no shader {self.shown(name)}")
        try:
            pasted.stamps[path] = stamp(path)  # before: what is saved meanwhile is read again
            if path.stat().st_size > MAX_FILE_BYTES:
                raise ConfigError(f"{where}{self.shown(name)} is larger than {MAX_FILE_BYTES // 1024} KiB")
            lines = path.read_text(encoding="utf-8-sig").split("\n")
        except UnicodeDecodeError as error:
            raise ConfigError(f"{where}{self.shown(name)} is not UTF-8 text ({error.reason})") from error
        except OSError as error:
            raise ConfigError(f"{where}{self.shown(name)} cannot be read: {error.strerror}") from error
        if included_by and lines and _VERSION.match(lines[0]):
            raise ConfigError(f"{self.shown(name)}:1: an included file must not have a #version")
        return lines


def decode_foreign(raw: bytes, shown: str) -> tuple[str, list[str]]:
    """The text of a file from outside, and what was put right.

    Raises:
        ConfigError: it is no text.
    """
    encoding = "utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    notes = []
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text, notes = raw.decode("latin-1"), [f"{shown} is not UTF-8 text; it is read as Latin-1"]
    if "\0" in text:
        raise ConfigError(f"{shown} is no text")
    return text.replace("\r\n", "\n").replace("\r", "\n"), notes


def _as_it_is_spelt(path: Path) -> Path:
    """The path, or that of a file whose name has the same letters composed otherwise (macOS decomposes umlauts)."""
    if path.exists() or str(path).isascii() or not path.parent.is_dir():
        return path
    wanted = unicodedata.normalize("NFC", path.name)
    return next((other for other in path.parent.iterdir() if unicodedata.normalize("NFC", other.name) == wanted), path)


def stamp(path: Path) -> Stamp:
    """What changes when a file is saved: when that was (ns), which file it is, its size; zeros if it is not there."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0, 0
    return status.st_mtime_ns, status.st_ino, status.st_size


def link(ctx: moderngl.Context, vertex: ShaderSource, fragment: ShaderSource) -> moderngl.Program:
    """Compile a program. The caller owns it.

    Raises:
        ConfigError: the driver refuses it: file, line and what the driver says.
    """
    try:
        return ctx.program(vertex_shader=vertex.text, fragment_shader=fragment.text)
    except moderngl.Error as error:
        raise ConfigError(explain(str(error), vertex, fragment)) from error


def explain(log: str, vertex: ShaderSource, fragment: ShaderSource) -> str:
    """A driver's log in terms of our files: one line per problem, `shaders/film.frag:12: what`.

    Args:
        log: what ModernGL raised: a head that names the stage, then the driver's own lines (Mesa, NVIDIA and the
            `ERROR: 0:12:` form are understood; anything else is passed on as it is).
    """
    source = vertex if "vertex_shader" in log else fragment
    found: list[tuple[str, str]] = []
    for line in log.splitlines():
        match = next((m for form in _LOG_FORMS if (m := form.match(line.strip()))), None)
        if match is not None:
            file, number = source.origin(int(match["line"]))
            found.append((match["level"].lower(), f"{file}:{number}: {match['what'].strip()}"))
    problems = [text for level, text in found if level == "error"] or [text for _, text in found]
    if problems:
        return "\n".join(problems[:MAX_REPORTED_PROBLEMS])
    said = " ".join(part for part in log.split() if set(part) != {"="})
    return f"{vertex.origin(1)[0]} and {fragment.origin(1)[0]} do not make a program: {said}"


def _glsl_value(value: Define) -> str:
    if value is True:
        return ""
    return repr(value) if isinstance(value, float) else str(value)
