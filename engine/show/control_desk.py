"""Control desk: carries out what the register of parameters says, and tells it how the show is.

Belongs to the thread that draws, which calls `follow` once a frame; everybody else talks to the register.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.config.consent import ConsentKind
from engine.config.reflection import ReflectionSettings
from engine.consent.gate import ConsentGate
from engine.control.cues import Cues
from engine.control.keys import Keys
from engine.control.layers import Layer
from engine.control.parameter import Value
from engine.control.register import Command, Register
from engine.control.scene_parameters import Knob, scene_knobs
from engine.control.show_parameters import CUE, SHOW, STATE, show_parameters, state_parameters
from engine.core.clock import Tick, TimeSource
from engine.core.error_boundary import ErrorBoundary
from engine.render.renderer import Renderer
from engine.scene.library import SceneLibrary
from engine.scene.scene import Scene
from engine.show.device_desk import DeviceDesk, Devices
from engine.show.keeper import Keeper
from engine.show.notice import Notice
from engine.show.rebuilt_knobs import RebuiltKnobs
from engine.show.scene_switcher import SceneSwitcher
from engine.show.status import ShowStatus
from engine.visitor.signals import OF_A_FACE
from engine.visitor.visit_state import VisitState

TELL_S = 1 / 30
"""How often the register is told what moves."""
SELDOM_S = 0.5
"""How often while nobody follows it."""
FIGURES_S = 1.0
"""How often it is told how well the show runs, which takes longer to compute."""
ANSWERED = (VisitState.ARRIVE, VisitState.DWELL)


@dataclass(frozen=True)
class DeskParts:
    """What the desk works on.

    Attributes:
        mirror, switcher, keeper: what is drawn, which scene, what is kept.
        library, cues: the scenes, and what was kept of them.
        keys: those of the installation's own.
        status, notice: how the show is, and what was told to the operator.
        reflection: what config.yaml says of how the mirror answers.
        devices: what is plugged in.
        consent: who has agreed that their numbers are told.
    """

    mirror: Renderer
    switcher: SceneSwitcher
    keeper: Keeper
    library: SceneLibrary
    cues: Cues
    keys: Keys
    status: ShowStatus
    notice: Notice
    reflection: ReflectionSettings
    devices: Devices
    consent: ConsentGate


@dataclass
class _Seen:
    """What the desk has seen last, to find out what is new."""

    scene: Scene | None = None
    overrides: Mapping[str, Value] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    visit: VisitState = VisitState.IDLE
    error: str = ""
    visits: int = 0
    switches: dict[str, Value] = field(default_factory=dict)


def told_of(signals: Mapping[str, float], is_withheld: bool) -> dict[str, float]:
    """What is told of the visitors' signals; 0 for what is measured of a face whose visitor has not agreed."""
    plain = {name: value for name, value in signals.items() if "[" not in name}
    return {name: 0.0 if is_withheld and name in OF_A_FACE else value for name, value in plain.items()}


class ControlDesk:
    """Follows the register.

    Args:
        register: which.
        parts: what it sets.
        clock: tells when a scene came.
    """

    def __init__(self, register: Register, parts: DeskParts, clock: TimeSource) -> None:
        self._register, self._parts, self._clock = register, parts, clock
        self._boundary = ErrorBoundary(parts.notice.complain)
        self._seen = _Seen()
        self._knobs: dict[str, Knob] = {}
        self._moving: tuple[Knob, ...] = ()  # those that follow signals or the parts of a visit
        self._rebuilt = RebuiltKnobs()
        parts.switcher.prepared = self._rebuilt.laid_over
        self._set: Mapping[str, Mapping[str, Any]] = {}  # by pass and knob
        self._figures: dict[str, Value] = {}
        self._tell_due_s = self._figures_due_s = float("-inf")
        self._asked: tuple[ReflectionSettings, Value, Value, ReflectionSettings] | None = None
        self._doers: Mapping[str, Callable[[Command], None]] = {
            f"{SHOW}/scene": lambda command: parts.switcher.change_scene(str(command.value)),
            f"{SHOW}/next": self._show_next,
            f"{SHOW}/blackout": self._black_out,
            f"{SHOW}/freeze": self._freeze,
            f"{SHOW}/record": lambda command: parts.keeper.film(command.value is True),
            f"{SHOW}/session": lambda command: parts.keeper.note(command.value is True),
            f"{SHOW}/snapshot": lambda _: self.take_snapshot(),
            f"{SHOW}/release": lambda _: self._release(),
        }
        self._devices = DeviceDesk(register, parts.devices)
        register.declare("state", state_parameters())
        self._declare_show()
        self._declare_scene(parts.mirror.scene)

    def follow(self, tick: Tick) -> None:
        """Do what was asked since the last frame, set the knobs of the next, and tell how the show is."""
        if self._parts.mirror.scene is not self._seen.scene:
            self._declare_scene(self._parts.mirror.scene)
        for command in self._register.take_commands():
            with self._boundary.around(command.address):
                self._doers.get(command.address, self._recall)(command)
        now_s = self._clock.now_s()
        self._parts.cues.advance(now_s)
        overrides = self._register.overrides
        if overrides is not self._seen.overrides:
            self._seen.overrides = overrides
            self._set = self._by_pass(overrides)
            self._rebuilt.note(self._register.held(), now_s)
        if self._parts.switcher.coming_name is None and self._rebuilt.is_due(now_s):
            self._parts.switcher.change_scene(self._parts.switcher.name, again=True)
        self._parts.mirror.override(self._set)
        with self._boundary.around("a setting of a device"):
            self._devices.follow(overrides, now_s)
        self._watch_visit()
        if tick.time_s >= self._tell_due_s:
            self._tell_due_s = tick.time_s + (TELL_S if self._register.is_followed else SELDOM_S)
            self._tell(tick)

    def adjusted(self, settings: ReflectionSettings) -> ReflectionSettings:
        """How the mirror answers, as a scene and the register together say; the same object while nothing changes."""
        calm = self._register.value(f"{SHOW}/calm")
        people = self._register.value(f"{SHOW}/people")
        asked = self._asked
        if asked is None or asked[0] is not settings or asked[1:3] != (calm, people):
            assert isinstance(calm, float) and isinstance(people, int)
            changed = settings.calmer(calm).model_copy(update={"people": people})
            self._asked = asked = (settings, calm, people, changed)
        return asked[3]

    def press(self, keys: Sequence[str]) -> None:
        """Do what keys of the installation's own do."""
        for key in keys:
            with self._boundary.around(f"the key {key}"):
                self._parts.keys.press(key)

    def take_snapshot(self) -> None:
        """Keep the next picture, and tell of it."""
        self._register.happen("snapshot", self._parts.keeper.take_snapshot().name)

    # -------------------------------------------------- what there is

    def _declare_show(self) -> None:
        parts = self._parts
        self._seen.names = parts.library.names()
        first, people = parts.switcher.name, parts.reflection.people
        self._register.declare("show", show_parameters(self._seen.names, first, people))

    def _declare_scene(self, scene: Scene) -> None:
        is_other = self._seen.scene is not None and self._seen.scene.path != scene.path
        self._seen.scene = scene
        self._knobs = scene_knobs(self._rebuilt.as_written(scene), self._clock.now_s(), self._clock.local_s())
        self._rebuilt.show(self._knobs)
        moving = {(spec.name, knob) for spec in scene.passes for knob in spec.moving}
        self._moving = tuple(knob for knob in self._knobs.values() if (knob.pass_name, knob.knob) in moving)
        knobs = self._knobs.items()
        self._register.declare(
            "scene", (knob.parameter for _, knob in knobs), {address: knob.ground for address, knob in knobs}
        )
        if is_other:
            name, by = self._parts.switcher.name, self._parts.switcher.chosen_by
            self._register.happen("scene", name)
            if by is not None:
                self._register.note(f"{SHOW}/scene", name, *by)

    def _by_pass(self, overrides: Mapping[str, Value]) -> Mapping[str, Mapping[str, Any]]:
        together: dict[str, dict[str, Any]] = {}
        for address, value in overrides.items():
            knob = self._knobs.get(address)
            if knob is not None:
                together.setdefault(knob.pass_name, {})[knob.knob] = value
        return together

    # -------------------------------------------------- what is done

    def _show_next(self, command: Command) -> None:
        names, name = self._seen.names, self._parts.switcher.coming_name or self._parts.switcher.name
        after = names[(names.index(name) + 1) % len(names)] if name in names else names[0]
        self._parts.switcher.change_scene(after, by=(command.layer, command.by))

    def _recall(self, command: Command) -> None:
        self._parts.cues.recall(command.address.removeprefix(f"{CUE}/"), None, command.layer, command.by)

    def _black_out(self, command: Command) -> None:
        self._parts.mirror.blackout.is_on = command.value is True

    def _freeze(self, command: Command) -> None:
        self._parts.mirror.is_frozen = command.value is True

    def _release(self) -> None:
        self._register.release_all()

    # -------------------------------------------------- what is told

    def _watch_visit(self) -> None:
        before, now = self._seen.visit, self._parts.mirror.visit_state
        if now is before:
            return
        self._seen.visit = now
        if now in ANSWERED and before not in ANSWERED:
            self._seen.visits += 1
            self._register.happen("arrive")
        elif before in ANSWERED and now not in ANSWERED:
            self._register.happen("leave")

    def _tell(self, tick: Tick) -> None:
        if tick.time_s >= self._figures_due_s:
            self._figures_due_s = tick.time_s + FIGURES_S
            self._count()
        mirror, signals = self._parts.mirror, self._parts.mirror.signals
        is_withheld = self._parts.consent.covers(ConsentKind.SESSION) and not self._parts.consent.state.is_open
        told: dict[str, Value] = {f"{STATE}/{name}": value for name, value in told_of(signals, is_withheld).items()}
        drawn = {} if is_withheld else mirror.moving_knobs  # which follow what is measured
        told.update(
            {
                knob.parameter.address: drawn[knob.pass_name][knob.knob]
                for knob in self._moving
                if knob.pass_name in drawn
            }
        )
        told.update(self._figures)
        switches: dict[str, Value] = {
            f"{SHOW}/blackout": mirror.blackout.is_on,
            f"{SHOW}/freeze": mirror.is_frozen,
            f"{SHOW}/record": self._parts.keeper.is_filming,
            f"{SHOW}/session": self._parts.keeper.is_noting,
        }
        self._note_switches(switches)
        told.update(switches)
        told.update(
            {
                f"{STATE}/visit": str(self._seen.visit),
                f"{STATE}/visits": self._seen.visits,
                f"{STATE}/closed": mirror.closing.is_on,
                f"{STATE}/coming": self._parts.switcher.coming_name or "",
                f"{SHOW}/scene": self._parts.switcher.name,
            }
        )
        self._register.tell(told)

    def _note_switches(self, switches: Mapping[str, Value]) -> None:
        """Remember that it was a key, or the show itself, where a switch is not as the register was asked for."""
        for address, value in switches.items():
            if self._seen.switches.get(address, False) == value:
                continue
            self._seen.switches[address] = value
            if self._register.why(address).holdings[0].value != value:
                self._register.note(address, value, Layer.PANEL, "a key, or the show itself")

    def _count(self) -> None:
        """Compute how well the show runs, and look for what is new and rarely so."""
        figures = self._parts.status.figures(self._clock.now_s())
        counts = self._register.counts
        error = self._parts.notice.error or str(figures.get("error") or "")
        if error and error != self._seen.error:
            self._register.happen("error", error)
        self._seen.error = error
        names = ("frames", "frames_per_s", "reflections", "reflections_per_s", "uptime_s", "source")
        self._figures = {f"{STATE}/{name}": figures[name] for name in names if name in figures} | {
            f"{STATE}/draw_ms": figures.get("draw_ms", {}).get("p50", 0.0),
            f"{STATE}/age_ms": figures.get("age_ms", {}).get("p50", 0.0),
            f"{STATE}/error": error,
            f"{STATE}/overridden": len(self._register.overrides),
            f"{STATE}/clamped": counts.clamped,
            f"{STATE}/refused": counts.refused,
            f"{STATE}/unknown": counts.unknown,
        }
        if self._parts.library.names() != self._seen.names:
            self._declare_show()
