"""Windows: keys, sizes, what is said where there is no display or no OpenGL; a real window where Xvfb is installed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import moderngl
import pygame
import pytest

from engine.config.display import DisplaySettings
from engine.core.errors import ConfigError, DeviceError
from engine.render.window.calibration_keymap import CalibrationAction
from engine.render.window.keymap import BINDINGS, Action, action_for, key_help
from engine.render.window.window import HeadlessWindow, Window, has_display, key_name, open_window

ROOT = Path(__file__).resolve().parents[3]
SETTINGS = DisplaySettings()
TIMEOUT_S = 60.0


@pytest.fixture
def window(gl: moderngl.Context) -> Iterator[Window]:
    """An off-screen window; `gl` only makes sure that there is OpenGL."""
    with open_window(SETTINGS, (64, 48), headless=True) as window:
        yield window


# ------------------------------------------------------------------ keys


@pytest.mark.parametrize(
    ("key", "ctrl", "action"),
    [
        ("f11", False, Action.FULLSCREEN),
        ("b", False, Action.BLACKOUT),
        ("space", False, Action.FREEZE),
        ("o", False, Action.OVERLAY),
        ("r", True, Action.RECORD),
        ("s", False, Action.SNAPSHOT),
        ("c", False, Action.CALIBRATE),
        ("h", False, Action.HELP),
        ("q", True, Action.QUIT),
        ("1", False, Action.SCENE_1),
        ("9", False, Action.SCENE_9),
        ("r", False, None),
        ("q", False, None),
        ("s", True, None),
        ("0", False, None),
        ("x", False, None),
    ],
)
def test_a_key_asks_for_what_the_readme_says(key: str, ctrl: bool, action: Action | None) -> None:
    assert action_for(key, ctrl=ctrl, is_fullscreen=False) is action


def test_escape_leaves_fullscreen_and_never_quits() -> None:
    assert action_for("escape", ctrl=False, is_fullscreen=True) is Action.LEAVE_FULLSCREEN
    assert action_for("escape", ctrl=False, is_fullscreen=False) is None


def test_every_action_has_one_key_and_a_line_of_help() -> None:
    assert sorted(binding.action.value for binding in BINDINGS) == sorted(action.value for action in Action)
    keys = [line.split("\t")[0] for line in key_help()]
    assert keys == ["F11", "Esc", "B", "Space", "O", "L", "M", "Ctrl+R", "S", "C", "1 to 9", "H", "Ctrl+Q"]


def test_scenes_have_numbers() -> None:
    assert [Action.SCENE_1.scene_number, Action.SCENE_9.scene_number, Action.QUIT.scene_number] == [1, 9, None]


def test_digits_are_found_by_their_place_and_letters_by_their_name() -> None:
    french_three = SimpleNamespace(key=pygame.K_QUOTEDBL, scancode=pygame.KSCAN_3)
    assert key_name(french_three) == "3"
    assert key_name(SimpleNamespace(key=pygame.K_q, scancode=pygame.KSCAN_A)) == "q"
    assert key_name(SimpleNamespace(key=pygame.K_KP5, scancode=pygame.KSCAN_KP5)) == "5"
    assert key_name(SimpleNamespace(key=pygame.K_F11, scancode=pygame.KSCAN_F11)) == "f11"
    assert key_name(SimpleNamespace(key=pygame.K_SPACE, scancode=pygame.KSCAN_SPACE)) == "space"


# ------------------------------------------------------------------ off screen


def test_off_screen_there_is_a_framebuffer_and_nobody_presses_keys(window: Window) -> None:
    assert window.size_wh == (64, 48)
    assert window.poll() == []
    window.framebuffer.clear(0.0, 1.0, 0.0, 1.0)
    for _ in range(3):
        window.present()
    window.finish()
    assert set(window.framebuffer.read(components=3)[1::3]) == {255}
    assert not window.says_it_waits
    window.toggle_fullscreen()
    window.leave_fullscreen()
    assert not window.is_fullscreen and window.size_wh == (64, 48)


def test_what_is_forgotten_is_freed_and_what_was_released_does_no_harm(window: Window) -> None:
    window.ctx.texture((4, 4), 4)
    window.ctx.texture((4, 4), 4).release()
    assert len(window.ctx.objects) == 2
    window.present()
    assert len(window.ctx.objects) == 0


def test_closing_twice_is_harmless(gl: moderngl.Context) -> None:
    window = open_window(SETTINGS, (64, 48), headless=True)
    window.close()
    window.close()


@pytest.mark.parametrize("size", [(0, 0), (1280, 0), (-5, 720), (15, 720), (100_000, 720)])
@pytest.mark.parametrize("headless", [True, False])
def test_a_size_that_cannot_be_is_refused(size: tuple[int, int], headless: bool) -> None:
    with pytest.raises(ConfigError) as raised:
        open_window(SETTINGS, size, headless=headless)
    expected = f"a picture of {size[0]}x{size[1]} px cannot be shown: width and height must be between 16 and 16384"
    assert str(raised.value) == expected


def test_a_size_beyond_the_graphics_card_is_refused(gl: moderngl.Context, monkeypatch: pytest.MonkeyPatch) -> None:
    class SmallCard:
        info = {"GL_MAX_TEXTURE_SIZE": 4096}  # noqa: RUF012
        released = False

        def release(self) -> None:
            self.released = True

    card = SmallCard()
    monkeypatch.setattr("engine.render.window.window.robust_context", lambda: None)
    monkeypatch.setattr("engine.render.window.window.standalone_context", lambda: card)
    with pytest.raises(ConfigError, match="8000x720 px is too large: this graphics card ends at 4096"):
        HeadlessWindow((8000, 720))
    assert card.released


def test_without_opengl_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_library(**_: object) -> None:
        raise Exception("libEGL.so.1 not loaded")

    monkeypatch.setattr("engine.render.window.window.robust_context", lambda: None)
    monkeypatch.setattr(moderngl, "create_context", no_library)
    with pytest.raises(DeviceError) as raised:
        open_window(SETTINGS, (64, 48), headless=True)
    message = str(raised.value)
    assert message.startswith(
        "there is no OpenGL 3.3 to draw off screen with (libEGL.so.1 not loaded): on Debian install"
    )
    assert all(package in message for package in ("libgl1", "libegl1", "libgl1-mesa-dri"))


# ------------------------------------------------------------------ without a display


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows always has a display")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)


def test_no_display_is_noticed(no_display: None) -> None:
    assert not has_display()


def test_a_display_that_does_not_answer_is_none(no_display: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":32767")
    assert not has_display()


def test_a_window_without_a_display_is_refused(no_display: None) -> None:
    with pytest.raises(DeviceError, match=r"no window can be opened.*start it on a desktop, or with --headless"):
        open_window(SETTINGS, (64, 48), headless=False)


# ------------------------------------------------------------------ with one

CHILD = """
import ctypes
import json
import pygame
from engine.core.errors import ConfigError
from engine.config.display import DisplaySettings
from engine.render.window.window import has_display, open_window

said = {"has_display": has_display()}
try:
    open_window(DisplaySettings(), (320, 240), headless=False, display=7)
except ConfigError as error:
    said["no such display"] = str(error)
with open_window(DisplaySettings(), (320, 240), headless=False) as window:
    keeper = window.ctx.texture((1, 1), 4, bytes((1, 2, 3, 4)))

    def show():
        window.framebuffer.clear(0.0, 0.0, 0.0, 1.0)
        window.framebuffer.clear(1.0, 0.0, 0.0, 1.0, viewport=(0, window.size_wh[1] // 2, *window.size_wh))
        window.present()
        window.present()
        actions = [action.value for action in window.poll()]
        return {
            "size": window.size_wh, "true size": true_size(), "fullscreen": window.is_fullscreen,
            "cursor": pygame.mouse.get_visible(), "keeper": list(keeper.read()), "actions": actions,
        }

    def true_size():
        # as the X server knows it; SDL may believe something else
        x11 = ctypes.CDLL("libX11.so.6")
        x11.XOpenDisplay.restype = ctypes.c_void_p
        display = ctypes.c_void_p(x11.XOpenDisplay(None))
        root, (x, y, width, height, border, depth) = ctypes.c_ulong(), (ctypes.c_int() for _ in range(6))
        window_id = ctypes.c_ulong(pygame.display.get_wm_info()["window"])
        results = (ctypes.byref(value) for value in (root, x, y, width, height, border, depth))
        assert x11.XGetGeometry(display, window_id, *results)
        return width.value, height.value

    def press(key, mod=0):
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key, mod=mod, scancode=0, unicode=""))

    show()
    said["window"] = show()
    for key, mod in ((pygame.K_F11, 0), (pygame.K_r, pygame.KMOD_LCTRL), (pygame.K_ESCAPE, 0), (pygame.K_a, 0)):
        press(key, mod)
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    said["keys"] = show()["actions"]
    press(pygame.K_F5, pygame.KMOD_RCTRL)
    show()
    said["others"], said["others again"] = window.other_keys(), window.other_keys()
    window.toggle_fullscreen()
    show()
    said["fullscreen"] = show()
    press(pygame.K_ESCAPE)
    said["escape"] = show()["actions"]
    window.leave_fullscreen()
    window.leave_fullscreen()
    show()
    said["window again"] = show()
    window.framebuffer.clear(0.0, 0.0, 0.0, 1.0)
    window.framebuffer.clear(1.0, 0.0, 0.0, 1.0, viewport=(0, 120, 320, 120))
    box = (0, 0, 320, 240)
    window.gl.blit(window.framebuffer.glo, box, 0, box)
    screen = window.ctx.screen.read(components=3)
    said["bottom"], said["top"] = list(screen[:3]), list(screen[-3:])
    press(pygame.K_c)
    said["calibrate"] = show()["actions"]
    window.toggle_fullscreen()
    window.listen_for_edits(True)
    press(pygame.K_LEFT, pygame.KMOD_LSHIFT)
    press(pygame.K_b)
    for kind, values in (("DOWN", {"button": 1}), ("UP", {"button": 1})):
        pygame.event.post(pygame.event.Event(getattr(pygame, "MOUSEBUTTON" + kind), pos=(3, 4), **values))
    said["edited"] = show()["actions"], [str(edit) for edit in window.edits()], pygame.mouse.get_visible()
    window.listen_for_edits(False)
    press(pygame.K_LEFT)
    said["not edited"] = show()["actions"], window.edits(), pygame.mouse.get_visible(), pygame.key.get_repeat()
    said["name"] = window.display_name
    keeper.release()
with open_window(DisplaySettings(display="EPSON"), (320, 240), headless=False, fullscreen=True) as window:
    window.poll()
    said["cold projector"] = window.display_name, window.size_wh
with open_window(DisplaySettings(display="all"), (320, 240), headless=False, fullscreen=True) as window:
    window.present()
    window.poll()
    said["all"] = window.display_name, window.size_wh, window.is_fullscreen
    window.leave_fullscreen()
    window.present()
    window.poll()
    said["all"] += (window.size_wh,)
print(json.dumps(said))
"""


@pytest.mark.skipif(shutil.which("xvfb-run") is None, reason="xvfb-run is not installed (Debian package xvfb)")
def test_a_real_window_keeps_its_context_through_fullscreen(gl: moderngl.Context) -> None:
    xvfb = ["xvfb-run", "--auto-servernum", "--server-args=-screen 0 800x600x24 -noreset"]
    done = subprocess.run(
        [*xvfb, sys.executable, "-W", "error", "-c", CHILD], cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    keeper = [1, 2, 3, 4]
    in_window: dict[str, object] = {
        "size": [320, 240],
        "true size": [320, 240],
        "fullscreen": False,
        "cursor": True,
        "keeper": keeper,
        "actions": [],
    }
    assert said["has_display"] is True
    assert said["no such display"] == "there is no display 7: this machine has 0 (screen, 800x600)"
    assert said["window"] == in_window
    assert said["keys"] == ["fullscreen", "record", "quit"], "Esc means nothing in a window"
    assert said["others"] == ["escape", "a", "ctrl+f5"] and said["others again"] == []
    assert said["fullscreen"] == {
        **in_window,
        "size": [800, 600],
        "true size": [800, 600],
        "fullscreen": True,
        "cursor": False,
    }
    assert said["escape"] == ["leave fullscreen"]
    assert said["window again"] == in_window
    assert said["calibrate"] == ["calibrate"]
    pointers = [f"Pointer(kind='{kind}', place_px=(3, 4))" for kind in ("press", "release")]
    held = [f"KeyPress(wish={CalibrationAction.LEFT!r}, is_large=True)", *pointers]
    assert said["edited"] == [["blackout"], held, True], "other keys mean what they always mean"
    assert said["not edited"] == [[], [], False, [0, 0]]
    assert said["name"] == "display 0, screen"
    assert said["cold projector"] == ["display 0, screen", [800, 600]]
    assert said["all"] == ["all displays", [800, 600], True, [320, 240]]
    assert (said["top"], said["bottom"]) == ([255, 0, 0], [0, 0, 0]), "the window is upright"
