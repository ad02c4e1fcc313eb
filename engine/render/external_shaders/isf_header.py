"""The header of an ISF file (Interactive Shader Format, version 2): JSON in the comment that the file begins with.

A header from outside is hostile: its size, depth and numbers are bounded, and nothing in it is executed. Knows no
OpenGL. The keys are those of https://docs.isf.video/ref_json.html, in their own spelling.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NoReturn

from pydantic import ConfigDict, Field

from engine.config.validation import IN_WORDS, Settings, validate
from engine.config.yaml_loader import parse_yaml
from engine.config.yaml_locator import KeyPath, Locator
from engine.core.errors import ConfigError
from engine.render.external_shaders.isf_input import Input
from engine.scene.expression import Expression, compile_expression

MAX_HEADER_CHARACTERS = 64 * 1024
MAX_INPUTS = 64
MAX_PASSES = 16
VERSION = "2"

Kind = Literal["event", "bool", "long", "float", "point2D", "color", "image", "audio", "audioFFT"]

_NAME = {IN_WORDS: "a name of letters, digits and _ that GLSL allows"}
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$", json_schema_extra=_NAME)]
Size = str | float | int

_TAKEN = re.compile(r"gl_.*|isf_.*|n_.*|u_.*|IMG_.*|PASSINDEX|RENDERSIZE|TIME|TIMEDELTA|DATE|FRAMEINDEX|main")
"""Names that ISF, GLSL or the mirror gives to something else."""


class _Header(Settings):
    """Base of what a header holds: keys that it does not know are other programs' business."""

    model_config = ConfigDict(extra="ignore")


class _InputFile(_Header):
    NAME: Identifier
    TYPE: Kind
    DEFAULT: Any = None
    MIN: Any = None
    MAX: Any = None
    VALUES: list[int | float] = Field(default_factory=list, max_length=256)
    LABELS: list[str] = Field(default_factory=list, max_length=256)


class _PassFile(_Header):
    TARGET: Identifier | None = None
    PERSISTENT: bool | int = False
    FLOAT: bool | int = False
    WIDTH: Size = "$WIDTH"
    HEIGHT: Size = "$HEIGHT"


class _ImportFile(_Header):
    PATH: Annotated[str, Field(min_length=1, max_length=200)]
    TYPE: str = "2D"


class _HeaderFile(_Header):
    ISFVSN: str | float | int = VERSION
    DESCRIPTION: str = ""
    INPUTS: list[_InputFile] = Field(default_factory=list, max_length=MAX_INPUTS)
    PASSES: list[_PassFile] = Field(default_factory=list, max_length=MAX_PASSES)
    IMPORTED: dict[Identifier, _ImportFile] = Field(default_factory=dict, max_length=16)
    PERSISTENT_BUFFERS: Any = None


@dataclass(frozen=True)
class PassHeader:
    """One drawing of the shader.

    Attributes:
        target: the buffer that it draws; None draws the picture.
        is_persistent: whether the buffer keeps its contents until the next frame.
        is_float: whether it has 32 bits a component, otherwise 8.
        width, height: of it, px, from `$WIDTH`, `$HEIGHT` of the stage and from inputs that are numbers.
        line: where the file names it.
    """

    target: str | None
    is_persistent: bool
    is_float: bool
    width: Expression
    height: Expression
    line: int


@dataclass(frozen=True)
class Header:
    """What an ISF file says of itself: its inputs, its passes (one at least), its pictures as path and line by name."""

    inputs: tuple[Input, ...]
    passes: tuple[PassHeader, ...]
    imported: Mapping[str, tuple[str, int]]


def read_header(file: str, text: str) -> Header:
    """Read the header of an ISF file.

    Args:
        file: how messages call it.
        text: all of it, its size bounded already.

    Raises:
        ConfigError: file, line and what is wrong or not supported.
    """
    data, locate = _read_json(file, text)
    outer = validate(_HeaderFile, data, locate)
    if not str(outer.ISFVSN).startswith(VERSION):
        raise ConfigError(
            locate.problem(("ISFVSN",), f"must be 2, not {outer.ISFVSN}; ISF {outer.ISFVSN} is not supported")
        )
    if outer.PERSISTENT_BUFFERS is not None:
        what = "is ISF 1, which is not supported: write PERSISTENT into the passes"
        raise ConfigError(locate.problem(("PERSISTENT_BUFFERS",), what))
    inputs = tuple(_input(entry, ("INPUTS", index), locate) for index, entry in enumerate(outer.INPUTS))
    numbers = [entry.name for entry in inputs if entry.kind in ("event", "bool", "long", "float")]
    entries = outer.PASSES or [_PassFile()]
    passes = tuple(_pass(entry, ("PASSES", index), numbers, locate) for index, entry in enumerate(entries))
    for name, picture in outer.IMPORTED.items():
        if picture.TYPE.lower() == "cube":
            raise ConfigError(locate.problem(("IMPORTED", name, "TYPE"), "cubemaps are not supported"))
    imported = {name: (picture.PATH, locate(("IMPORTED", name))) for name, picture in outer.IMPORTED.items()}
    _refuse_duplicates(inputs, passes, imported, locate)
    return Header(inputs, passes, imported)


def _read_json(file: str, text: str) -> tuple[dict[str, Any], Locator]:
    """JSON tells whether the header is right, YAML, of which JSON is a part, where each key stands."""
    start = len(text) - len(text.lstrip("\ufeff \t\r\n"))
    end = text.find("*/", start)
    if not text.startswith("/*", start) or end < 0:
        raise ConfigError(f"{file}:1: an ISF file must begin with a comment /* ... */ that holds its JSON header")
    if end - start > MAX_HEADER_CHARACTERS:
        raise ConfigError(f"{file}:1: the header is longer than {MAX_HEADER_CHARACTERS // 1024} thousand characters")
    body = re.sub(r"[^\n]", " ", text[: start + 2]) + text[start + 2 : end]
    try:
        data = json.loads(body, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{file}:{error.lineno}: the header is not valid JSON: {error.msg}") from error
    except RecursionError as error:
        raise ConfigError(f"{file}:1: the header is nested too deep") from error
    except ValueError as error:  # NaN, Infinity, a number of thousands of digits
        raise ConfigError(
            f"{file}:1: the header holds a number that JSON does not know or that is too large"
        ) from error
    _, locate = parse_yaml(file, body.replace("\t", " ").replace("\r", " "))
    if not isinstance(data, dict):
        raise ConfigError(f"{file}:1: the header must be a JSON object {{...}}")
    return data, locate


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(word)


def _input(entry: _InputFile, path: KeyPath, locate: Locator) -> Input:
    line = locate((*path, "NAME"))
    if entry.TYPE in ("audio", "audioFFT"):
        what = f"{entry.TYPE} is not supported: the mirror does not listen"
        raise ConfigError(locate.problem((*path, "TYPE"), what))
    if entry.TYPE == "image":
        return Input(entry.NAME, "image", line=line)
    low, high = _limits(entry, path, locate)
    values = {int(value): label for value, label in _labelled(entry, path, locate)}
    plain = Input(entry.NAME, entry.TYPE, 0.0, low, high, values or None, line)
    default = entry.DEFAULT if entry.DEFAULT is not None else _rest(entry.TYPE, low, high, values)
    try:
        return Input(entry.NAME, entry.TYPE, plain.read(default), low, high, values or None, line)
    except ConfigError as error:
        raise ConfigError(locate.problem((*path, "DEFAULT"), str(error))) from error


def _limits(entry: _InputFile, path: KeyPath, locate: Locator) -> tuple[float, float]:
    if entry.TYPE != "float":
        return -math.inf, math.inf
    limits = []
    for key, bound in (("MIN", -math.inf), ("MAX", math.inf)):
        value = getattr(entry, key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise ConfigError(locate.problem((*path, key), f"must be a number, not {value!r}"))
        limits.append(bound if value is None else float(value))
    if limits[0] > limits[1]:
        raise ConfigError(locate.problem((*path, "MIN"), f"must not be larger than MAX, {limits[1]:g}"))
    return limits[0], limits[1]


def _labelled(entry: _InputFile, path: KeyPath, locate: Locator) -> list[tuple[float, str]]:
    if entry.LABELS and len(entry.LABELS) != len(entry.VALUES):
        what = f"must be as many as VALUES, {len(entry.VALUES)}, not {len(entry.LABELS)}"
        raise ConfigError(locate.problem((*path, "LABELS"), what))
    labels = entry.LABELS or [str(value) for value in entry.VALUES]
    return list(zip(entry.VALUES, labels, strict=True))


def _rest(kind: str, low: float, high: float, values: Mapping[int, str]) -> Any:
    """What an input is whose header does not say it."""
    match kind:
        case "point2D":
            return [0.0, 0.0]
        case "color":
            return [0.0, 0.0, 0.0, 1.0]
        case "long":
            return next(iter(values), 0)
        case _:
            return min(max(0.0, low), high)


def _pass(entry: _PassFile, path: KeyPath, numbers: list[str], locate: Locator) -> PassHeader:
    sides = []
    for key in ("WIDTH", "HEIGHT"):
        text = str(getattr(entry, key))
        try:
            sides.append(compile_expression(re.sub(r"\$(?=[A-Za-z_])", "", text), ["WIDTH", "HEIGHT", *numbers]))
        except ConfigError as error:
            raise ConfigError(locate.problem((*path, key), str(error))) from error
    return PassHeader(
        entry.TARGET, bool(entry.PERSISTENT), bool(entry.FLOAT), sides[0], sides[1], locate((*path, "TARGET"))
    )


def _refuse_duplicates(
    inputs: tuple[Input, ...], passes: tuple[PassHeader, ...], imported: Mapping[str, Any], locate: Locator
) -> None:
    """Inputs, buffers and imported pictures are uniforms of one shader; several passes may draw the same buffer."""
    places: list[tuple[str, KeyPath]] = [(entry.name, ("INPUTS", i, "NAME")) for i, entry in enumerate(inputs)]
    places += [(name, ("IMPORTED", name)) for name in imported]
    targets = {spec.target: ("PASSES", index, "TARGET") for index, spec in enumerate(passes) if spec.target}
    seen: set[str] = set()
    for name, path in [*places, *targets.items()]:
        if _TAKEN.fullmatch(name):
            raise ConfigError(locate.problem(path, f"{name} is a name that is taken; choose another"))
        if name in seen:
            raise ConfigError(locate.problem(path, f"{name} is the name of something else in this header already"))
        seen.add(name)
