"""An artist's shader between a head and a tail of ours: one program, whose errors name the artist's file and line.

Knows how a text becomes a program, not what a dialect is given to draw from.
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
"""Uniforms of the mirror's own, in every dialect."""
MODERN = 420  # from this version on, whole numbers are taken for floats wherever other programs take them
MODERN_EXTENSIONS = ("GL_ARB_shading_language_420pack", "GL_ARB_gpu_shader5")  # the same, where a driver is older
COLOUR = "isf_FragColor"
POW = {"pow": "n_pow"}


class ForeignText:
    """A text of an artist's.

    Args:
        file: path within `shaders/foreign/`.
        name: how messages call it.
        text: what it holds, with the lines of the file.
        told: what was put right when it was read.

    Attributes:
        file, name, text, told: as they were given.
        parsed: its tokens and names.
        may_discard: whether it leaves pixels out on purpose.
    """

    def __init__(self, file: str, name: str, text: str, told: Sequence[str] = ()) -> None:
        self.file, self.name, self.text, self.told = file, name, text, tuple(told)
        self.parsed = parse_glsl(text)
        self.may_discard = "discard" in self.parsed.words

    @classmethod
    def read(cls, library: ShaderLibrary, file: str) -> ForeignText:
        """Read a file of `shaders/foreign/`.

        Raises:
            ConfigError: it cannot be read.
        """
        text, told = library.read_foreign(f"{FOLDER}/{file}")
        return cls(file, library.shown(f"{FOLDER}/{file}"), text, told)

    def require(self, function: str, form: str) -> None:
        """Refuse a text that does not define its entry.

        Raises:
            ConfigError: it has none.
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
        """The text for a desktop driver, with the words `names` replaced, without declarations of what is `ours`."""
        lines = translate(self.parsed, names, ours)
        return ShaderSource("\n".join(lines) + "\n", tuple((self.name, number) for number in range(1, len(lines) + 1)))


@dataclass(frozen=True)
class Dialect:
    """What a dialect puts around an artist's text.

    Attributes:
        head: what it declares: a file of `shaders/lib/`.
        tail: what calls the artist's function: a file of `shaders/lib/`.
        provided: the uniforms and varyings that the head declares.
        fragment_names, vertex_names: words of the artist's that are called otherwise.
    """

    head: str
    tail: str
    provided: frozenset[str]
    fragment_names: Mapping[str, str]
    vertex_names: Mapping[str, str] = field(default_factory=dict)


class ForeignProgram:
    """A program for a `QuadProgram`.

    Args:
        library: the shaders.
        dialect: what is put around the texts.
        declared: uniforms of this very shader, each with the file and line that asks for it.
        names: further words to replace in all texts.
        fragment: the artist's texts, one after the other.
        vertex: the artist's vertex shader; None draws the whole canvas.
        defines: for head and tail.
        files: all that the artist's part is read from, within `shaders/foreign/`; one may not be there.
        guards: whether `pow` takes negative numbers.

    Attributes:
        told: what was put right or is missing, a sentence each.
        takes_powers: whether `guards` matters.
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
        self.told = tuple(sentence for text in texts for sentence in _unset(text, ours))
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
        """Compile it. The caller owns it.

        Raises:
            ConfigError: the driver refuses it: file, line and what the driver says.
        """
        version = self._version_for(ctx)
        try:
            return link(ctx, joined(version, self._vertex), joined(version, self._fragment))
        except ConfigError as error:
            raise ConfigError(self._in_their_words(str(error))) from error

    def text(self, name: str, defines: Mapping[str, Define] | None = None) -> str:
        """What its files hold now, headers in comments too: while this is the same, so is what it draws.

        Raises:
            ConfigError: one of them cannot be read.
        """
        library = self._library
        theirs = [library.read_foreign(file)[0] if library.path(file).is_file() else "" for file in self._files]
        return "\n".join([*(library.include(file).text for file in self._ours), *theirs])

    def declaration(self, name: str, uniform: str) -> str:
        """File and line where a uniform is declared; the head if it cannot be found."""
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
        """A driver's message with the names that the artist wrote."""
        names = {**self._dialect.fragment_names, **self._names}
        back = {new: old for old, new in names.items() if new.startswith(MARK) or new in OURS}
        return re.sub(r"\b[A-Za-z_]\w*", lambda word: back.get(word[0], word[0]), message)


def _unset(text: ForeignText, known: Collection[str]) -> list[str]:
    """What is told of uniforms that another program would set.

    Raises:
        ConfigError: one of them is a picture: there is none to be seen.
    """
    told = []
    for name, (line, is_picture) in foreign_uniforms(text.parsed, known).items():
        if is_picture:
            raise ConfigError(f"{text.name}:{line}: reads the picture {name}, which only another program gives it")
        told.append(f"{text.name}:{line}: nothing sets the uniform {name}; it stays 0")
    return told


def _texture(declared: Collection[str]) -> dict[str, str]:
    """A variable called `texture` hides the function, by whose name older ones are called."""
    return {"texture2D": "n_texture2D"} if "texture" in declared else {}


def _declared_name(line: str) -> str:
    return re.split(r"\W+", line.rstrip("; "))[-1]


def generated(lines: Sequence[tuple[str, str, int]]) -> ShaderSource:
    """Lines that nobody wrote, each with the file and line that is to blame for it."""
    return ShaderSource("".join(f"{text}\n" for text, _, _ in lines), tuple((file, line) for _, file, line in lines))


def joined(*sources: ShaderSource) -> ShaderSource:
    """Several sources, one after the other."""
    return ShaderSource(
        "".join(source.text for source in sources), tuple(origin for source in sources for origin in source.origins)
    )


def _defines(place: str, names: Iterable[str]) -> ShaderSource:
    return generated([(f"#define {name}", place, 1) for name in names])
