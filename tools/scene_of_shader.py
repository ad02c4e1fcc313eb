"""Text of a pass that shows an external shader: all its inputs with values and allowed values."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from engine.config.yaml_loader import shown_path
from engine.core.errors import ConfigError, DeviceError
from engine.core.messages import join_words
from engine.render.external_shaders.isf_file import VERTEX_ENDING, IsfFile
from engine.render.external_shaders.isf_input import SOUNDS, Input
from engine.render.external_shaders.paths import FOLDER
from engine.render.external_shaders.pictures import PLAIN_SOURCES, SOURCES
from engine.render.external_shaders.shadertoy_channels import CHANNELS
from engine.render.external_shaders.shadertoy_files import ShadertoyFiles
from engine.render.gl.shader_library import ShaderLibrary
from tools.check_shader import pass_of

COLUMN = 34  # column where comments start
WIDTH = 200  # maximum length of a comment
_WORDS = {"on", "off", "yes", "no", "y", "n", "true", "false", "null"}  # texts that YAML reads as something else


def bring_in(path: Path, shaders: Path) -> str:
    """Copy a shader and everything it needs into `shaders/foreign/`, unless it is already there.

    Returns:
        Its path within that folder.

    Raises:
        ConfigError: it does not exist, or another file with its name is in the way.
        DeviceError: it cannot be copied.
    """
    folder = (shaders / FOLDER).resolve()
    if not path.is_file():
        raise ConfigError(f"there is no shader {shown_path(path)}")
    if path.resolve().is_relative_to(folder):
        return path.resolve().relative_to(folder).as_posix()
    for name in (path.name, *_belongings(path)):
        source, target = path.parent / name, folder / name
        if not source.is_file():
            continue
        if target.exists() and target.read_bytes() != source.read_bytes():
            raise ConfigError(f"{shown_path(target)} is another file of that name: rename yours, or move it away")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        except OSError as error:
            raise DeviceError(f"{shown_path(target)} cannot be written: {error.strerror}") from error
    return path.name


def _belongings(path: Path) -> Iterator[str]:
    """Files that an ISF file imports, relative to its folder."""
    if pass_of(path)[0] != "isf":
        return
    yield path.stem + VERTEX_ENDING
    file = IsfFile(ShaderLibrary(path.parent, {FOLDER: path.parent}), path.name, {})
    for paths, _, _ in file.images.values():
        yield from (name for name in paths if (path.parent / name).resolve().is_relative_to(path.parent.resolve()))


def shader_pass(file: str, shaders: Path) -> str:
    """Lines of the pass for a file in `shaders/foreign/`.

    Raises:
        ConfigError: the file is invalid: file, line and reason.
    """
    library = ShaderLibrary(shaders)
    kind, _ = pass_of(shaders / FOLDER / file)
    lines = [f"  - {kind}:", f"      file: {_quoted(file)}"]
    lines += _inputs(IsfFile(library, file, {})) if kind == "isf" else _channels(library, file)
    return "\n".join(lines) + "\n"


def _inputs(file: IsfFile) -> Iterator[str]:
    if file.inputs:
        yield '      # numbers can follow signals: bind: {inputs.NAME: "0.2 + 0.8 * presence"}'
        yield "      inputs:"
    for entry in file.inputs.values():
        if entry.kind in SOUNDS:
            yield f"        # {entry.name}: sound from the microphone; needs audio: in config.yaml"
            continue
        value = file.pictured.get(entry.name) or _written(file.values[entry.name])
        name = _quoted(entry.name) if entry.name.lower() in _WORDS else entry.name
        yield _commented(f"        {name}: {value}", "; ".join(filter(None, (entry.label, _range(entry)))))
    if file.inputs and all(entry.kind in SOUNDS for entry in file.inputs.values()):
        yield "        {}"


def _range(entry: Input) -> str:
    """Allowed values of an input, in words."""
    match entry.kind:
        case "image":
            return join_words([*PLAIN_SOURCES, "a .png or .jpg file"], "or")
        case "event" | "bool":
            return "true or false" if entry.kind == "bool" else "true for the frame in which it happens"
        case "long":
            choices = [f"{value} ({label})" for value, label in (entry.values or {}).items()]
            return join_words(choices, "or") if choices else "a whole number"
        case "float":
            return entry.limits or "a number"
        case "point2D":
            return "a point: x, y"
        case _:
            return "a colour: red, green, blue, alpha, 0 to 1"


def _channels(library: ShaderLibrary, file: str) -> Iterator[str]:
    files = ShadertoyFiles(library, file, {}, {}, None)
    what = join_words([*SOURCES, "a buffer A to D", "a .png or .jpg file"], "or")
    for name, tab in (("", files.image), *files.buffers.items()):
        words = {word for text in (tab.text, files.common) if text is not None for word in text.parsed.words}
        indent = "      " if not name else "          "
        if name:
            yield "      buffers:" if name == next(iter(files.buffers)) else ""
            yield f"        {name}:"
        used = [channel for channel in CHANNELS if channel in words or channel in tab.channels]
        yield f"{indent}channels:{'' if used else ' {}'}"
        for channel in used:
            shown = tab.channels.get(channel)
            source = "any" if shown is None else shown.source
            way = "" if shown is None else f", filter: {shown.filter}, wrap: {shown.wrap}"
            yield _commented(f"{indent}  {channel}: {{source: {_quoted(str(source))}{way}}}", what if not name else "")
            what = ""
    yield _commented('      mouse: "face"', "face, or [x, y] from 0 to 1")


def _commented(line: str, comment: str) -> str:
    said = "".join(letter for letter in " ".join(comment.split()) if letter.isprintable())
    return f"{line:{COLUMN}}  # {said[:WIDTH]}" if said else line


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"[{', '.join(map(repr, value))}]" if isinstance(value, tuple) else repr(value)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
