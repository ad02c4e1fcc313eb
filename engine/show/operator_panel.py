"""The operator's panel: what is drawn over the picture while the operator wants to read it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import moderngl

from engine.control.invitation import Invitation
from engine.core.clock import Tick
from engine.render.frame_inputs import FrameInputs
from engine.render.window.calibration_keymap import EDIT_HELP
from engine.render.window.keymap import key_help
from engine.show.drawing import Drawing

LINES_S = 0.25  # refresh time of the overlay
MODULES = 180  # so many squares of a code for telephones fit into the height of the picture


class OperatorPanel:
    """Draws overlay, help and inspection over the projected picture; none of it is recorded.

    Args:
        drawing: the parts that draw.
        write_lines: produces the lines of the overlay.

    Attributes:
        shows_overlay, shows_help: what is switched on.
        invitation: to the control room; None where it is closed.
    """

    def __init__(self, drawing: Drawing, write_lines: Callable[[], Sequence[str]], *, shows_overlay: bool) -> None:
        self.shows_overlay, self.shows_help = shows_overlay, False
        self._overlay, self._inspection, self._calibration = drawing.overlay, drawing.inspection, drawing.calibration
        self._write_lines = write_lines
        self.invitation: Invitation | None = None
        self._lines: Sequence[str] = ()
        self._lines_due_s = 0.0

    def toggle_overlay(self) -> None:
        self.shows_overlay = not self.shows_overlay

    def toggle_help(self) -> None:
        self.shows_help = not self.shows_help

    def toggle_landmarks(self) -> None:
        self._inspection.shows_landmarks = not self._inspection.shows_landmarks

    def toggle_camera(self) -> None:
        self._inspection.shows_camera = not self._inspection.shows_camera

    def draw(self, target: moderngl.Framebuffer, inputs: FrameInputs, tick: Tick) -> None:
        """Draw everything that is switched on over the picture in `target`."""
        self._inspection.draw(target, inputs)
        self._calibration.draw_over(target, self._overlay)
        if self.shows_help:
            self._overlay.draw(target, EDIT_HELP if self._calibration.is_on else key_help())
        elif self.shows_overlay:
            if tick.time_s >= self._lines_due_s:
                self._lines, self._lines_due_s = [*self._write_lines(), *self._where()], tick.time_s + LINES_S
            self._overlay.draw(target, self._lines)
            self._draw_code(target)

    def _where(self) -> list[str]:
        return [] if self.invitation is None else [f"control\t{self.invitation.address}"]

    def _draw_code(self, target: moderngl.Framebuffer) -> None:
        """Let telephones in that have no token yet, and can see the operator's display."""
        if self.invitation is not None and self.invitation.token is not None:
            self._overlay.draw_code(target, self.invitation.pixels(max(2, target.height // MODULES)))

    def draw_signal(self, target: moderngl.Framebuffer, *, is_bright: bool, help_lines: Sequence[str]) -> None:
        """Draw the flickering square of the loopback measurement."""
        self._overlay.draw_signal(target, is_bright, help_lines)

    def draw_recording_dot(self, target: moderngl.Framebuffer) -> None:
        """Draw the red dot: something is recorded or sent."""
        self._overlay.draw_recording_dot(target, self._calibration.picture_corner)
