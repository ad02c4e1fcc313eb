"""Actions of the operator, and the table of keys that the program and its help share.

Knows no window: `window.py` turns events into key names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

SCENE_KEYS = 9


class Action(Enum):
    """An action of the operator."""

    FULLSCREEN = "fullscreen"
    LEAVE_FULLSCREEN = "leave fullscreen"
    BLACKOUT = "blackout"
    FREEZE = "freeze"
    OVERLAY = "overlay"
    LANDMARKS = "landmarks"
    CAMERA = "camera"
    RECORD = "record"
    SNAPSHOT = "snapshot"
    CALIBRATE = "calibrate"
    HELP = "help"
    QUIT = "quit"
    SCENE_1 = "scene 1"
    SCENE_2 = "scene 2"
    SCENE_3 = "scene 3"
    SCENE_4 = "scene 4"
    SCENE_5 = "scene 5"
    SCENE_6 = "scene 6"
    SCENE_7 = "scene 7"
    SCENE_8 = "scene 8"
    SCENE_9 = "scene 9"

    @property
    def scene_number(self) -> int | None:
        """1 to 9 for a scene, else None."""
        kind, _, number = self.value.partition(" ")
        return int(number) if kind == "scene" else None


@dataclass(frozen=True, slots=True)
class Binding:
    """A key and its action.

    Attributes:
        key: pygame's name of the key, lower case.
        action: its action.
        help: its line in the list of keys.
        ctrl: whether Ctrl must be held; if False, it must not be.
        fullscreen_only: whether the key works in fullscreen only.
    """

    key: str
    action: Action
    help: str
    ctrl: bool = False
    fullscreen_only: bool = False

    @property
    def label(self) -> str:
        """The key for people."""
        name = {"escape": "Esc", "space": "Space"}.get(self.key, self.key.upper())
        return f"Ctrl+{name}" if self.ctrl else name


BINDINGS: Sequence[Binding] = (
    Binding("f11", Action.FULLSCREEN, "fullscreen, and back"),
    Binding("escape", Action.LEAVE_FULLSCREEN, "leave fullscreen", fullscreen_only=True),
    Binding("b", Action.BLACKOUT, "black, and back"),
    Binding("space", Action.FREEZE, "hold the picture, and go on"),
    Binding("o", Action.OVERLAY, "rates, ages and drops"),
    Binding("l", Action.LANDMARKS, "the viewer's landmarks"),
    Binding("m", Action.CAMERA, "the camera's picture"),
    Binding("r", Action.RECORD, "begin or end a film", ctrl=True),
    Binding("s", Action.SNAPSHOT, "keep this picture as a PNG"),
    Binding("c", Action.CALIBRATE, "calibrate the projector, and leave"),
    *(Binding(str(n), Action(f"scene {n}"), f"scene {n}") for n in range(1, SCENE_KEYS + 1)),
    Binding("h", Action.HELP, "this list"),
    Binding("q", Action.QUIT, "quit", ctrl=True),
)


def action_for(key: str, *, ctrl: bool, is_fullscreen: bool) -> Action | None:
    """The action of a key; None if it has none.

    Args:
        key: name of the key in lower case, as pygame names it.
        ctrl: whether Ctrl is held.
        is_fullscreen: whether the window fills the display.
    """
    for binding in BINDINGS:
        if binding.key == key and binding.ctrl == ctrl and (is_fullscreen or not binding.fullscreen_only):
            return binding.action
    return None


def key_help() -> list[str]:
    """The list of keys, a line each, tab between key and meaning; the scenes share a line."""
    lines = []
    for binding in BINDINGS:
        number = binding.action.scene_number
        if number is None:
            lines.append(f"{binding.label}\t{binding.help}")
        elif number == 1:
            lines.append(f"1 to {SCENE_KEYS}\tscenes")
    return lines
