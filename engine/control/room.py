"""Control room: everything that OSC and the panel control, as they see it. What does not exist in a show is None."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from engine.control.layers import Layer
from engine.control.register import Register


class Cues(Protocol):
    """Kept values, by name; all of it from any thread, and with `ControlError` for what cannot be done."""

    def names(self) -> tuple[str, ...]:
        """All cues, sorted."""

    def save(self, name: str, by: str) -> str:
        """Keep what is set now; waits for the disk. Returns a sentence."""

    def recall(self, name: str, fade_s: float | None, layer: Layer, by: str) -> str:
        """Bring back what was kept, in so many seconds; None takes the usual time. Returns a sentence."""

    def remove(self, name: str) -> str:
        """Forget a cue; waits for the disk. Returns a sentence."""


class SceneSaver(Protocol):
    """Writes a knob into its scene's file."""

    def save(self, address: str) -> str:
        """Write the present value; returns a sentence. Waits for the disk."""


class Learning(Protocol):
    """Connects MIDI with parameters."""

    def begin(self, address: str) -> object:
        """The next thing that is moved is to move this parameter."""

    def cancel(self) -> object:
        """Learn nothing."""

    def state(self) -> str:
        """What is learnt, or came of it, or whether MIDI is there at all; a sentence."""

    def bindings(self) -> Mapping[str, str]:
        """The address that each control moves, by the name of the control."""

    def forget(self, control: str) -> object:
        """Let a control move nothing; waits for the disk."""


@dataclass(frozen=True)
class ControlRoom:
    """What is controlled.

    Attributes:
        register: the parameters.
        figures: how the show is, as `--status` says it; from any thread.
        scenes: their names, as the keys 1 to 9 have them; from any thread.
        cues, saver, learning: see there.
    """

    register: Register
    figures: Callable[[], Mapping[str, Any]]
    scenes: Callable[[], tuple[str, ...]]
    cues: Cues | None = None
    saver: SceneSaver | None = None
    learning: Learning | None = None
