"""Broadcast: what the control room tells by itself, and how often: feedback, panels, pictures, numbers."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from engine.control import osc_query
from engine.control.evening import Evening
from engine.control.follower import Changes
from engine.control.health import Health
from engine.control.metrics import Metric, as_text, counter, counters, gauge
from engine.control.osc_server import OscServer
from engine.control.osc_surface import OscSurface
from engine.control.panel_feed import PanelFeed
from engine.control.parameter import Value
from engine.control.room import ControlRoom
from engine.control.scene_pictures import ScenePictures, as_jpeg
from engine.control.sockets import Sockets
from engine.core.clock import TimeSource
from engine.core.slot import Slot
from engine.types import ByteArray

log = logging.getLogger(__name__)

OSC_S, QUIET_S, PANEL_S, STATE_S, PICTURE_S, SECOND_S = 1 / 30, 0.25, 0.1, 0.25, 0.05, 1.0
MOST_LOGGED = 50
CONTAINERS = {
    "/": "Narcissus, a mirror that answers with someone else",
    "/narcissus/show": "what is shown",
    "/narcissus/scene": "the knobs of the scene on the wall, by pass",
    "/narcissus/state": "what is measured of the visitor and of the show; read only",
    "/narcissus/cue": "kept values, recalled by name",
}


class Broadcast:
    """The repeated work of the control room, all of it on the thread of the event loop.

    Args:
        room, osc, surface, feed, health, evening, sockets: the parts.
        pictures: the preview, and where the looks of scenes are kept.
        clock: the show's.
        guard_counts, desk_counts: counted elsewhere, told by `metrics`.
    """

    def __init__(
        self,
        *,
        room: ControlRoom,
        osc: OscServer,
        surface: OscSurface,
        feed: PanelFeed,
        health: Health,
        evening: Evening,
        sockets: Sockets,
        pictures: tuple[Slot[ByteArray], ScenePictures],
        clock: TimeSource,
        guard_counts: Counter[str],
        desk_counts: Counter[str],
    ) -> None:
        self._room, self._osc, self._surface, self._feed = room, osc, surface, feed
        self._health, self._evening, self._sockets, self._clock = health, evening, sockets, clock
        self._previews, self._scene_pictures = pictures
        self._guard_counts, self._desk_counts = guard_counts, desk_counts
        self._for_osc, self._for_panels = room.register.follow(), room.register.follow()
        self._values: dict[str, Value] = dict(self._for_osc.poll().values)
        self._structure = feed.structure()
        self._for_panels.poll()  # a panel that opens is told everything anyway

    def works(self) -> list[Coroutine[Any, Any, None]]:
        """What is to run until it is cancelled."""
        return [
            repeated(self._tell_osc, lambda: OSC_S if self._is_heard else QUIET_S),
            repeated(self._tell_panels, lambda: PANEL_S if self._sockets.panels else QUIET_S),
            repeated(self._tell_state, lambda: STATE_S),
            repeated(self._look, lambda: SECOND_S),
            repeated(self._send_picture, lambda: PICTURE_S),
        ]

    def tree(self) -> dict[str, Any]:
        """The parameters, as OSCQuery describes them."""
        register = self._room.register
        return osc_query.tree(
            [(each, register.value(address)) for address, each in register.parameters().items()], CONTAINERS
        )

    def metrics(self) -> str:
        """For Prometheus."""
        figures, counts, state = self._health.figures, self._room.register.counts, self._values
        ages = figures.get("age_ms") or {}
        told: list[Metric] = [
            gauge("up", "1 while the show draws and reflects.", float(self._health.problem is None)),
            gauge("uptime_seconds", "Since the start.", figures.get("uptime_s")),
            counter("frames", "Drawn pictures.", figures.get("frames", 0)),
            counter("reflections", "Drawn faces that were shown.", figures.get("reflections", 0)),
            gauge("frames_per_second", "Drawn pictures a second.", figures.get("frames_per_s")),
            gauge("reflections_per_second", "Drawn faces a second.", figures.get("reflections_per_s")),
            gauge("reflection_age_seconds", "From the camera to the wall, median.", _seconds(ages.get("p50"))),
            gauge("reflection_age_95_seconds", "The same, 95th percentile.", _seconds(ages.get("p95"))),
            counter("visits", "Visitors who arrived.", _number(state.get("/narcissus/state/visits")) or 0.0),
            gauge("presence", "0 nobody is there, 1 somebody is.", _number(state.get("/narcissus/state/presence"))),
            gauge("panels", "Open panels.", len(self._sockets.panels)),
        ]
        outcomes = {name: float(getattr(counts, name)) for name in ("accepted", "clamped", "refused", "unknown")}
        return as_text(
            [
                *told,
                counters("control_values", "Values set from outside.", "outcome", outcomes),
                counters(
                    "osc",
                    "OSC packets and messages.",
                    "outcome",
                    {**self._osc.counts, "unexplained": self._surface.unexplained},
                ),
                counters("web", "HTTP requests.", "outcome", self._guard_counts),
                counters("panel", "Messages of panels.", "outcome", self._desk_counts),
            ]
        )

    @property
    def _is_heard(self) -> bool:
        return self._osc.target is not None or bool(self._sockets.queries)

    def _tell_osc(self) -> None:
        changes = self._for_osc.poll()
        self._values.update(changes.values)
        for address in changes.removed:
            self._values.pop(address, None)
        if self._osc.target is not None:
            self._osc.send(self._surface.feedback(changes.values, changes.events))
        for client in tuple(self._sockets.queries):
            client.tell_values(changes.values)
            if changes.paths_changed:
                client.tell_changed(_branches(changes))

    def _tell_panels(self) -> None:
        changes = self._for_panels.poll()
        if not self._sockets.panels:
            return
        if changes.paths_changed:
            self._sockets.tell_panels({"kind": "parameters", "parameters": self._feed.parameters()})
            self._sockets.tell_panels(self._feed.structure())
        else:
            self._sockets.tell_panels(self._feed.values(changes))
        for event in changes.events:
            if event.name in ("error", "snapshot"):
                self._sockets.tell_panels({"kind": "notice", "text": event.text})

    def _tell_state(self) -> None:
        if self._sockets.panels:
            self._sockets.tell_panels(self._feed.state(self._values))
            self._sockets.tell_panels(self._feed.log())

    def _look(self) -> None:
        now_s = self._clock.now_s()
        self._health.look(now_s)
        visits = _number(self._values.get("/narcissus/state/visits")) or 0.0
        is_due = self._evening.note(self._health.figures.get("uptime_s", 0.0), self._health.figures, int(visits))
        self._sockets.tell_panels(self._feed.line())
        structure = self._feed.structure()
        if structure != self._structure:
            self._structure = structure
            self._sockets.tell_panels(structure)
        if is_due:
            self._sockets.tell_panels(self._feed.evening())

    async def _send_picture(self) -> None:
        picture = self._previews.poll() if self._sockets.is_watched else None
        if picture is None:
            return
        jpeg = await asyncio.get_running_loop().run_in_executor(None, as_jpeg, picture)
        self._scene_pictures.saw(str(self._values.get("/narcissus/show/scene") or ""), jpeg)
        self._sockets.show(jpeg)


async def repeated(work: Callable[[], Awaitable[None] | None], period_s: Callable[[], float]) -> None:
    """Do some work again and again; what fails is logged once for each kind of error."""
    logged: set[str] = set()
    while True:
        await asyncio.sleep(period_s())
        try:
            done = work()
            if done is not None:
                await done
        except Exception as error:
            if repr(error) not in logged and len(logged) < MOST_LOGGED:
                logged.add(repr(error))
                log.exception("the control room could not tell something")


def _branches(changes: Changes) -> list[str]:
    """The containers below which something came or went, none of them within another; `/` stands for many."""
    changed = {address.rpartition("/")[0] for address in (*changes.added, *changes.removed)}
    outer = {path for path in changed if not any(path.startswith(f"{other}/") for other in changed)}
    return sorted(outer) if 0 < len(outer) <= 16 else ["/"]


def _number(value: Value | Mapping[str, Any]) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
