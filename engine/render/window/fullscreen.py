"""Fullscreen: pygame's window over a whole display and back, without losing the OpenGL context.

On X11 SDL leaves fullscreen to the window manager; without one (a kiosk) it only believes that it happened. There, and
for several displays at once, the window is moved and resized instead.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import logging

import pygame
from pygame._sdl2.video import Window as SdlWindow

from engine.render.window.displays import Bounds, bounds_of

log = logging.getLogger(__name__)

ANY_PROPERTY_TYPE = 0


class Fullscreen:
    """The state of the window that `pygame.display` has open.

    Args:
        display: the number of the display that it was opened on; None to fill all displays, as one desktop.
    """

    def __init__(self, display: int | None) -> None:
        self._display = display
        self._is_managed = _is_managed(display)
        self._before: tuple[tuple[int, int], tuple[int, int]] | None = None  # position, size
        # Kept for as long as the window: SDL's window points to it, and pygame follows that pointer with every event.
        self._sdl_window: SdlWindow | None = None

    @property
    def is_on(self) -> bool:
        return self._before is not None or bool(pygame.display.is_fullscreen())

    def toggle(self) -> None:
        """Change to fullscreen or back."""
        try:
            if self._is_managed:
                pygame.display.toggle_fullscreen()
            else:
                self._toggle_unmanaged()
        except pygame.error as error:
            log.warning("the window cannot change to fullscreen or back: %s", error)

    def move(self, display: int | None) -> None:
        """Move the window into the middle of another display, or of this one in its new size; it stays fullscreen."""
        was_on = self.is_on
        if was_on:
            self.toggle()
        self._display, self._is_managed = display, _is_managed(display)
        bounds = bounds_of(display or 0)
        if bounds is not None:
            self._sdl_window = window = self._sdl_window or SdlWindow.from_display_module()
            left, top, right, bottom = bounds
            width, height = window.size
            window.position = left + (right - left - width) // 2, top + (bottom - top - height) // 2
        if was_on:
            self.toggle()

    def _toggle_unmanaged(self) -> None:
        self._sdl_window = window = self._sdl_window or SdlWindow.from_display_module()
        if self._before is not None:
            window.borderless = False
            window.position, window.size = self._before
            self._before = None
            return
        position = window.position
        assert not isinstance(position, int)  # its type says that it might be one when it is set
        (x, y), (width, height) = position, window.size
        self._before = (x, y), (width, height)
        left, top, right, bottom = self._bounds((x, y), (width, height))
        window.borderless = True
        window.position = left, top
        window.size = right - left, bottom - top

    def _bounds(self, position: tuple[int, int], size_wh: tuple[int, int]) -> Bounds:
        """The area to fill, px of the desktop."""
        known = bounds_of(self._display)
        if known is not None:
            return known
        width, height = pygame.display.get_desktop_sizes()[self._display or 0]
        left, top = (  # the window opened in the middle of its display
            at + (side - full) // 2 for at, side, full in zip(position, size_wh, (width, height), strict=True)
        )
        return left, top, left + width, top + height


def _is_managed(display: int | None) -> bool:
    return display is not None and (pygame.display.get_driver() != "x11" or has_window_manager())


def has_window_manager() -> bool:
    """Whether the X server has a window manager that says so (freedesktop.org's `_NET_SUPPORTING_WM_CHECK`)."""
    try:
        x11 = ctypes.CDLL(ctypes.util.find_library("X11") or "libX11.so.6")
    except OSError:
        return True
    x11.XOpenDisplay.restype = ctypes.c_void_p
    display = ctypes.c_void_p(x11.XOpenDisplay(None))
    if not display:
        return True
    try:
        return _root_has_property(x11, display, b"_NET_SUPPORTING_WM_CHECK")
    finally:
        x11.XCloseDisplay(display)


def _root_has_property(x11: ctypes.CDLL, display: ctypes.c_void_p, name: bytes) -> bool:
    x11.XDefaultRootWindow.restype = x11.XInternAtom.restype = ctypes.c_ulong
    root = ctypes.c_ulong(x11.XDefaultRootWindow(display))
    atom = ctypes.c_ulong(x11.XInternAtom(display, name, 1))  # 1: do not make it
    if not atom:
        return False
    actual_type, count, rest = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_ulong()
    form, data = ctypes.c_int(), ctypes.c_void_p()
    x11.XGetWindowProperty(
        display,
        root,
        atom,
        ctypes.c_long(0),
        ctypes.c_long(1),
        0,
        ctypes.c_ulong(ANY_PROPERTY_TYPE),
        *(ctypes.byref(result) for result in (actual_type, form, count, rest, data)),
    )
    if data:
        x11.XFree(data)
    return bool(count.value)
