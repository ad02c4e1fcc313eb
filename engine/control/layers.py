"""Layers of a parameter: everything that has an opinion about its value, and which of them counts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from engine.control.parameter import Value


class Layer(IntEnum):
    """What may set a parameter; the higher one counts. From `SCHEDULE` on they can be set and released."""

    DEFAULT = 0
    SCENE = 1
    STATE = 2
    BINDING = 3
    SCHEDULE = 4
    MIDI = 5
    OSC = 6
    PANEL = 7

    @property
    def label(self) -> str:
        """Its name for people."""
        return "MIDI" if self is Layer.MIDI else "OSC" if self is Layer.OSC else self.name.lower()


@dataclass(frozen=True, slots=True)
class Holding:
    """What one layer says of a parameter.

    Attributes:
        layer: which.
        value: what it says.
        by: who said it: a file and line, an address in the network, a cue.
        since_s: when it was said, on the show's clock; None where it was always so.
        local_s: the same as local time, see `calendar_date`.
    """

    layer: Layer
    value: Value
    by: str = ""
    since_s: float | None = None
    local_s: float | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """Why a parameter has the value that it has.

    Attributes:
        address: of the parameter.
        value: what it has now.
        holdings: what each layer says that says anything, the one that counts first.
        now_s: when this was asked, on the show's clock.
    """

    address: str
    value: Value
    holdings: tuple[Holding, ...]
    now_s: float
