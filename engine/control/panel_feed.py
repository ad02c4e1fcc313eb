"""Panel feed: what all open panels are told, so that they stay in step. Knows no socket, only who listens.

Messages are JSON objects; `kind` says what they are. `web_panel/panel.js` is the other end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.control.evening import Evening
from engine.control.follower import Changes
from engine.control.health import Health
from engine.control.layers import Layer, Why
from engine.control.log_tail import LogTail
from engine.control.parameter import Kind, Parameter, Value
from engine.control.room import ControlRoom
from engine.core.clock import calendar_date

SIGNALS, HEALTH = "/narcissus/state/", ("frames_per_s", "reflections_per_s", "age_ms", "draw_ms")
NO_MIDI = "MIDI is not connected."
ELSEWHERE = (SIGNALS, "/narcissus/cue/")  # shown by lists of their own
COUNTED = frozenset(
    {
        "frames",
        "reflections",
        "overridden",
        "closed",
        "coming",
        "uptime_s",
        "visits",
        "error",
        "source",
        "clamped",
        "refused",
        "accepted",
        "unknown",
    }
)


class PanelFeed:
    """Writes messages.

    Args:
        room: the parameters and everything else that is controlled.
        health: how the show is.
        evening, log_tail: what is kept of it.
        wall_text: what visitors are told.
    """

    def __init__(self, room: ControlRoom, health: Health, evening: Evening, log_tail: LogTail, wall_text: str) -> None:
        self._room, self._health, self._evening = room, health, evening
        self._log, self._wall_text = log_tail, wall_text
        self._line_number = 0

    def hello(self, titles: Mapping[str, str]) -> list[dict[str, Any]]:
        """Everything, for a panel that has just opened.

        Args:
            titles: of the scenes, by name.
        """
        names = self._room.scenes()
        scenes = [
            {"name": name, "title": titles.get(name, name.replace("_", " ")), "key": str(at) if at < 10 else ""}
            for at, name in enumerate(names, start=1)
        ]
        greeting = {
            **self.structure(),
            "kind": "hello",
            "scenes": scenes,
            "wall_text": self._wall_text,
            "parameters": self.parameters(),
        }
        log = self.log(all_of_it=True)
        return [greeting, self.line(), self.evening(), *([log] if log else [])]

    def parameters(self) -> list[dict[str, Any]]:
        """All parameters with their values."""
        register = self._room.register
        held = register.overridden
        shown = [each for address, each in register.parameters().items() if not address.startswith(ELSEWHERE)]
        shown.sort(key=lambda each: not each.address.startswith("/narcissus/scene/"))  # the scene's come first
        return [_described(each, register.value(each.address), held.get(each.address)) for each in shown]

    def structure(self) -> dict[str, Any]:
        """Cues and MIDI."""
        cues, learning = self._room.cues, self._room.learning
        bound = learning.bindings() if learning is not None else {}
        return {
            "kind": "structure",
            "cues": list(cues.names()) if cues is not None else [],
            "midi": {
                "note": learning.state() if learning is not None else NO_MIDI,
                "bindings": [{"control": control, "address": address} for control, address in bound.items()],
            },
        }

    def values(self, changes: Changes) -> dict[str, Any] | None:
        """Values that have changed; None where none has."""
        held = self._room.register.overridden
        found = {
            address: [value, _layer(held.get(address))]
            for address, value in changes.values.items()
            if not address.startswith(SIGNALS)
        }
        return {"kind": "values", "values": found} if found else None

    def state(self, values: Mapping[str, Value]) -> dict[str, Any]:
        """The visitor and the health of the show.

        Args:
            values: of all parameters.
        """
        state = {name[len(SIGNALS) :]: value for name, value in values.items() if name.startswith(SIGNALS)}
        told = set(HEALTH) | COUNTED | {"visit"}
        health = {name: state[name] for name in (*HEALTH, *sorted(COUNTED)) if state.get(name) not in (None, "")}
        return {
            "kind": "state",
            "scene": values.get("/narcissus/show/scene") or "",
            "visit": state.get("visit") or "",
            "signals": {name: value for name, value in state.items() if name not in told},
            "health": health,
        }

    def line(self) -> dict[str, Any]:
        """One line on how the show is."""
        return {"kind": "line", "is": "ill" if self._health.problem else "well", "text": self._health.line}

    def evening(self) -> dict[str, Any]:
        """The plots' numbers."""
        return {"kind": "evening", "evening": self._evening.as_json()}

    def log(self, *, all_of_it: bool = False) -> dict[str, Any] | None:
        """Lines that have not been told yet, or all that are kept; None where there is none."""
        lines = self._log.since(0 if all_of_it else self._line_number)
        if lines and not all_of_it:
            self._line_number = lines[-1].number
        told = [{"number": line.number, "level": line.level, "text": line.text} for line in lines]
        return {"kind": "log", "lines": told} if told else None

    def why(self, address: str) -> dict[str, Any]:
        """Who holds a value, and what lies below.

        Raises:
            ControlError: there is no such parameter.
        """
        parameter, reason = self._room.register.parameter(address), self._room.register.why(address)
        is_knob = address.startswith("/narcissus/scene/")
        return {
            "kind": "why",
            "address": address,
            "description": parameter.description,
            "layers": _layers(reason),
            "can_release": any(holding.layer >= Layer.SCHEDULE for holding in reason.holdings),
            "can_save": is_knob and self._room.saver is not None,
            "can_learn": parameter.is_writable and parameter.kind is not Kind.TEXT and self._room.learning is not None,
        }


def _described(parameter: Parameter, value: Value, held: Layer | None) -> dict[str, Any]:
    return {
        "address": parameter.address,
        "group": _group(parameter),
        "label": _label(parameter),
        "type": str(parameter.kind),
        "minimum": parameter.low,
        "maximum": parameter.high,
        "choices": list(parameter.choices),
        "unit": parameter.unit,
        "description": parameter.description,
        "is_writable": parameter.is_writable,
        "value": value,
        "layer": _layer(held),
    }


def _group(parameter: Parameter) -> str:
    parts = parameter.address.split("/")
    return f"scene · {parts[3]}" if parts[2] == "scene" and len(parts) > 4 else parts[2]


def _label(parameter: Parameter) -> str:
    """The last part of its address, without a unit that is said beside it."""
    return parameter.address.rsplit("/", 1)[1].removesuffix(f"_{parameter.unit.lower()}")


def _layer(held: Layer | None) -> str:
    return held.label if held is not None else ""


def _layers(reason: Why) -> list[dict[str, Any]]:
    return [
        {"layer": holding.layer.label, "value": holding.value, "since": _since(holding.local_s, holding.by)}
        for holding in reason.holdings
    ]


def _since(local_s: float | None, by: str) -> str:
    if local_s is None:
        return by
    second = int(calendar_date(local_s)[3])
    clock = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
    return f"{clock}, {by}" if by else clock
