"""Which display the window belongs on, as displays come and go while the show runs."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pygame

from engine.core.errors import ConfigError
from engine.render.window.displays import Bounds, Display, find_display, list_displays, union
from engine.render.window.gl_context import open_displays

log = logging.getLogger(__name__)


class DisplayChoice:
    """Follows one wish: the display that was asked for while it is there, otherwise the first.

    Args:
        wanted: a number, a name or a part of it, or `all`, as `find_display` takes it.
        must_be_there: whether it is an error if it is absent at the start; a projector in config.yaml may be cold.
        look: lists the displays.

    Attributes:
        number: of the display to use; None for all together.
    """

    def __init__(
        self,
        wanted: int | str,
        *,
        must_be_there: bool = False,
        look: Callable[[], tuple[Display, ...]] = list_displays,
    ) -> None:
        self._wanted, self._must_be_there, self._look = wanted, must_be_there, look
        self._displays: tuple[Display, ...] = ()
        self._is_absent = False
        self.number: int | None = 0

    def open(self) -> int | None:
        """Open the connection to the displays; returns the number of the one to use.

        Raises:
            DeviceError: there is none.
            ConfigError: the one that was asked for must be there, and is not.
        """
        open_displays()
        self._displays = self._look()
        try:
            self.number = find_display(self._wanted)
        except ConfigError as error:
            if self._must_be_there:
                pygame.display.quit()
                raise
            self._miss(error)
        self._must_be_there = False  # one that vanishes later ends no show
        return self.number

    def has_changed(self) -> bool:
        """Look at the displays; True if the window belongs elsewhere, or on the same one in another size or place."""
        displays = self._look()
        if displays == self._displays or not displays:  # between two states there may be none for a moment
            return False
        before = _place(self._displays, self.number)
        self._displays = displays
        try:
            self.number = find_display(self._wanted)
            self._is_absent = False
        except ConfigError as error:
            self._miss(error)
        return _place(displays, self.number) != before

    def _miss(self, error: ConfigError) -> None:
        if not self._is_absent:
            log.warning("display.display: %s; the first is taken until it appears", error)
        self._is_absent, self.number = True, 0


def _place(displays: tuple[Display, ...], number: int | None) -> tuple[str, Bounds | None]:
    """What a choice comes to: the name of the display, and what it covers."""
    if number is not None:
        return (displays[number].name, displays[number].bounds) if number < len(displays) else ("", None)
    bounds = [display.bounds for display in displays if display.bounds is not None]
    return "", union(bounds) if bounds else None
