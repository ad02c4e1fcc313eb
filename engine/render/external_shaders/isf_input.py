"""Input of an ISF file, by type. Knows neither headers nor OpenGL."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from engine.config.validation import IN_WORDS
from engine.core.errors import ConfigError

_NAME = {IN_WORDS: "a name of letters, digits and _ that GLSL allows"}
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$", json_schema_extra=_NAME)]
Value = float | bool | int | tuple[float, ...]
"""Value passed to the shader."""

GLSL_TYPES: Mapping[str, str] = {
    "event": "bool",
    "bool": "bool",
    "long": "int",
    "float": "float",
    "point2D": "vec2",
    "color": "vec4",
    "image": "sampler2D",
    "audio": "sampler2D",
    "audioFFT": "sampler2D",
}
NUMBERS = ("event", "bool", "long", "float")
"""Scalar types, which can follow signals and be used in buffer sizes."""
SOUNDS = ("audio", "audioFFT")
MAX_SAMPLES = 4096


@dataclass(frozen=True)
class Input:
    """Input that a scene may set.

    Attributes:
        name: of the uniform.
        kind: TYPE in the header.
        default: value unless set; pictures and sounds have none.
        low, high: limits of a float, or of each coordinate of a point; infinite if the header sets none.
        values: allowed values of a long, with their labels; empty allows any.
        line: line that declares it.
        label: display name.
        samples: number of samples or bins of a sound; 0 means all.
    """

    name: str
    kind: str
    default: Value = 0.0
    low: float = -math.inf
    high: float = math.inf
    values: Mapping[int, str] | None = None
    line: int = 1
    label: str = ""
    samples: int = 0

    def read(self, value: Any) -> Value:
        """Convert a value from a scene for the shader; not for pictures and sounds.

        Raises:
            ConfigError: says what the value must be, without its location.
        """
        match self.kind:
            case "event" | "bool":
                return bool(self._number(value))
            case "long":
                return self._choice(value)
            case "float":
                number = self._number(value)
                if not self.low <= number <= self.high:
                    raise ConfigError(f"must be {self.limits}, not {number:g}")
                return number
            case "point2D":
                return self._numbers(value, 2)
            case _:
                return (*self._numbers(value, 3), 1.0) if _length(value) == 3 else self._numbers(value, 4)

    def held(self, number: float) -> Value:
        """Clamp a signal's value: to the limits, or to the nearest choice."""
        if self.kind in ("event", "bool"):
            return number != 0.0
        if self.kind == "long":
            return min(self.values, key=lambda value: abs(value - number)) if self.values else round(number)
        return min(max(number, self.low), self.high)

    @property
    def limits(self) -> str:
        """Limits of a float in words; empty if there are none."""
        if math.isfinite(self.low) and math.isfinite(self.high):
            return f"between {self.low:g} and {self.high:g}"
        if math.isfinite(self.low):
            return f"at least {self.low:g}"
        return f"at most {self.high:g}" if math.isfinite(self.high) else ""

    def _choice(self, value: Any) -> int:
        for choice, label in (self.values or {}).items():
            if value in (choice, label) and not isinstance(value, bool):
                return choice
        if self.values:
            raise ConfigError(f"must be one of {', '.join(map(str, self.values))}, not {value!r}")
        return int(self._number(value))

    @staticmethod
    def _number(value: Any) -> float:
        if not isinstance(value, int | float) or not _is_finite(value):
            raise ConfigError(f"must be a number, not {value!r}")
        return float(value)

    def _numbers(self, value: Any, count: int) -> tuple[float, ...]:
        if _length(value) != count:
            raise ConfigError(f"must be a list of {count} numbers, not {value!r}")
        return tuple(self._number(item) for item in value)


def _is_finite(value: int | float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # integer with hundreds of digits
        return False


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list | tuple) else -1
