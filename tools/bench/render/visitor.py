"""Somebody before a mirror: the camera's pictures, features and faces that a show would have, on a clock of their own.

What is measured with it is drawing alone: everything is made beforehand, so that no network works beside it.
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
EARLIER_VISITS, VISIT_S, PAUSE_S = 18, 6.0, 4.0  # so many were there before: what keeps their faces is full
DWELL_S = 30.0
STEP_S = 0.2  # of time that passes undrawn


@dataclass(frozen=True)
class Footage:
    """A visitor as the camera has seen them and the persona answered.

    Attributes:
        visit: frames and reflections, in all of which somebody is there.
        alignment: where the persona draws its faces.
    """

    visit: Visit
    alignment: Alignment


def film_visitor(persona: Persona) -> Footage:
    """Rehearse a visit before the persona.

    Raises:
        ModelError: it has no inverter, or cannot be used.
    """
    visit = [seen for seen in Rehearsal(persona).visit() if seen[1].latent.features is not None]
    return Footage(visit, persona.alignment)


class Visitor:
    """Plays footage, forth and back, to a mirror; every step brings a new camera picture and a new face.

    Args:
        footage: what is played.
        mirror: to whom.

    Attributes:
        is_there: whether somebody stands before it; may be changed.
    """

    def __init__(self, footage: Footage, mirror: Renderer) -> None:
        self._footage, self._mirror = footage, mirror
        self._index, self._time_s, self._presence = 0, 0.0, 0.0
        self.is_there = False

    def moments(self) -> Iterator[str]:
        """Bring the mirror to each of `MOMENTS` in turn, late on an evening at which others were there before."""
        for _ in range(EARLIER_VISITS):
            self._pass_time(VISIT_S, is_there=True)
            self._pass_time(PAUSE_S, is_there=False)
        yield "idle"
        self.is_there = True
        yield "arrive"
        self._pass_time(DWELL_S, is_there=True)
        yield "dwell"

    def step(self, dt_s: float = 1 / FPS, *, seen: bool = True) -> Tick:
        """Tell the mirror what is new `dt_s` later; returns that moment. Unseen, the camera's picture is left out."""
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
        """Where in the footage it is: at its end it turns round."""
        last = len(self._footage.visit) - 1
        return last - abs(last - self._index % max(1, 2 * last))

    def _reflection(self, face: Reflection) -> Reflection:
        """A face as if it were drawn just now, for whoever is there."""
        features = face.latent.features if self.is_there else None
        latent = replace(face.latent, presence=self._presence, features=features)
        return replace(face, latent=latent, generated_s=self._time_s, sequence=self._index)
