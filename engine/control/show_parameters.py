"""The parameters that every show has, whatever its scene: what can be done with it, and how it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.control.parameter import ROOT, Access, Kind, Parameter
from engine.visitor.signals import SIGNALS
from engine.visitor.visit_state import VisitState

SHOW, STATE, CUE = f"{ROOT}/show", f"{ROOT}/state", f"{ROOT}/cue"
CALM_LOW, CALM_HIGH = 0.25, 4.0
MOST_FADE_S = 600.0
USUAL_FADE_S = 2.0

_SIGNAL_UNITS = {"dwell": "s", "time": "s", "yaw": "deg", "pitch": "deg", "speed": "picture heights/s"}
_SHARES = frozenset(SIGNALS) - {"people", *_SIGNAL_UNITS}  # 0 to 1


def show_parameters(scenes: Sequence[str], shown: str, people: int) -> Iterator[Parameter]:
    """What can be done with the show.

    Args:
        scenes: names of all scenes.
        shown: the one at the start.
        people: how many visitors config.yaml has answered at once.
    """

    def command(name: str, kind: Kind, what: str, choices: Sequence[str] = ()) -> Parameter:
        access = Access.WRITE if kind is Kind.TRIGGER else Access.READ_WRITE
        default = shown if kind is Kind.CHOICE else False if kind is Kind.BOOL else None
        return Parameter(f"{SHOW}/{name}", kind, what, access, default=default, choices=tuple(choices), is_command=True)

    yield command("scene", Kind.CHOICE, "The scene on the wall, or the one that is coming.", scenes)
    yield command("next", Kind.TRIGGER, "The next scene comes in.")
    yield command("blackout", Kind.BOOL, "Whether the wall is black, or fading to black.")
    yield command("freeze", Kind.BOOL, "Whether the picture is held.")
    yield command("record", Kind.BOOL, "Whether a film is recorded; a red dot is on the wall then.")
    yield command("session", Kind.BOOL, "Whether a session is kept as numbers; a red dot is on the wall then.")
    yield command("snapshot", Kind.TRIGGER, "This picture is kept as a PNG.")
    yield command("release", Kind.TRIGGER, "Whatever is set from outside is given back, on all layers.")
    yield Parameter(
        f"{SHOW}/people", Kind.INT, "How many visitors are answered at once.", default=people, low=1, high=4
    )
    yield Parameter(
        f"{SHOW}/calm",
        Kind.FLOAT,
        "How calmly the face follows: 1 as the scene says, 2 twice as calm, 0.5 twice as lively.",
        default=1.0,
        low=CALM_LOW,
        high=CALM_HIGH,
    )
    yield Parameter(
        f"{SHOW}/cue_fade_s",
        Kind.FLOAT,
        "How long a cue takes to come in.",
        default=USUAL_FADE_S,
        low=0.0,
        high=MOST_FADE_S,
        unit="s",
    )


def cue_parameters(names: Sequence[str]) -> Iterator[Parameter]:
    """One trigger for each cue."""
    for name in names:
        yield Parameter(f"{CUE}/{name}", Kind.TRIGGER, f"The cue {name} comes in.", Access.WRITE, is_command=True)


def state_parameters() -> Iterator[Parameter]:
    """How the show is: all that scenes may follow, and how well it runs."""

    def state(name: str, kind: Kind, what: str, unit: str = "", choices: Sequence[str] = ()) -> Parameter:
        return Parameter(f"{STATE}/{name}", kind, what, Access.READ, unit=unit, choices=tuple(choices))

    for name, what in SIGNALS.items():
        low, high = (0.0, 1.0) if name in _SHARES else (None, None)
        unit = _SIGNAL_UNITS.get(name, "")
        yield Parameter(f"{STATE}/{name}", Kind.FLOAT, what, Access.READ, low=low, high=high, unit=unit)
    yield state("visit", Kind.CHOICE, "The part of the visit.", choices=tuple(map(str, VisitState)))
    yield state("visits", Kind.INT, "How many visits there have been since the show began.")
    yield state("closed", Kind.BOOL, "Whether the wall is black because of the opening hours.")
    yield state("coming", Kind.TEXT, "The scene that is being built, if one is.")
    yield state("frames", Kind.INT, "How many pictures have been drawn.")
    yield state("frames_per_s", Kind.FLOAT, "Pictures drawn a second.", "1/s")
    yield state("draw_ms", Kind.FLOAT, "How long a picture takes to draw, the median.", "ms")
    yield state("reflections", Kind.INT, "How many faces have been drawn.")
    yield state("reflections_per_s", Kind.FLOAT, "Faces drawn a second.", "1/s")
    yield state("age_ms", Kind.FLOAT, "How old the camera's picture is when its face is shown, the median.", "ms")
    yield state("uptime_s", Kind.FLOAT, "How long the show has been running.", "s")
    yield state("source", Kind.TEXT, "Where pictures come from, and whether they come.")
    yield state("error", Kind.TEXT, "What is wrong, one sentence; empty while nothing is.")
    yield state("overridden", Kind.INT, "How many parameters are set from outside.")
    yield state("clamped", Kind.INT, "How many values from outside were out of range.")
    yield state("refused", Kind.INT, "How many were of the wrong kind, or for what cannot be set.")
    yield state("unknown", Kind.INT, "How many were for no parameter that there is.")
