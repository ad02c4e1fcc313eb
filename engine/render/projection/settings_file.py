"""The venue file: read like config.yaml, written with comments by calibration. Knows no OpenGL."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

from engine.config.display import DisplaySettings
from engine.config.validation import validate
from engine.config.yaml_loader import load_yaml, shown_path
from engine.core.errors import ConfigError, DeviceError
from engine.images.image_file import ImageError, ImageLimits, read_image
from engine.render.projection.settings import Corners, ProjectionSettings, ProjectorSettings
from engine.system.atomic_write import atomic_write
from engine.types import ByteArray

log = logging.getLogger(__name__)

MASK_LIMITS = ImageLimits(max_side_px=8192)
DECIMALS = 6  # of what is written: a hundredth of a pixel of the widest wall


def open_venue(path: Path) -> ProjectionSettings:
    """Read a venue file, if it is there; a plain room otherwise, and the log says so unless that is the usual name.

    Raises:
        ConfigError: as `load_venue`.
    """
    if os.path.exists(path):
        return load_venue(path)
    if path != Path(DisplaySettings().venue):
        log.warning("there is no venue file %s: the picture is shown as it is; C in the window makes one", path)
    return ProjectionSettings()


def load_venue(path: Path) -> ProjectionSettings:
    """Read a venue file and look at its masks.

    Raises:
        ConfigError: one sentence per problem, one per line: file, line, key, what is allowed, what was found.
    """
    data, locate = load_yaml(path)
    venue = validate(ProjectionSettings, data, locate)
    for index, projector in enumerate(venue.projectors):
        if projector.mask is not None:
            try:
                read_mask(path.parent / projector.mask)
            except ConfigError as error:
                raise ConfigError(locate.problem(("projectors", index, "mask"), str(error))) from error
    return venue


def read_mask(path: Path) -> ByteArray:
    """A mask's light; what is transparent is dark.

    Returns:
        (H, W) uint8, 255 lets all light through, row 0 top.

    Raises:
        ConfigError: the file is missing, no picture, too large or damaged.
    """
    try:
        return read_image(path, "L", name=shown_path(path), limits=MASK_LIMITS)
    except ImageError as error:
        raise ConfigError(str(error)) from error


def save_venue(path: Path, venue: ProjectionSettings) -> None:
    """Write a venue file with comments, whole or not at all; one that is there is replaced.

    Raises:
        DeviceError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as partial:
            partial.write_text(venue_text(venue), encoding="utf-8")
    except OSError as error:
        raise DeviceError(f"{shown_path(path)} could not be written: {error.strerror}") from error


def venue_text(venue: ProjectionSettings) -> str:
    """Text of a venue file, with a comment, unit and range beside each key."""
    lines = [
        "# How the picture is put on the walls of this room. C in the window calibrates it; Ctrl+S there writes this",
        "# file anew. Lengths are fractions, origin top left, y down. A key that is left out changes nothing.",
        "",
        "format: 1",
        _line("", "rotation", venue.rotation, "0, 90, 180 or 270 degrees clockwise, for screens on their side"),
        _line("", "flip", venue.flip, "none, horizontal or vertical: mirror image, done before the rotation"),
        "",
        "projectors:               # one, or up to four whose displays make one desktop that the window covers",
    ]
    for projector in venue.projectors:
        lines += _projector_lines(projector)
    return "\n".join(lines) + "\n"


def _projector_lines(projector: ProjectorSettings) -> list[str]:
    corners, grid, blend, colour = projector.corners, projector.grid, projector.blend, projector.colour
    offsets = [_shown(row) for row in grid.array.round(DECIMALS).tolist()] if grid.offsets else []
    mask = json.dumps(projector.mask, ensure_ascii=False)
    lines = [
        _line("  - ", "area", projector.area, "what it fills of the window: left, top, right, bottom, 0 to 1"),
        _line("    ", "picture", projector.picture, "what it shows of the picture, likewise"),
        "    corners:              # where the corners of its picture land, x and y in its area, -1 to 2",
        *(f"      {name}: {_shown(getattr(corners, name))}" for name in Corners.model_fields),
        "    grid:                 # for walls that are not flat: columns and rows of points, 2 to 9 each",
        f"      columns: {grid.columns}",
        f"      rows: {grid.rows}",
        "      offsets:            # how far right and down each is moved, -1 to 1, row by row; [] moves none"
        if offsets
        else _line("      ", "offsets", [], "how far right and down each is moved, -1 to 1, row by row; [] moves none"),
        *(f"        {'[ ' if not number else '  '}{row[1:-1]}," for number, row in enumerate(offsets)),
        *(["        ]"] if offsets else []),
        _line(
            "    ",
            "mask",
            mask,
            "a grey picture of the whole picture, from this file; black and transparent hide; null: none",
        ),
        "    blend:                # overlaps with neighbours, fractions of its picture, 0 to 0.5",
        *(f"      {name}: {_shown(getattr(blend, name))}" for name in ("left", "right", "top", "bottom")),
        _line("      ", "gamma", blend.gamma, "the projector's, 1 to 3.5; more where the overlap is too dark"),
        _line("      ", "black", blend.black, "light that is added outside the overlaps, 0 to 0.2"),
        "    colour:",
        _line("      ", "gain", colour.gain, "factors on the light of red, green, blue, 0 to 2"),
        _line("      ", "gamma", colour.gamma, "exponent of the light, 0.5 to 2; more darkens the middle tones"),
        _line("      ", "black", colour.black, "the darkest that is shown, 0 to 0.2 of full light"),
    ]
    return lines


def _line(indent: str, key: str, value: Any, comment: str) -> str:
    return f"{f'{indent}{key}: {_shown(value)}':<26}# {comment}"


def _shown(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(_shown(each) for each in value)}]"
    return f"{round(value, DECIMALS):.{DECIMALS}f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
