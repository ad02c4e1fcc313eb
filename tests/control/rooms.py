"""A control room without a show: a register with a few parameters, and what else the server asks for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.config.control import ControlSettings
from engine.control.layers import Layer
from engine.control.parameter import Access, ControlError, Kind, Parameter, Value
from engine.control.register import Register
from engine.control.room import ControlRoom
from engine.control.server import ControlServer, Surroundings
from engine.core.clock import Clock
from engine.core.slot import Slot
from engine.types import ByteArray

EXPOSURE, BLACKOUT = "/narcissus/scene/room/exposure", "/narcissus/show/blackout"
KNOBS = [
    Parameter(EXPOSURE, Kind.FLOAT, "Factor on the room's light.", default=0.25, low=0.0, high=4.0),
    Parameter("/narcissus/scene/room/tint", Kind.COLOUR, "Its colour.", default=(0.5, 0.25, 1.0)),
    Parameter("/narcissus/scene/film/rows", Kind.INT, "Rows.", default=3, low=1, high=9),
]
SHOW = [
    Parameter(BLACKOUT, Kind.BOOL, "Black.", default=False, is_command=True),
    Parameter("/narcissus/show/freeze", Kind.BOOL, "Still.", default=False, is_command=True),
    Parameter("/narcissus/show/record", Kind.BOOL, "Film.", default=False, is_command=True),
    Parameter("/narcissus/show/next", Kind.TRIGGER, "The next scene.", Access.WRITE, is_command=True),
    Parameter("/narcissus/show/snapshot", Kind.TRIGGER, "A picture.", Access.WRITE, is_command=True),
    Parameter(
        "/narcissus/show/scene", Kind.CHOICE, "What is shown.", default="pool", choices=("ink", "pool"), is_command=True
    ),
    Parameter("/narcissus/state/presence", Kind.FLOAT, "Somebody is there.", Access.READ, low=0.0, high=1.0),
    Parameter("/narcissus/state/visits", Kind.INT, "Visits.", Access.READ),
    Parameter("/narcissus/state/visit", Kind.TEXT, "Part of the visit.", Access.READ),
]


@dataclass
class PretendedCues:
    """Cues by name."""

    kept: dict[str, str] = field(default_factory=dict)
    recalled: list[tuple[str, float | None]] = field(default_factory=list)

    def names(self) -> tuple[str, ...]:
        return tuple(self.kept)

    def save(self, name: str, by: str) -> str:
        if not name.isidentifier():
            raise ControlError(f"a cue cannot be called {name}")
        self.kept[name] = by
        return f"{name} is kept"

    def recall(self, name: str, fade_s: float | None = None, layer: Layer = Layer.PANEL, by: str = "") -> str:
        self.recalled.append((name, fade_s))
        return f"{name} comes in"

    def remove(self, name: str) -> str:
        del self.kept[name]
        return f"{name} is gone"


class PretendedLearning:
    """Has learnt one thing."""

    def __init__(self) -> None:
        self.said, self.bound = "idle", {"CC 7": EXPOSURE}

    def begin(self, address: str) -> None:
        self.said = f"waiting for {address}"

    def cancel(self) -> None:
        self.said = "idle"

    def state(self) -> str:
        return self.said

    def bindings(self) -> dict[str, str]:
        return dict(self.bound)

    def forget(self, control: str) -> None:
        del self.bound[control]


class PretendedSaver:
    """Saves nothing."""

    def save(self, address: str) -> str:
        return f"{address} is in the scene"


class Stage:
    """A register, and a server for it."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.register = Register(self.clock)
        self.register.declare("knobs", KNOBS)
        self.register.declare("show", SHOW)
        self.state: dict[str, Value] = {"/narcissus/state/presence": 0.5, "/narcissus/state/visits": 3}
        self.register.tell(self.state)
        self.cues, self.said = PretendedCues(), list[str]()
        self.figures: dict[str, Any] = {"frames": 1, "frames_per_s": 30.0, "age_ms": {"p50": 80.0, "p95": 99.0}}
        self.pictures: Slot[ByteArray] = Slot("preview")
        self.room = ControlRoom(
            self.register,
            lambda: self.figures,
            lambda: ("ink", "pool"),
            self.cues,
            PretendedSaver(),
            PretendedLearning(),
        )

    def carry_out(self) -> None:
        """Do what the show would before its next picture."""
        for command in self.register.take_commands():
            self.state = {**self.state, command.address: command.value}
        self.register.tell(self.state)

    @contextlib.contextmanager
    def serve(self, folder: Path, **settings: Any) -> Iterator[ControlServer]:
        """A server on a free port."""
        around = Surroundings(
            self.pictures, folder, lambda: {"pool": "The pool"}, "First.\n\nSecond.", self.said.append
        )
        asked = ControlSettings(announce=False, token_file=str(folder / "control.token"), **settings)
        with ControlServer(asked, 0, self.room, around, self.clock) as server:
            yield server
