"""Knob types beyond numbers: colours, and pictures beside the scenes.

A scene may come from a stranger: the path of a picture stays within its folder, and its size is bounded before memory
    is
taken. Knows no OpenGL.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainValidator, ValidationInfo, WithJsonSchema

from engine.config.validation import IN_WORDS
from engine.config.yaml_loader import shown_path
from engine.core.errors import ConfigError
from engine.core.messages import shown_value
from engine.images.image_file import ImageError, ImageLimits, image_size, read_image
from engine.types import ByteArray

MAX_PICTURE_BYTES = 32 * 1024 * 1024
MAX_PICTURE_SIDE_PX = 8192

Rgb = tuple[float, float, float]
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_A_COLOUR = 'a colour: "#c8a050" in quotes, or red, green and blue from 0 to 1 as [0.78, 0.63, 0.31]'
_A_PICTURE = "the path of a picture from the scene's folder on, such as pictures/wall.jpg"


def _colour(value: Any) -> Any:
    if isinstance(value, str) and _HEX.fullmatch(value):
        return tuple(int(value[place : place + 2], 16) / 255 for place in (1, 3, 5))
    if not isinstance(value, list | tuple) or len(value) != 3:
        raise ValueError(f"must be {_A_COLOUR}, not {shown_value(value)}")
    return tuple(value)


def is_colour(schema: Mapping[str, Any]) -> bool:
    """Whether a field with this JSON schema is a `Colour`."""
    return schema.get(IN_WORDS) == _A_COLOUR


_Share = Annotated[float, Field(ge=0.0, le=1.0)]
Colour = Annotated[
    tuple[_Share, _Share, _Share],
    BeforeValidator(_colour),
    WithJsonSchema(
        {
            "type": ["string", "array"],
            "pattern": f"^{_HEX.pattern}$",
            "items": {"type": "number", "minimum": 0, "maximum": 1},
            "minItems": 3,
            "maxItems": 3,
            IN_WORDS: _A_COLOUR,
            "examples": ["#c8a050", [0.78, 0.63, 0.31]],
        }
    ),
]
"""Red, green and blue, sRGB-encoded, 0 to 1; shaders compute with `linear_light`."""


def linear_light(colour: Rgb) -> Rgb:
    """The light of an sRGB colour (IEC 61966-2-1), 0 to 1."""
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in colour)
    return red, green, blue


def screen_colour(light: Rgb) -> Rgb:
    """The sRGB colour of light, the inverse of `linear_light`."""
    red, green, blue = (12.92 * x if x <= 0.0031308 else 1.055 * x ** (1 / 2.4) - 0.055 for x in light)
    return red, green, blue


def _picture(value: Any, info: ValidationInfo) -> Any:
    folder: Path | None = (info.context or {}).get("folder")
    if folder is None:  # built by the program, not read from a file
        return value
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"must be {_A_PICTURE}, not {shown_value(value)}")
    return find_beside(value, folder, MAX_PICTURE_BYTES, check=_check_picture)


Picture = Annotated[
    Path,
    PlainValidator(_picture),
    WithJsonSchema({"type": "string", "minLength": 1, IN_WORDS: _A_PICTURE, "examples": ["pictures/wall.jpg"]}),
]
"""A picture file of `image_file.FORMATS`; in a scene, its path from the scene's folder on."""


def find_beside(name: str, folder: Path, max_bytes: int, check: Any = None) -> Path:
    """Resolve a file named in a scene.

    Args:
        name: its path relative to `folder`, with forward slashes.
        folder: the folder it must lie in.
        max_bytes: a larger file is rejected.
        check: called with the path; may raise ConfigError.

    Raises:
        ValueError: the problem, as the end of a sentence that begins with the key.
    """
    parts = PurePosixPath(name).parts
    if name.startswith(("/", "~")) or ".." in parts or "\\" in name or ":" in name or "\0" in name:
        raise ValueError(f"must stay within the scene's folder, and {shown_value(name)} does not")
    try:
        path = (folder / name).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # too long, links in a circle, no text
        raise ValueError(f"names {shown_value(name)}, which no file can be called") from error
    if not path.is_relative_to(folder.resolve()):
        raise ValueError(f"must stay within the scene's folder, and {shown_value(name)} leads out of it")
    if not os.path.isfile(path):  # other than Path's, it does not raise for names that are too long
        raise ValueError(f"names {shown_value(name)}, and there is no such file in {shown_path(folder)}")
    if path.stat().st_size > max_bytes:
        raise ValueError(f"names {shown_value(name)}, which is larger than {max_bytes // 1024**2} MiB, the limit")
    if check is not None:
        try:
            check(path)
        except ConfigError as error:
            raise ValueError(str(error)) from error
    return path


def read_picture(path: Path) -> ByteArray:
    """The pixels of a picture, (H, W, 4) uint8 RGBA, sRGB-encoded, upright, row 0 top.

    Raises:
        ConfigError: it is missing, no picture, damaged or too large.
    """
    try:
        return read_image(path, "RGBA", name=shown_path(path), limits=_limits())
    except ImageError as error:
        raise ConfigError(str(error)) from error


def _check_picture(path: Path) -> None:
    try:
        image_size(path, name=shown_path(path), limits=_limits())
    except ImageError as error:
        raise ConfigError(str(error)) from error


def _limits() -> ImageLimits:
    return ImageLimits(max_bytes=MAX_PICTURE_BYTES, max_side_px=MAX_PICTURE_SIDE_PX)
