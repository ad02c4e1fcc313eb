"""Actions and keys of calibration. Knows no window and no warp."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal


class CalibrationAction(Enum):
    """An action of calibration."""

    NEXT_HANDLE = "next handle"
    PREVIOUS_HANDLE = "previous handle"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"
    FINER = "finer"
    COARSER = "coarser"
    NEXT_GRID = "next grid"
    NEXT_PROJECTOR = "next projector"
    RESET = "reset"
    CARD = "card"
    UNDO = "undo"
    REDO = "redo"
    SAVE = "save"
    LEAVE = "leave"

    @property
    def direction(self) -> tuple[int, int] | None:
        """Steps right and down, for the arrow keys."""
        return {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}.get(self.value)


@dataclass(frozen=True, slots=True)
class KeyPress:
    """A key with an action.

    Attributes:
        action: the action.
        is_large: whether Shift makes the step ten times as large.
    """

    action: CalibrationAction
    is_large: bool = False


@dataclass(frozen=True, slots=True)
class Pointer:
    """The left mouse button, or the mouse while it is held.

    Attributes:
        kind: what happened.
        place_px: where, from the window's upper left corner.
    """

    kind: Literal["press", "drag", "release"]
    place_px: tuple[int, int]


CalibrationEvent = KeyPress | Pointer

_PLAIN = {
    "tab": CalibrationAction.NEXT_HANDLE,
    "left": CalibrationAction.LEFT,
    "right": CalibrationAction.RIGHT,
    "up": CalibrationAction.UP,
    "down": CalibrationAction.DOWN,
    "+": CalibrationAction.FINER,
    "=": CalibrationAction.FINER,
    "-": CalibrationAction.COARSER,
    "g": CalibrationAction.NEXT_GRID,
    "p": CalibrationAction.NEXT_PROJECTOR,
    "x": CalibrationAction.RESET,
    "t": CalibrationAction.CARD,
    "c": CalibrationAction.LEAVE,
    "escape": CalibrationAction.LEAVE,
}
_WITH_CTRL = {"z": CalibrationAction.UNDO, "y": CalibrationAction.REDO, "s": CalibrationAction.SAVE}

EDIT_HELP = (
    "Tab, mouse\tnext handle (Shift+Tab the one before), or the one that is clicked",
    "arrows, mouse\tmove it by 1 px, with Shift by 10 px, or drag it",
    "+, -, G\tmore or fewer points of the grid, 2 to 9 a side; G goes round",
    "X\tput it back where it was at first",
    "P\tnext projector",
    "T\ttest card, or the picture",
    "Ctrl+Z, Ctrl+Y\tundo, redo",
    "Ctrl+S\tsave in the venue file",
    "C, Esc\tleave",
)


def edit_for(key: str, *, shift: bool, ctrl: bool) -> KeyPress | None:
    """The action of a key while calibrating; None if it has none.

    Args:
        key: name of the key in lower case, as pygame names it.
        shift, ctrl: whether they are held.
    """
    if ctrl:
        action = CalibrationAction.REDO if key == "z" and shift else _WITH_CTRL.get(key)
        return None if action is None else KeyPress(action)
    action = CalibrationAction.PREVIOUS_HANDLE if key == "tab" and shift else _PLAIN.get(key)
    return None if action is None else KeyPress(action, is_large=shift)
