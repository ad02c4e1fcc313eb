"""ISF file with its parts -> a program and its inputs. Needs no OpenGL until it is compiled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.errors import ConfigError
from engine.core.messages import did_you_mean, join_words
from engine.render.external_shaders.glsl import is_kept_back, own_name
from engine.render.external_shaders.isf_header import Header, read_header
from engine.render.external_shaders.isf_input import GLSL_TYPES, SOUNDS
from engine.render.external_shaders.paths import FOLDER
from engine.render.external_shaders.pictures import IMAGE_ENDINGS, PLAIN_SOURCES
from engine.render.external_shaders.program import Dialect, ForeignProgram, ForeignText
from engine.render.gl.shader_library import ShaderLibrary

ISF = Dialect(
    head="lib/isf.glsl",
    tail="lib/isf_main.glsl",
    provided=frozenset(
        {"PASSINDEX", "RENDERSIZE", "TIME", "TIMEDELTA", "DATE", "FRAMEINDEX", "isf_FragNormCoord", "vv_FragNormCoord"}
    ),
    fragment_names={
        "gl_FragColor": "isf_FragColor",
        "gl_FragData": "isf_FragData",
        "varying": "in",
        "main": "isf_main",
        "vv_FragNormCoord": "isf_FragNormCoord",
    },
    vertex_names={"varying": "out", "vv_FragNormCoord": "isf_FragNormCoord", "vv_vertShaderInit": "isf_vertShaderInit"},
)
SIZES: Mapping[str, str] = {"imgRect": "vec4", "imgSize": "vec2", "flip": "bool"}
"""Declared with every picture: `_NAME_imgRect` (left, bottom, width, height, px), `_NAME_imgSize` (px)."""
DEFAULT_SOURCE = "picture"
KNOWN_PICTURES = join_words([*PLAIN_SOURCES, "a .png or .jpg file"], "or")
VERTEX_ENDING = ".vs"


class IsfFile:
    """ISF file with the values set by a scene, read and checked, not yet compiled.

    Args:
        library: shader library.
        file: path within `shaders/foreign/`.
        inputs: values set by the scene, by name.

    Attributes:
        fragment, vertex: its texts; most have no vertex shader.
        header: its header.
        inputs: declared inputs, by name.
        values: value of each input, except pictures and sounds.
        pictured: source of each picture input: a name from `PLAIN_SOURCES` or an image file.
        sounds: type and number of samples of each sound input.
        images: for each imported picture, its paths within `shaders/foreign/`, whether it is a cube, and the line that
                imports it.
        moves_the_quad: whether its vertex shader may leave parts of the target uncovered.

    Raises:
        ConfigError: file, line and what is wrong or not supported.
    """

    def __init__(self, library: ShaderLibrary, file: str, inputs: Mapping[str, Any]) -> None:
        self.fragment = ForeignText.read(library, file)
        self.header: Header = read_header(self.fragment.name, self.fragment.text)
        self.fragment.require("main", "main()")
        vertex = file.rpartition(".")[0] + VERTEX_ENDING
        self._files = (file, vertex)
        has_vertex = library.path(f"{FOLDER}/{vertex}").is_file()
        self.vertex = ForeignText.read(library, vertex) if has_vertex else None
        self.moves_the_quad = self.vertex is not None and "gl_Position" in self.vertex.parsed.words
        kinds = {entry.name: entry.kind for entry in self.header.inputs}
        self.inputs = {entry.name: entry for entry in self.header.inputs}
        self.values = {
            entry.name: entry.default for entry in self.header.inputs if entry.kind not in ("image", *SOUNDS)
        }
        self.pictured = {name: DEFAULT_SOURCE for name, kind in kinds.items() if kind == "image"}
        self.sounds = {entry.name: (entry.kind, entry.samples) for entry in self.header.inputs if entry.kind in SOUNDS}
        for name, value in inputs.items():
            self._set(name, value)
        folder = file.rpartition("/")[0]
        self.images = {
            name: (
                tuple(f"{folder}/{path}".removeprefix("/") for path in picture.paths),
                picture.is_cube,
                f"{self.fragment.name}:{picture.line}",
            )
            for name, picture in self.header.imported.items()
        }

    @property
    def notes(self) -> tuple[str, ...]:
        """Corrections to its files, one sentence each."""
        texts = [text for text in (self.fragment, self.vertex) if text is not None]
        return (*(sentence for text in texts for sentence in text.notes), *self.header.notes)

    def uniform(self, name: str) -> str:
        """Uniform name of an input, a buffer or a picture."""
        return own_name(name) if is_kept_back(name) else name

    @property
    def pictures(self) -> dict[str, tuple[str, int]]:
        """GLSL type of every picture it reads, including its buffers, and the line that names it."""
        found = {entry.name: (GLSL_TYPES[entry.kind], entry.line) for entry in self.header.inputs}
        found = {name: about for name, about in found.items() if about[0] == "sampler2D"}
        found.update({spec.target: ("sampler2D", spec.line) for spec in self.header.passes if spec.target})
        for name, picture in self.header.imported.items():
            found[name] = ("samplerCube" if picture.is_cube else "sampler2D", picture.line)
        return found

    def program(self, library: ShaderLibrary, *, guards: bool = True) -> ForeignProgram:
        """Program for a `QuadProgram`."""
        name = self.fragment.name
        texts = [text for text in (self.fragment, self.vertex) if text is not None]
        words = {word for text in texts for word in text.parsed.words}
        declared = [
            (f"uniform {GLSL_TYPES[entry.kind]} {self.uniform(entry.name)};", name, entry.line)
            for entry in self.header.inputs
            if entry.name not in self.pictures
        ]
        for picture, (kind, line) in self.pictures.items():
            declared.append((f"uniform {kind} {self.uniform(picture)};", name, line))
            declared += [
                (f"uniform {kind} _{picture}_{what};", name, line)
                for what, kind in SIZES.items()
                if f"_{picture}_{what}" in words
            ]
        names = {entry: own_name(entry) for entry in (*self.inputs, *self.pictures) if is_kept_back(entry)}
        defines = ["FRAG_DATA"] if "gl_FragData" in words else []
        return ForeignProgram(
            library, ISF, declared, names, [self.fragment], self.vertex, defines, self._files, guards=guards
        )

    def _set(self, name: str, value: Any) -> None:
        """Apply a scene's value for an input."""
        if name not in self.inputs:
            known = did_you_mean(name, self.inputs)
            raise ConfigError(f"isf.inputs.{name}: is not an input of {self.fragment.name}; {known}")
        try:
            if name in self.sounds:
                raise ConfigError("is a sound: it comes from the microphone and cannot be set")
            if name in self.pictured:
                self.pictured[name] = _picture(value)
            else:
                self.values[name] = self.inputs[name].read(value)
        except ConfigError as error:
            raise ConfigError(f"isf.inputs.{name}: {error} ({self.fragment.name}:{self.inputs[name].line})") from error


def _picture(value: Any) -> str:
    if not isinstance(value, str):
        raise ConfigError(f"is a picture: must be {KNOWN_PICTURES}, not {value!r}")
    if value not in PLAIN_SOURCES and not value.lower().endswith(IMAGE_ENDINGS):
        raise ConfigError(f"must be {KNOWN_PICTURES}, not {value!r}")
    return value
