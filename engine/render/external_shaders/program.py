"""An artist's shader between a head and a tail of ours: one program, whose errors name the artist's file and line.

Knows how a text becomes a program, not what a dialect is given to draw from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import moderngl

from engine.core.errors import ConfigError
from engine.render.external_shaders.glsl import translate, unsupported, words
from engine.render.external_shaders.paths import FOLDER
from engine.render.gl.shader_library import Define, ShaderLibrary, ShaderSource, link
from engine.scene.scene import SIGNALS

HEAD = "lib/foreign.glsl"


class ForeignText:
    """One file of an artist.

    Args:
        library: the shaders.
        file: path within `shaders/foreign/`.

    Attributes:
        file: as it was given.
        name: of the file, as messages call it.
        text: what it holds.
        may_discard: whether it leaves pixels out on purpose.

    Raises:
        ConfigError: it cannot be read, or asks for what Narcissus does not offer: file, line and feature.
    """

    def __init__(self, library: ShaderLibrary, file: str) -> None:
        self.file = file
        self.name = library.shown(f"{FOLDER}/{file}")
        self.text = library.read(f"{FOLDER}/{file}")
        found = unsupported(self.text)
        if found is not None:
            raise ConfigError(f"{self.name}:{found[1]}: {found[0]}")
        self._words = frozenset(word for word, _ in words(self.text))
        self.may_discard = "discard" in self._words

    def require(self, function: str, form: str) -> None:
        """Refuse a file that does not define its entry.

        Raises:
            ConfigError: it has none.
        """
        if function not in self._words:
            raise ConfigError(f"{self.name}: has no {form}, which is where drawing begins")

    def source(self, names: Mapping[str, str]) -> ShaderSource:
        """In GLSL 3.30, with the words `names` replaced."""
        lines = translate(self.text, names)
        return ShaderSource("\n".join(lines) + "\n", tuple((self.name, number) for number in range(1, len(lines) + 1)))


class ForeignProgram:
    """A program for a `QuadProgram`.

    Args:
        library: the shaders.
        head: what the dialect declares: a file of `shaders/lib/`.
        declared: uniforms of this very shader, each with the file and line that asks for it.
        fragment: the artist's text, several one after the other.
        tail: what calls the artist's function: a file of `shaders/lib/`.
        vertex: the artist's vertex shader; None draws the whole canvas.
        defines: for head and tail.
        files: all that the artist's part is read from, within `shaders/foreign/`; one may not be there.
    """

    def __init__(
        self,
        library: ShaderLibrary,
        head: str,
        declared: Sequence[tuple[str, str, int]],
        fragment: Sequence[ShaderSource],
        tail: str,
        vertex: ShaderSource | None = None,
        defines: Iterable[str] = (),
        files: Sequence[str] = (),
    ) -> None:
        self._library = library
        self._ours = (HEAD, head, tail)
        self._files = tuple(f"{FOLDER}/{file}" for file in files)
        ours = (library.include(HEAD), library.include(head))
        place = library.shown(HEAD)
        signals = generated([(f"uniform float n_{name};", place, 1) for name in SIGNALS])
        uniforms = generated(declared)
        shared = (signals, *ours, uniforms)
        self._fragment = joined(_version(place, defines), *shared, *fragment, library.include(tail))
        whole = generated([("void main() { isf_vertShaderInit(); }", place, 1)])
        self._vertex = joined(_version(place, ["VERTEX"]), *shared, vertex or whole)

    def program(
        self, ctx: moderngl.Context, name: str, *, defines: Mapping[str, Define] | None = None
    ) -> moderngl.Program:
        """Compile it. The caller owns it.

        Raises:
            ConfigError: the driver refuses it: file, line and what the driver says.
        """
        return link(ctx, self._vertex, self._fragment)

    def text(self, name: str, defines: Mapping[str, Define] | None = None) -> str:
        """What its files hold now, headers in comments too: while this is the same, so is what it draws.

        Raises:
            ConfigError: one of them cannot be read.
        """
        library = self._library
        theirs = [library.read(file) if library.path(file).is_file() else "" for file in self._files]
        return "\n".join([*(library.include(file).text for file in self._ours), *theirs])

    def declaration(self, name: str, uniform: str) -> str:
        """File and line where a uniform is declared; the head if it cannot be found."""
        declares = re.compile(rf"\buniform\b[^;]*\b{uniform}\b")
        for source in (self._fragment, self._vertex):
            for number, line in enumerate(source.text.splitlines(), 1):
                if declares.search(line):
                    return ":".join(map(str, source.origin(number)))
        return self._fragment.origins[0][0]


def generated(lines: Sequence[tuple[str, str, int]]) -> ShaderSource:
    """Lines that nobody wrote, each with the file and line that is to blame for it."""
    return ShaderSource("".join(f"{text}\n" for text, _, _ in lines), tuple((file, line) for _, file, line in lines))


def joined(*sources: ShaderSource) -> ShaderSource:
    """Several sources, one after the other."""
    return ShaderSource(
        "".join(source.text for source in sources), tuple(origin for source in sources for origin in source.origins)
    )


def _version(place: str, defines: Iterable[str]) -> ShaderSource:
    return generated([("#version 330 core", place, 1), *((f"#define {name}", place, 1) for name in defines)])
