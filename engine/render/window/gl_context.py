"""Creation of OpenGL contexts: with a pygame window, or off screen through EGL; errors say what to install.

Knows nothing of what is drawn.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from typing import Any

import moderngl
import pygame

from engine.core.errors import DeviceError
from engine.render.window.robust_context import RobustContext

log = logging.getLogger(__name__)

TITLE = "Narcissus"
REQUIRED_VERSION = 330
VERSIONS = ((4, 6), (4, 5), (4, 3), (4, 1), (3, 3))  # requested in turn; some drivers give exactly this
GL_CONTEXT_RESET_NOTIFICATION, LOSE_CONTEXT = 25, 1  # SDL_GLattr, of which pygame has no name
UNSEEN_DRIVERS = ("offscreen", "dummy")
INSTALL = "on Debian install libgl1, libegl1 and libgl1-mesa-dri, elsewhere the graphics card's driver"


def has_display() -> bool:
    """Whether a window could be seen: assumed on Windows; elsewhere, whether a display server answers."""
    if sys.platform == "win32":
        return True
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    try:
        pygame.display.init()
        return pygame.display.get_driver() not in UNSEEN_DRIVERS
    except pygame.error:
        return False
    finally:
        pygame.display.quit()


def open_displays() -> None:
    """Open pygame's connection to the display server.

    Raises:
        DeviceError: no display answers.
    """
    try:
        pygame.display.init()
    except pygame.error as error:
        raise DeviceError(f"no window can be opened ({error}): start it on a desktop, or with --headless") from error
    if pygame.display.get_driver() in UNSEEN_DRIVERS and "SDL_VIDEODRIVER" not in os.environ:
        pygame.display.quit()
        raise DeviceError("no window can be opened, for no display answers: start it on a desktop, or with --headless")


def open_pygame_window(size_wh: tuple[int, int], display: int, *, vsync: bool) -> bool:
    """Open the window and make its context current, one that tells of its loss where the driver has such; returns
    whether vsync is on.

    Raises:
        DeviceError: the display gives no OpenGL 3.3.
    """
    pygame.display.set_caption(TITLE)
    reason = ""
    for version, is_robust in (*((version, True) for version in VERSIONS), *((version, False) for version in VERSIONS)):
        _ask_for_context(version, is_robust=is_robust)
        try:
            return _set_mode(size_wh, display, vsync=vsync)
        except pygame.error as error:
            reason = str(error)
    pygame.display.quit()
    raise DeviceError(f"the window gets no OpenGL 3.3 ({reason}): {INSTALL}")


def _ask_for_context(version: tuple[int, int], *, is_robust: bool) -> None:
    for attribute, value in (
        (pygame.GL_CONTEXT_PROFILE_MASK, pygame.GL_CONTEXT_PROFILE_CORE),
        (pygame.GL_CONTEXT_MAJOR_VERSION, version[0]),
        (pygame.GL_CONTEXT_MINOR_VERSION, version[1]),
        (pygame.GL_DEPTH_SIZE, 0),
        (pygame.GL_STENCIL_SIZE, 0),
        (pygame.GL_CONTEXT_FLAGS, pygame.GL_CONTEXT_ROBUST_ACCESS_FLAG if is_robust else 0),
        (GL_CONTEXT_RESET_NOTIFICATION, LOSE_CONTEXT if is_robust else 0),
    ):
        pygame.display.gl_set_attribute(attribute, value)


def _set_mode(size_wh: tuple[int, int], display: int, *, vsync: bool) -> bool:
    flags = pygame.OPENGL | pygame.DOUBLEBUF | pygame.RESIZABLE
    with warnings.catch_warnings(record=True) as said:  # pygame warns where there is no vsync
        warnings.simplefilter("always")
        pygame.display.set_mode(size_wh, flags, display=display, vsync=int(vsync))
    return vsync and not any("vsync" in str(warning.message) for warning in said)


def window_context() -> moderngl.Context:
    """ModernGL on the context of the window that was just opened.

    Raises:
        DeviceError: it is older than 3.3.
    """
    try:
        moderngl.init_context()  # finds EGL (Wayland) as well as GLX and WGL; `create_context` does not
        ctx = moderngl.get_context()
    except Exception as error:  # ModernGL and its loaders raise bare exceptions
        pygame.display.quit()
        raise DeviceError(f"the window's OpenGL cannot be used ({error}): {INSTALL}") from error
    if ctx.version_code < REQUIRED_VERSION:
        pygame.display.quit()
        raise DeviceError(f"the window's OpenGL is {ctx.version_code / 100:.1f} and must be 3.3 or newer: {INSTALL}")
    return ctx


def robust_context() -> RobustContext | None:
    """A context without a window that tells of its loss; None where the driver has none."""
    try:
        return RobustContext()
    except (OSError, AttributeError) as error:
        log.debug("a loss of the graphics context would not be told: %s", error)
        return None


def standalone_context() -> moderngl.Context:
    """A context without a window.

    Raises:
        DeviceError: there is no OpenGL 3.3.
    """
    backend: dict[str, Any] = {}
    if sys.platform == "linux":  # library names that exist without development packages
        backend = {"backend": "egl", "libgl": "libGL.so.1", "libegl": "libEGL.so.1"}
    try:
        return moderngl.create_context(require=REQUIRED_VERSION, standalone=True, **backend)
    except Exception as error:  # ModernGL and its loaders raise bare exceptions
        raise DeviceError(f"there is no OpenGL 3.3 to draw off screen with ({error}): {INSTALL}") from error
