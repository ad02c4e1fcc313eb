"""Simulated visitor for rendering benchmarks: camera pictures, features and faces, on a clock of its own.

Everything is prepared in advance, so that no network runs during the measurement.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from engine.core.clock import Tick
from engine.networks.persona import Persona
from engine.render.renderer import Renderer
from engine.types import Alignment, Reflection
from tools.animate_portrait import FPS
from tools.simulation.simulated_visit import Rehearsal, Visit

MOMENTS = ("idle", "arrive", "dwell")
EARLIER_VISITS, VISIT_S, PAUSE_S = 18, 6.0, 4.0  # previous visits, which fill the archive
DWELL_S = 30.0
STEP_S = 0.2  # step of time that passes without drawing


@dataclass(frozen=True)
class Footage:
    """Recorded visit.

    Attributes:
        visit: frames and reflections, with somebody in all of them.
        alignment: position of the face in the persona's pictures.
    """

    visit: Visit
    alignment: Alignment


def film_visitor(persona: Persona) -> Footage:
    """Simulate a visit with a persona.

    Raises:
        ModelError: it has no inverter, or cannot be used.
    """
    visit = [seen for seen in Rehearsal(persona).visit() if seen[1].latent.features is not None]
    return Footage(visit, persona.alignment)


class Visitor:
    """Plays footage back and forth; every step has a new camera picture and a new face.

    Args:
        footage: visit to play.
        mirror: renderer that receives it.

    Attributes:
        is_there: whether the visitor is present; may be changed.
    """

    def __init__(self, footage: Footage, mirror: Renderer) -> None:
        self._footage, self._mirror = footage, mirror
        self._index, self._time_s, self._presence = 0, 0.0, 0.0
        self.is_there = False

    def moments(self) -> Iterator[str]:
        """Bring the mirror to each of `MOMENTS` in turn, late in an evening with previous visitors."""
        for _ in range(EARLIER_VISITS):
            self._pass_time(VISIT_S, is_there=True)
            self._pass_time(PAUSE_S, is_there=False)
        yield "idle"
        self.is_there = True
        yield "arrive"
        self._pass_time(DWELL_S, is_there=True)
        yield "dwell"

    def step(self, dt_s: float = 1 / FPS, *, seen: bool = True) -> Tick:
        """Advance by `dt_s`; returns the tick. If unseen, the camera's picture is omitted."""
        times = self._mirror.scene.reflection
        change = dt_s / times.arrive_s if self.is_there else -dt_s / times.leave_s
        self._presence = min(1.0, max(0.0, self._presence + change))
        self._time_s += dt_s
        self._index += 1
        tick = Tick(self._index, self._time_s, dt_s)
        frame, face = self._footage.visit[self._place()]
        self._mirror.receive(frame if seen else None, self._reflection(face), tick)
        return tick

    def _pass_time(self, seconds: float, *, is_there: bool) -> None:
        self.is_there = is_there
        for _ in range(round(seconds / STEP_S)):
            self.step(STEP_S, seen=False)

    def _place(self) -> int:
        """Position in the footage; it reverses at the end."""
        last = len(self._footage.visit) - 1
        return last - abs(last - self._index % max(1, 2 * last))

    def _reflection(self, face: Reflection) -> Reflection:
        """Face as if drawn just now, for the current visitor."""
        features = face.latent.features if self.is_there else None
        latent = replace(face.latent, presence=self._presence, features=features)
        return replace(face, latent=latent, generated_s=self._time_s, sequence=self._index)
