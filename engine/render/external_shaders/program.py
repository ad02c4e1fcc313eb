"""Program built from an artist's shader between our own head and tail; errors refer to the artist's file and line.

Knows how to build a program, not which inputs a dialect has.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import moderngl

from engine.core.errors import ConfigError
from engine.render.external_shaders.glsl import (
    MARK,
    OURS,
    foreign_uniforms,
    interfaces,
    kept_back,
    outputs,
    own_name,
    parse_glsl,
    translate,
)
from engine.render.external_shaders.paths import FOLDER
from engine.render.gl.shader_library import Define, ShaderLibrary, ShaderSource, link
from engine.scene.scene import SIGNALS

HEAD = "lib/foreign.glsl"
MIRROR = frozenset({"n_face", "n_glass", "n_corner", "n_camera", "n_reflection", *(f"n_{name}" for name in SIGNALS)})
"""Uniforms of the mirror, in every dialect."""
MODERN = 420  # from this version, integers are converted to floats as in other programs
MODERN_EXTENSIONS = ("GL_ARB_shading_language_420pack", "GL_ARB_gpu_shader5")  # the same, for older drivers
COLOUR = "isf_FragColor"
POW = {"pow": "n_pow"}


class ForeignText:
    """Text by an artist.

    Args:
        file: path within `shaders/foreign/`.
        name: name used in messages.
        text: contents, with the file's line numbers.
        notes: corrections made while reading.

    Attributes:
        file, name, text, notes: as passed in.
        parsed: tokens and names.
        may_discard: whether it discards pixels on purpose.
    """

    def __init__(self, file: str, name: str, text: str, notes: Sequence[str] = ()) -> None:
        self.file, self.name, self.text, self.notes = file, name, text, tuple(notes)
        self.parsed = parse_glsl(text)
        self.may_discard = "discard" in self.parsed.words

    @classmethod
    def read(cls, library: ShaderLibrary, file: str) -> ForeignText:
        """Read a file from `shaders/foreign/`.

        Raises:
            ConfigError: it cannot be read.
        """
        text, notes = library.read_foreign(f"{FOLDER}/{file}")
        return cls(file, library.shown(f"{FOLDER}/{file}"), text, notes)

    def require(self, function: str, form: str) -> None:
        """Require an entry function.

        Raises:
            ConfigError: the text does not define it.
        """
        if function in self.parsed.words:
            return
        words = self.parsed.declared
        if "main" in words:
            what = "brings its own main(), for another program"
            raise ConfigError(
                f"{self.name}:{words['main']}: {what}, and has no {form}, which is where drawing begins here"
            )
        other = next((name for name in ("mainImage", "mainSound", "mainCubemap", "mainVR") if name in words), "")
        if other:
            raise ConfigError(f"{self.name}:{words[other]}: has {other} but no {form}, which is where drawing begins")
        raise ConfigError(f"{self.name}: has no {form}, which is where drawing begins")

    def source(self, names: Mapping[str, str], ours: Collection[str]) -> ShaderSource:
        """Translate for a desktop driver, with `names` replaced, and without declarations listed in `ours`."""
        lines = translate(self.parsed, names, ours)
        return ShaderSource("\n".join(lines) + "\n", tuple((self.name, number) for number in range(1, len(lines) + 1)))


@dataclass(frozen=True)
class Dialect:
    """Surroundings of an artist's text in a dialect.

    Attributes:
        head: file in `shaders/lib/` with declarations.
        tail: file in `shaders/lib/` that calls the artist's function.
        provided: uniforms and varyings declared by the head.
        fragment_names, vertex_names: replacements for the artist's words.
    """

    head: str
    tail: str
    provided: frozenset[str]
    fragment_names: Mapping[str, str]
    vertex_names: Mapping[str, str] = field(default_factory=dict)


class ForeignProgram:
    """Program for a `QuadProgram`.

    Args:
        library: shader library.
        dialect: surroundings of the texts.
        declared: uniforms of this shader, each with the file and line that requires it.
        names: further replacements for all texts.
        fragment: the artist's texts, in order.
        vertex: the artist's vertex shader; None covers the whole target.
        defines: macros for head and tail.
        files: all files of the artist's part within `shaders/foreign/`; one may be missing.
        guards: whether `pow` accepts negative numbers.

    Attributes:
        notes: corrections and missing parts, one sentence each.
        takes_powers: whether `guards` has an effect.
    """

    def __init__(
        self,
        library: ShaderLibrary,
        dialect: Dialect,
        declared: Sequence[tuple[str, str, int]],
        names: Mapping[str, str],
        fragment: Sequence[ForeignText],
        vertex: ForeignText | None = None,
        defines: Iterable[str] = (),
        files: Sequence[str] = (),
        *,
        guards: bool = True,
    ) -> None:
        self._library, self._dialect = library, dialect
        self._ours = (HEAD, dialect.head, dialect.tail)
        self._files = tuple(f"{FOLDER}/{file}" for file in files)
        texts = [*fragment, *([vertex] if vertex is not None else [])]
        there = {name for text in texts for name in text.parsed.declared}
        words = {word for text in texts for word in text.parsed.words}
        drawn = next((name for text in fragment for name in outputs(text.parsed)), COLOUR)
        ours = (
            {COLOUR, drawn}
            | dialect.provided
            | MIRROR
            | {_declared_name(line) for line, _, _ in declared}
            | names.keys()
        )
        said = {name for text in texts for name in interfaces(text.parsed)}
        like_ours = {name: own_name(name) for name in (there & MIRROR) - said}
        self._names = {**kept_back(there - ours), **like_ours, **_texture(there), **names}
        self.takes_powers = "pow" in words and "pow" not in there
        if drawn != COLOUR:
            self._names[drawn] = COLOUR
        if guards and self.takes_powers:
            self._names.update(POW)
        self.notes = tuple(sentence for text in texts for sentence in _unset(text, ours))
        place = library.shown(HEAD)
        asked = [f"n_{name}" for name in SIGNALS if f"n_{name}" in words]
        signals = generated([(f"uniform float {name};", place, 1) for name in asked])
        shared = (signals, library.include(HEAD), library.include(dialect.head), generated(declared))
        self._fragment = joined(
            _defines(place, defines),
            *shared,
            *(text.source({**dialect.fragment_names, **self._names}, ours) for text in fragment),
            library.include(dialect.tail),
        )
        whole = generated([("void main() { isf_vertShaderInit(); }", place, 1)])
        own = vertex.source({**dialect.vertex_names, **self._names}, ours) if vertex is not None else whole
        self._vertex = joined(_defines(place, [*defines, "VERTEX"]), *shared, own)

    def program(
        self, ctx: moderngl.Context, name: str, *, defines: Mapping[str, Define] | None = None
    ) -> moderngl.Program:
        """Compile. The caller owns the result.

        Raises:
            ConfigError: the driver rejects it: file, line and the driver's message.
        """
        version = self._version_for(ctx)
        try:
            return link(ctx, joined(version, self._vertex), joined(version, self._fragment))
        except ConfigError as error:
            raise ConfigError(self._in_their_words(str(error))) from error

    def text(self, name: str, defines: Mapping[str, Define] | None = None) -> str:
        """Current contents of its files, including headers in comments: equal contents draw the same.

        Raises:
            ConfigError: a file cannot be read.
        """
        library = self._library
        theirs = [library.read_foreign(file)[0] if library.path(file).is_file() else "" for file in self._files]
        return "\n".join([*(library.include(file).text for file in self._ours), *theirs])

    def declaration(self, name: str, uniform: str) -> str:
        """File and line that declare a uniform; the head if unknown."""
        declares = re.compile(rf"\buniform\b[^;]*\b{uniform}\b")
        for source in (self._fragment, self._vertex):
            for number, line in enumerate(source.text.splitlines(), 1):
                if declares.search(line):
                    return ":".join(map(str, source.origin(number)))
        return self._library.shown(HEAD)

    def _version_for(self, ctx: moderngl.Context) -> ShaderSource:
        place = self._library.shown(HEAD)
        if ctx.version_code >= MODERN:
            return generated([(f"#version {MODERN} core", place, 1)])
        wanted = [name for name in MODERN_EXTENSIONS if name in ctx.extensions]
        return generated(
            [("#version 330 core", place, 1), *((f"#extension {name} : enable", place, 1) for name in wanted)]
        )

    def _in_their_words(self, message: str) -> str:
        """Driver's message with the artist's original names."""
        names = {**self._dialect.fragment_names, **self._names}
        back = {new: old for old, new in names.items() if new.startswith(MARK) or new in OURS}
        return re.sub(r"\b[A-Za-z_]\w*", lambda word: back.get(word[0], word[0]), message)


def _unset(text: ForeignText, known: Collection[str]) -> list[str]:
    """Notes about uniforms that only another program would set.

    Raises:
        ConfigError: one of them is a picture, so nothing could be shown.
    """
    notes = []
    for name, (line, is_picture) in foreign_uniforms(text.parsed, known).items():
        if is_picture:
            raise ConfigError(f"{text.name}:{line}: reads the picture {name}, which only another program provides")
        notes.append(f"{text.name}:{line}: nothing sets the uniform {name}; it stays 0")
    return notes


def _texture(declared: Collection[str]) -> dict[str, str]:
    """Replacements for a variable called `texture`, which would hide the function that older names map to."""
    return {"texture2D": "n_texture2D"} if "texture" in declared else {}


def _declared_name(line: str) -> str:
    return re.split(r"\W+", line.rstrip("; "))[-1]


def generated(lines: Sequence[tuple[str, str, int]]) -> ShaderSource:
    """Generated lines, each with the file and line responsible for it."""
    return ShaderSource("".join(f"{text}\n" for text, _, _ in lines), tuple((file, line) for _, file, line in lines))


def joined(*sources: ShaderSource) -> ShaderSource:
    """Concatenate sources."""
    return ShaderSource(
        "".join(source.text for source in sources), tuple(origin for source in sources for origin in source.origins)
    )


def _defines(place: str, names: Iterable[str]) -> ShaderSource:
    return generated([(f"#define {name}", place, 1) for name in names])
