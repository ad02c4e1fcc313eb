"""An ISF file with all that belongs to it -> a program and what to feed it. Needs no OpenGL until it is compiled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.errors import ConfigError
from engine.core.messages import did_you_mean, join_words
from engine.render.external_shaders.isf_header import Header, read_header
from engine.render.external_shaders.isf_input import GLSL_TYPES
from engine.render.external_shaders.paths import FOLDER
from engine.render.external_shaders.pictures import IMAGE_ENDINGS, SOURCES
from engine.render.external_shaders.program import ForeignProgram, ForeignText
from engine.render.gl.shader_library import ShaderLibrary

FRAGMENT_NAMES = {
    "gl_FragColor": "isf_FragColor",
    "varying": "in",
    "main": "isf_main",
    "vv_FragNormCoord": "isf_FragNormCoord",
}
VERTEX_NAMES = {"varying": "out", "vv_FragNormCoord": "isf_FragNormCoord", "vv_vertShaderInit": "isf_vertShaderInit"}
DEFAULT_SOURCE = "picture"
KNOWN_PICTURES = join_words([*SOURCES, "a .png or .jpg file"], "or")


class IsfFile:
    """An ISF file with what a scene sets of it, read and checked, not yet compiled.

    Args:
        library: the shaders.
        file: path within `shaders/foreign/`.
        inputs: what the scene sets, by name.

    Attributes:
        fragment, vertex: its texts; most have no vertex shader.
        header: what it says of itself.
        inputs: what it says that can be set, by name.
        values: what each is set to, pictures apart.
        pictured: what each shows that is a picture: one of `SOURCES` or an image file.
        images: path within `shaders/foreign/` of each picture that it brings along, and who asks for it.

    Raises:
        ConfigError: file, line and what is wrong or not supported.
    """

    def __init__(self, library: ShaderLibrary, file: str, inputs: Mapping[str, Any]) -> None:
        self.fragment = ForeignText(library, file)
        self.fragment.require("main", "main()")
        self.header: Header = read_header(self.fragment.name, self.fragment.text)
        vertex = file.removesuffix(".fs") + ".vs"
        self._files = (file, vertex)
        has_vertex = library.path(f"{FOLDER}/{vertex}").is_file()
        self.vertex = ForeignText(library, vertex) if has_vertex else None
        self.inputs = {entry.name: entry for entry in self.header.inputs}
        self.values = {entry.name: entry.default for entry in self.header.inputs if entry.kind != "image"}
        self.pictured = {entry.name: DEFAULT_SOURCE for entry in self.header.inputs if entry.kind == "image"}
        for name, value in inputs.items():
            self._set(name, value)
        folder = file.rpartition("/")[0]
        self.images = {
            name: (f"{folder}/{path}".removeprefix("/"), f"{self.fragment.name}:{line}")
            for name, (path, line) in self.header.imported.items()
        }

    def program(self, library: ShaderLibrary) -> ForeignProgram:
        """What a brush compiles."""
        name = self.fragment.name
        declared = [
            (f"uniform {GLSL_TYPES[entry.kind]} {entry.name};", name, entry.line) for entry in self.header.inputs
        ]
        pictures = {spec.target: spec.line for spec in self.header.passes if spec.target}
        pictures.update({picture: line for picture, (_, line) in self.header.imported.items()})
        declared += [(f"uniform sampler2D {picture};", name, line) for picture, line in pictures.items()]
        vertex = self.vertex.source(VERTEX_NAMES) if self.vertex is not None else None
        fragment = [self.fragment.source(FRAGMENT_NAMES)]
        return ForeignProgram(
            library, "lib/isf.glsl", declared, fragment, "lib/isf_main.glsl", vertex, files=self._files
        )

    def _set(self, name: str, value: Any) -> None:
        """Take what the scene sets an input to."""
        if name not in self.inputs:
            known = did_you_mean(name, self.inputs)
            raise ConfigError(f"isf.inputs.{name}: is not an input of {self.fragment.name}; {known}")
        try:
            if name in self.pictured:
                self.pictured[name] = _picture(value)
            else:
                self.values[name] = self.inputs[name].read(value)
        except ConfigError as error:
            raise ConfigError(f"isf.inputs.{name}: {error} ({self.fragment.name}:{self.inputs[name].line})") from error


def _picture(value: Any) -> str:
    if not isinstance(value, str):
        raise ConfigError(f"is a picture: must be {KNOWN_PICTURES}, not {value!r}")
    if value not in SOURCES and not value.endswith(IMAGE_ENDINGS):
        raise ConfigError(f"must be {KNOWN_PICTURES}, not {value!r}")
    return value
