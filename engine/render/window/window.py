"""Window: the OpenGL context, and a pygame window or nothing (off screen through EGL) for its pictures.

Both kinds have their own 8-bit framebuffer, which `present` copies to the window. A resized window is therefore only a
new framebuffer, a hidden one can still be recorded, and fullscreen keeps the context with everything in it. Knows
nothing of scenes. Everything belongs to the main thread.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections import deque

import moderngl
import pygame

from engine.config.display import DisplaySettings
from engine.core.closing import Closing
from engine.core.errors import ConfigError
from engine.render.gl.gl_functions import Fence, GlCalls, is_software
from engine.render.window.calibration_keymap import CalibrationEvent
from engine.render.window.display_choice import DisplayChoice
from engine.render.window.displays import name_display
from engine.render.window.fullscreen import Fullscreen
from engine.render.window.gl_context import (
    has_display,
    open_pygame_window,
    robust_context,
    standalone_context,
    window_context,
)
from engine.render.window.keymap import Action, action_for, key_help
from engine.render.window.pygame_events import edit_of, key_name
from engine.render.window.robust_context import RobustContext

__all__ = ["Action", "Window", "has_display", "key_help", "open_window"]

log = logging.getLogger(__name__)

MIN_SIDE_PX, MAX_SIDE_PX = 16, 16384
FRAME_LIMIT_S = 1.0  # longest wait for a driver to finish a picture
MOST_KEYS = 32  # that are remembered from one frame to the next
KEY_REPEAT_MS = (350, 40)  # repeat of held keys while calibrating: initial delay, interval


class Window(Closing, ABC):
    """Destination of the pictures.

    Attributes:
        ctx: the OpenGL context, 3.3 core or newer.
        gl: OpenGL functions that release Python's lock.
    """

    def __init__(self, ctx: moderngl.Context, size_wh: tuple[int, int]) -> None:
        self.ctx = ctx
        limit = int(ctx.info["GL_MAX_TEXTURE_SIZE"])
        if max(size_wh) > limit:
            self._close()
            raise ConfigError(
                f"a picture of {size_wh[0]}x{size_wh[1]} px is too large: this graphics card ends at {limit}"
            )
        self._last_frame: Fence | None = None
        self._is_empty = self._closed = False
        self._take_context(ctx, size_wh)

    def _take_context(self, ctx: moderngl.Context, size_wh: tuple[int, int]) -> None:
        self.ctx = ctx
        self.gl = GlCalls()
        ctx.gc_mode = "context_gc"  # nothing is ever deleted on another thread
        self._framebuffer = self._make_framebuffer(size_wh)
        self._size_wh, self._is_empty = size_wh, False

    @property
    def framebuffer(self) -> moderngl.Framebuffer:
        """What `present` shows, RGBA8, bottom row first as OpenGL counts. Another object after the size changed."""
        return self._framebuffer

    @property
    def size_wh(self) -> tuple[int, int]:
        """Size of the framebuffer, px."""
        return self._size_wh

    @property
    def renderer(self) -> str:
        """The driver's name of the renderer."""
        return str(self.ctx.info["GL_RENDERER"])

    @property
    def is_software(self) -> bool:
        """Whether the processor draws."""
        return is_software(self.ctx)

    @property
    def is_fullscreen(self) -> bool:
        return False

    @property
    def says_it_waits(self) -> bool:
        """Whether the driver claims vsync; that is not always true, and can be measured."""
        return False

    @property
    def display_name(self) -> str:
        """The display, in a few words."""
        return "off screen"

    @abstractmethod
    def poll(self) -> list[Action]:
        """Actions of the operator since the last call; `framebuffer` follows the size of the window here."""

    def other_keys(self) -> list[str]:
        """Names of the keys pressed since the last call that mean nothing here, `ctrl+` before them if it was held."""
        return []

    def edits(self) -> list[CalibrationEvent]:
        """Events of calibration since the last call; call `poll` first."""
        return []

    def listen_for_edits(self, is_on: bool) -> None:
        """Switch keys and mouse to calibration, or back; may be repeated."""
        return

    def present(self) -> None:
        """Show the framebuffer. Waits, without Python's lock, for the screen and for the picture before this one."""
        self._show()
        last, self._last_frame = self._last_frame, self.gl.fence()
        if last is not None and not last.wait(FRAME_LIMIT_S):
            last.close()
        self._release_forgotten()

    def finish(self) -> None:
        """Wait, without Python's lock, until everything is drawn; call it before a ModernGL call that would wait."""
        self.gl.finish()

    def toggle_fullscreen(self) -> None:
        """Switch between window and fullscreen; does nothing off screen."""
        return

    def leave_fullscreen(self) -> None:
        """Return to a window, if it is fullscreen."""
        if self.is_fullscreen:
            self.toggle_fullscreen()

    def reset_reason(self) -> str | None:
        """Why the context is lost, in a few words; None while it is not. Asked once a frame, it costs nothing."""
        return self.gl.reset_reason()

    def renew(self) -> None:
        """Take a new context in place of one that is lost; may be called again after it failed.

        What lived in the old one must have been released before, and is to be made anew in `ctx`.

        Raises:
            DeviceError: the driver gives none, yet.
        """
        self._empty()
        self._take_context(self._reopen(self._size_wh), self._size_wh)

    def close(self) -> None:
        """Release the context; everything in it must have been released before."""
        if self._closed:
            return
        self._closed = True
        self._empty()
        self._close()

    def _empty(self) -> None:
        if self._is_empty:
            return
        self._is_empty = True
        if self._last_frame is not None:
            self._last_frame.close()
            self._last_frame = None
        self._drop_framebuffer()
        self._release_forgotten()

    @abstractmethod
    def _show(self) -> None: ...

    @abstractmethod
    def _reopen(self, size_wh: tuple[int, int]) -> moderngl.Context:
        """Close the context that is lost, and open another."""

    @abstractmethod
    def _close(self) -> None: ...

    def _resize(self, size_wh: tuple[int, int]) -> None:
        if size_wh != self.size_wh and min(size_wh) > 0:
            self._drop_framebuffer()
            self._framebuffer, self._size_wh = self._make_framebuffer(size_wh), size_wh

    def _release_forgotten(self) -> None:
        """Free objects that were dropped without `release`; ModernGL's own `gc` fails on properly released ones."""
        while self.ctx.objects:
            forgotten = self.ctx.objects.popleft()
            if hasattr(forgotten, "release"):
                forgotten.release()

    def _make_framebuffer(self, size_wh: tuple[int, int]) -> moderngl.Framebuffer:
        framebuffer = self.ctx.framebuffer([self.ctx.texture(size_wh, 4)])
        framebuffer.clear(0.0, 0.0, 0.0, 1.0)
        return framebuffer

    def _drop_framebuffer(self) -> None:
        self.ctx.detect_framebuffer(0).use()  # what is bound must not be released
        self._framebuffer.color_attachments[0].release()
        self._framebuffer.release()


class HeadlessWindow(Window):
    """Off screen: pictures can be recorded; there are no keys."""

    def __init__(self, size_wh: tuple[int, int]) -> None:
        self._robust: RobustContext | None = None
        super().__init__(self._open(), size_wh)

    def poll(self) -> list[Action]:
        return []

    def _open(self) -> moderngl.Context:
        self._robust = robust_context()
        return standalone_context() if self._robust is None else self._robust.ctx

    def _reopen(self, size_wh: tuple[int, int]) -> moderngl.Context:
        self._close()
        return self._open()

    def _show(self) -> None:
        self.gl.flush()

    def _close(self) -> None:
        if self._robust is None:
            self.ctx.release()
        else:
            self._robust.close()


class ScreenWindow(Window):
    """A desktop window, or a whole display."""

    def __init__(
        self, settings: DisplaySettings, size_wh: tuple[int, int], *, fullscreen: bool, display: int | str | None
    ) -> None:
        self._edits: list[CalibrationEvent] = []
        self._other_keys: deque[str] = deque(maxlen=MOST_KEYS)
        self._listens = False
        self._vsync, self._window_wh, self._is_full = settings.vsync, size_wh, fullscreen
        wanted = settings.display if display is None else display
        self._choice = DisplayChoice(wanted, must_be_there=display is not None)
        super().__init__(self._open(), size_wh)
        self._dress()

    def _open(self) -> moderngl.Context:
        self._number = self._choice.open()
        self._has_vsync = open_pygame_window(self._window_wh, self._number or 0, vsync=self._vsync)
        return window_context()

    def _dress(self) -> None:
        """Make the window that was just opened what the show needs."""
        self._fullscreen = Fullscreen(self._number)
        pygame.display.set_allow_screensaver(False)
        pygame.key.set_repeat(*(KEY_REPEAT_MS if self._listens else ()))
        if self._is_full:
            self.toggle_fullscreen()
        pygame.mouse.set_visible(self._listens or not self.is_fullscreen)
        self._resize(pygame.display.get_window_size())

    def renew(self) -> None:
        if pygame.display.get_init():
            self._is_full = self.is_fullscreen
        super().renew()
        self._dress()

    def _reopen(self, size_wh: tuple[int, int]) -> moderngl.Context:
        pygame.display.quit()
        return self._open()

    @property
    def says_it_waits(self) -> bool:
        return self._has_vsync

    @property
    def is_fullscreen(self) -> bool:
        return self._fullscreen.is_on

    def toggle_fullscreen(self) -> None:
        self._fullscreen.toggle()
        pygame.mouse.set_visible(self._listens or not self.is_fullscreen)

    @property
    def display_name(self) -> str:
        return name_display(self._number)

    def poll(self) -> list[Action]:
        self._follow_displays()
        actions = [self._action(event) for event in pygame.event.get() if not self._takes_edit(event)]
        self._resize(pygame.display.get_window_size())
        return [action for action in actions if action is not None]

    def other_keys(self) -> list[str]:
        keys = list(self._other_keys)
        self._other_keys.clear()
        return keys

    def edits(self) -> list[CalibrationEvent]:
        edits, self._edits = self._edits, []
        return edits

    def listen_for_edits(self, is_on: bool) -> None:
        if is_on != self._listens:
            self._listens = is_on
            self._edits.clear()
            pygame.key.set_repeat(*(KEY_REPEAT_MS if is_on else ()))
            pygame.mouse.set_visible(is_on or not self.is_fullscreen)

    def _takes_edit(self, event: pygame.event.Event) -> bool:
        edit = edit_of(event) if self._listens else None
        if edit is not None:
            self._edits.append(edit)
        return edit is not None

    def _action(self, event: pygame.event.Event) -> Action | None:
        if event.type == pygame.QUIT:
            return Action.QUIT
        if event.type != pygame.KEYDOWN:
            return None
        ctrl = bool(event.mod & pygame.KMOD_CTRL)
        name = key_name(event)
        action = action_for(name, ctrl=ctrl, is_fullscreen=self.is_fullscreen)
        if action is None:
            self._other_keys.append(f"ctrl+{name}" if ctrl else name)
        return action

    def _follow_displays(self) -> None:
        """Move to the display that was asked for when it appears, and to one that is there when it vanishes."""
        if self._choice.has_changed():
            self._number = self._choice.number
            self._fullscreen.move(self._number)
            pygame.mouse.set_visible(self._listens or not self.is_fullscreen)
            log.info("the window is on %s", self.display_name)

    def _show(self) -> None:
        box = (0, 0, *self.size_wh)
        self.gl.blit(self._framebuffer.glo, box, 0, box)
        pygame.display.flip()

    def _close(self) -> None:
        pygame.mouse.set_visible(True)
        pygame.display.quit()


def open_window(
    settings: DisplaySettings,
    size_wh: tuple[int, int],
    headless: bool,
    fullscreen: bool | None = None,
    display: int | str | None = None,
) -> Window:
    """Open a window, or an off-screen destination.

    Args:
        settings: the `display` section of config.yaml.
        size_wh: of the window or the off-screen picture, px.
        headless: off screen.
        fullscreen, display: instead of what the settings say. A display that is named here must be there; for one that
            the settings name, which may be a projector that is still cold, the first stands in.

    Raises:
        ConfigError: a size or a display that cannot be.
        DeviceError: no display, or no OpenGL 3.3.
    """
    for side in size_wh:
        if not MIN_SIDE_PX <= side <= MAX_SIDE_PX:
            raise ConfigError(
                f"a picture of {size_wh[0]}x{size_wh[1]} px cannot be shown: "
                f"width and height must be between {MIN_SIDE_PX} and {MAX_SIDE_PX}"
            )
    if headless:
        return HeadlessWindow(size_wh)
    is_full = settings.fullscreen if fullscreen is None else fullscreen
    return ScreenWindow(settings, size_wh, fullscreen=is_full, display=display)
