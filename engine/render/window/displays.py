"""Displays: monitors and projectors by number and by name. pygame's display must be open.

pygame does not expose the display names that SDL knows, so SDL is called directly.
"""

from __future__ import annotations

import ctypes
import functools
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pygame
import pygame.base

from engine.core.errors import ConfigError
from engine.core.messages import join_words

log = logging.getLogger(__name__)

ALL = "all"
Bounds = tuple[int, int, int, int]


class _Rectangle(ctypes.Structure):
    """SDL_Rect"""

    _fields_ = [(name, ctypes.c_int) for name in ("x", "y", "width", "height")]


@dataclass(frozen=True, slots=True)
class Display:
    """A display that is there now.

    Attributes:
        name: empty if unknown.
        bounds: left, top, right and bottom, px of the desktop; None where it cannot be asked for.
    """

    name: str
    bounds: Bounds | None


def list_displays() -> tuple[Display, ...]:
    """The displays, by number, as SDL knows them since it last looked for events; takes microseconds."""
    sdl, displays = _sdl(), []
    for number in range(pygame.display.get_num_displays()):
        raw: bytes | None = sdl.SDL_GetDisplayName(number) if sdl is not None else None
        place, bounds = _Rectangle(), None
        if sdl is not None and sdl.SDL_GetDisplayBounds(number, ctypes.byref(place)) == 0:
            bounds = place.x, place.y, place.x + place.width, place.y + place.height
        displays.append(Display((raw or b"").decode("utf-8", "replace").strip(), bounds))
    return tuple(displays)


def display_names() -> list[str]:
    """Names of the displays, by number; empty if unknown."""
    return [display.name for display in list_displays()]


def bounds_of(number: int | None) -> Bounds | None:
    """Bounds of a display, of all together for None; None where they cannot be asked for."""
    displays = list_displays()
    shown = displays if number is None else displays[number : number + 1]
    bounds = [display.bounds for display in shown if display.bounds is not None]
    return union(bounds) if bounds else None


def union(bounds: Sequence[Bounds]) -> Bounds:
    """The smallest rectangle around several."""
    lefts, tops, rights, bottoms = zip(*bounds, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def name_display(number: int | None) -> str:
    """A display in a few words: `display 1, EPSON PJ`; None: all of them."""
    if number is None:
        return "all displays"
    names = display_names()
    name = names[number] if number < len(names) else ""
    return f"display {number}{f', {name}' if name else ''}"


def find_display(wanted: int | str) -> int | None:
    """The number of a display; None for all of them together.

    Args:
        wanted: its number, or its name or a part of that, in any case (of several the first is taken), or `all`.

    Raises:
        ConfigError: there is no such display; the message names those present.
    """
    if wanted == ALL:
        return None
    names = display_names()
    if isinstance(wanted, int):
        found = [wanted] if 0 <= wanted < len(names) else []
    else:
        found = [number for number, name in enumerate(names) if name.casefold() == wanted.casefold()]
        found = found or [number for number, name in enumerate(names) if wanted.casefold() in name.casefold()]
    if not found:
        sizes = pygame.display.get_desktop_sizes()
        there = [
            f"{number} ({f'{name}, ' if name else ''}{width}x{height})"
            for number, (name, (width, height)) in enumerate(zip(names, sizes, strict=True))
        ]
        shown = wanted if isinstance(wanted, int) else f'"{wanted}"'
        raise ConfigError(f"there is no display {shown}: this machine has {join_words(there, 'and')}")
    if len(found) > 1:
        log.warning('"%s" may be display %s; %d is taken', wanted, join_words(map(str, found), "or"), found[0])
    return found[0]


@functools.cache
def _sdl() -> ctypes.CDLL | None:
    """The SDL library that pygame has loaded; None if it cannot be called."""
    folder = Path(pygame.base.__file__).parent
    library = folder / "SDL2.dll" if sys.platform == "win32" else Path(pygame.base.__file__)
    try:
        sdl = ctypes.CDLL(str(library))
        sdl.SDL_GetDisplayName.restype = ctypes.c_char_p
    except (OSError, AttributeError) as error:
        log.warning("displays have numbers only, for SDL does not tell their names: %s", error)
        return None
    return sdl
