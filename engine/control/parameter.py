"""One parameter of the show: its address, its kind, its range, and what it makes of a value from outside.

Knows neither the value that it has now nor who may set it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.core.easing import clamp
from engine.core.errors import NarcissusError
from engine.core.messages import did_you_mean, join_words, shown_value

ROOT = "/narcissus"
LONGEST_TEXT = 200

Rgb = tuple[float, float, float]
Value = float | int | bool | str | Rgb | None
"""A value of a parameter; None of a trigger, and of what is not known."""

_HEX = re.compile(r"#[0-9a-fA-F]{6}")


class ControlError(NarcissusError):
    """Something asked of the register that it does not do, in one sentence."""


class RefusedError(ControlError):
    """A value of the wrong kind, or for a parameter that cannot be set."""


class Kind(StrEnum):
    """What kind of values a parameter has."""

    FLOAT = "float"
    INT = "int"
    BOOL = "bool"
    CHOICE = "choice"
    COLOUR = "colour"
    TEXT = "text"
    TRIGGER = "trigger"


class Access(StrEnum):
    """What may be done with a parameter from outside."""

    READ = "read"
    WRITE = "write"
    READ_WRITE = "read-write"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A value that a parameter can have.

    Attributes:
        value: of the parameter's kind, within its range.
        was_clamped: whether it had to be brought into the range.
    """

    value: Value
    was_clamped: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """What there is to know about a parameter beside its value.

    Attributes:
        address: begins with `/narcissus/`.
        kind, description: what it is, the latter for people.
        access: what may be done with it.
        default: its value while nobody says anything.
        low, high: ends of the range, both included, in `unit`; None where there is none.
        choices: of a choice.
        unit: `s`, `Hz`, `px` and the like; empty where there is none.
        is_command: whether setting it is carried out once by the show, so that the newest wins; all others have layers.
        is_rebuilt: whether a change has its pass built anew, in short steps, rather than being free.
    """

    address: str
    kind: Kind
    description: str
    access: Access = Access.READ_WRITE
    default: Value = None
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""
    is_command: bool = False
    is_rebuilt: bool = False

    @property
    def group(self) -> str:
        """The part of its address that people sort by: the pass of a knob, `show`, `state` and the like."""
        parts = self.address.split("/")
        return parts[3] if parts[2] == "scene" else parts[2]

    @property
    def is_writable(self) -> bool:
        """Whether it can be set from outside."""
        return self.access is not Access.READ

    def accept(self, raw: object) -> Accepted:
        """The value that `raw` stands for.

        Args:
            raw: a number, boolean or text; three or four numbers (the fourth is ignored) or `#rrggbb` for a colour;
                None, or anything but 0, for a trigger, which 0 leaves alone.

        Raises:
            RefusedError: it is of the wrong kind, or not a finite number.
        """
        match self.kind:
            case Kind.FLOAT:
                return self._bounded(self._number(raw))
            case Kind.INT:
                accepted = self._bounded(self._number(raw))
                assert isinstance(accepted.value, int | float)
                return Accepted(round(accepted.value), accepted.was_clamped)
            case Kind.BOOL:
                return Accepted(self._truth(raw))
            case Kind.TRIGGER:
                return Accepted(raw is None or raw is True or (raw is not False and self._number(raw) != 0))
            case Kind.COLOUR:
                return self._colour(raw)
            case Kind.CHOICE | Kind.TEXT:
                return Accepted(self._text(raw))

    def at_share(self, share: float) -> Value:
        """The value so far along the range, 0 to 1; of a choice, the one that stands there."""
        share = clamp(share)
        match self.kind:
            case Kind.FLOAT | Kind.INT:
                low, high = self._ends
                value = low + (high - low) * share
                return round(value) if self.kind is Kind.INT else value
            case Kind.CHOICE:
                return self.choices[min(int(share * len(self.choices)), len(self.choices) - 1)]
            case Kind.COLOUR:
                return share, share, share
            case _:
                return share >= 0.5

    def share_of(self, value: Value) -> float:
        """How far along the range a value is, 0 to 1; the inverse of `at_share`."""
        match self.kind:
            case Kind.FLOAT | Kind.INT if isinstance(value, int | float):
                low, high = self._ends
                return clamp((value - low) / (high - low)) if high > low else 0.0
            case Kind.CHOICE if value in self.choices:
                return (self.choices.index(value) + 0.5) / len(self.choices)
            case Kind.COLOUR if isinstance(value, tuple):
                return sum(value) / 3
            case _:
                return float(value is True)

    def as_json(self, value: Value = None, **more: Any) -> dict[str, Any]:
        """All of it, with its present value, as JSON has it."""
        described: dict[str, Any] = {
            "address": self.address,
            "kind": str(self.kind),
            "description": self.description,
            "access": str(self.access),
            "value": value,
            "default": self.default,
        }
        if self.choices:
            described["choices"] = list(self.choices)
        if self.low is not None or self.high is not None:
            described["range"] = [self.low, self.high]
        if self.unit:
            described["unit"] = self.unit
        if self.is_rebuilt:
            described["rebuilt"] = True
        return described | more

    # -------------------------------------------------- kinds

    @property
    def _ends(self) -> tuple[float, float]:
        return (0.0 if self.low is None else self.low), (1.0 if self.high is None else self.high)

    def _number(self, raw: object) -> float:
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            raise RefusedError(f"{self.address}: must be a number, not {shown_value(raw)}")
        try:
            value = float(raw)
        except OverflowError:
            value = math.inf
        if not math.isfinite(value):
            raise RefusedError(f"{self.address}: must be a number, and {raw!s:.20} is none")
        return value

    def _bounded(self, value: float) -> Accepted:
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        held = clamp(value, low, high)
        return Accepted(held, held != value)

    def _truth(self, raw: object) -> bool:
        if not _is_truth(raw):
            raise RefusedError(f"{self.address}: must be true or false, 1 or 0, not {shown_value(raw)}")
        return bool(raw)

    def _text(self, raw: object) -> str:
        if not isinstance(raw, str):
            raise RefusedError(f"{self.address}: must be text, not {shown_value(raw)}")
        if self.kind is Kind.CHOICE:
            if raw not in self.choices:
                near = did_you_mean(raw[:LONGEST_TEXT], self.choices)
                raise RefusedError(f"{self.address}: there is no {shown_value(raw)}; {near}")
            return raw
        if len(raw) > LONGEST_TEXT or not raw.isprintable():
            raise RefusedError(f"{self.address}: must be text of one line, at most {LONGEST_TEXT} characters")
        return raw

    def _colour(self, raw: object) -> Accepted:
        if isinstance(raw, str) and _HEX.fullmatch(raw):
            of_255 = [int(raw[at : at + 2], 16) for at in (1, 3, 5)]
            return Accepted((of_255[0] / 255, of_255[1] / 255, of_255[2] / 255))
        if not isinstance(raw, list | tuple) or len(raw) not in (3, 4):
            raise RefusedError(
                f'{self.address}: must be a colour, "#c8a050" or red, green and blue from 0 to 1, not '
                f"{shown_value(raw)}"
            )
        light = [self._number(share) for share in raw[:3]]
        red, green, blue = (clamp(share) for share in light)
        return Accepted((red, green, blue), (red, green, blue) != tuple(light))


def _is_truth(raw: object) -> bool:
    return isinstance(raw, bool) or (isinstance(raw, int | float) and raw in (0, 1))


def range_text(parameter: Parameter) -> str:
    """The values that a parameter can have, in a few words, for people."""
    if parameter.choices:
        return join_words(parameter.choices, "or")
    if parameter.low is None and parameter.high is None:
        return ""
    low, high = ("" if end is None else f"{end:g}" for end in (parameter.low, parameter.high))
    return f"{low} to {high}{' ' if parameter.unit else ''}{parameter.unit}"
