"""One pass of a scene: its settings, and the knobs of it that follow signals or the states of a visit.

What passes there are is told by a registry; this module knows no pass by name, and no file.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import Field

from engine.config.validation import Settings
from engine.config.yaml_locator import Locator
from engine.scene.expression import Expression, Memory
from engine.scene.values import Rgb, screen_colour


class PassSettings(Settings):
    """Base of the settings of every pass: one field per knob, each with a range, a default and a docstring."""

    opacity: float = Field(default=1.0, ge=0.0, le=1.0)
    """How much of the pass is seen, 0 to 1; at 0 it changes nothing."""


@dataclass(frozen=True)
class PassSpec:
    """One pass of a scene.

    Attributes:
        kind: its name in the registry, e.g. `reflection`.
        settings: its knobs as the file sets them.
        bind: knobs that follow signals, or the states of a visit, instead.
        limits: range of each bound knob.
        colours: knobs that are colours and follow the states of a visit: their red, green and blue, linear light.
        locate: where its knobs stand; None if it was made otherwise.
        name: what it is called in its scene, where no other has the name; its kind if nobody named it.
        by_state: those of `bind` and `colours` that follow the states of a visit.
    """

    kind: str
    settings: PassSettings
    bind: Mapping[str, Expression] = field(default_factory=dict)
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    colours: Mapping[str, tuple[Expression, Expression, Expression]] = field(default_factory=dict)
    locate: Locator | None = field(default=None, compare=False)
    name: str = ""
    by_state: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", self.kind)

    @property
    def moving(self) -> tuple[str, ...]:
        """All knobs that do not stay as the file sets them."""
        return (*self.bind, *self.colours)

    def problem(self, message: str) -> str:
        """What is wrong with what it draws with, after file, line and key of the scene that says so.

        Args:
            message: one sentence or more, one per line; one may begin with the knob, as `isf.inputs.speed: `.
        """
        return "\n".join(self._located(line) for line in message.splitlines())

    def _located(self, line: str) -> str:
        if self.locate is None:
            return line
        key, _, what = line.partition(": ")
        if key.startswith(f"{self.kind}."):
            return self.locate.problem(tuple(key.split(".")[1:]), what)
        return self.locate.problem(("file",) if self.locate.has(("file",)) else (), line)

    def bound_values(
        self, signals: Mapping[str, float], dt_s: float = 0.0, memories: Mapping[str, Memory] | None = None
    ) -> dict[str, float | Rgb]:
        """The moving knobs at this moment, held within their ranges.

        Args:
            signals: values by name.
            dt_s: time since the last call with these memories.
            memories: what the smoothing of each knob remembers; None does not smooth.
        """
        values: dict[str, float | Rgb] = {}
        for knob, expression in self.bind.items():
            low, high = self.limits.get(knob, (-math.inf, math.inf))
            value = expression(signals, dt_s, memories[knob] if memories is not None else None)
            values[knob] = min(max(value, low), high)
        for knob, light in self.colours.items():
            red, green, blue = (min(max(share(signals), 0.0), 1.0) for share in light)
            values[knob] = screen_colour((red, green, blue))
        return values
