"""What a scene knows of whoever stands before the mirror: place, presence and the signals that passes are bound to.

Reflections come at their own rate; this turns them into values that move smoothly from one drawn frame to the next.
It belongs to the main thread and knows neither networks nor OpenGL.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from engine.parting import Parting, PartingFollower
from engine.reflection_settings import VisitSettings
from engine.signals import SIGNALS, STATE_SIGNALS
from engine.types import Features, Latent, Placement, Reflection, Tick
from engine.visit import Visit

PLACEMENT_TIME_S = 0.045  # time constant with which the place follows the newest measurement
SIGNAL_TIME_S = 0.15
GONE = 0.01
PRESENT = 0.5  # from this presence on, somebody is there and dwells

# FaceMesh's numbers of the inner lips and the outer corners of the eyes.
UPPER_LIP, LOWER_LIP, EYE_A, EYE_B = 13, 14, 33, 263


class Viewer:
    """Follows the reflections; `update` once per drawn frame, then read.

    Args:
        times: of the parts of a visit.

    Attributes:
        visit: which part of a visit this is.
        placement: smoothed place of the face; None while nobody is there.
        signals: by name, as `signals.SIGNALS` describes them.
    """

    def __init__(self, times: VisitSettings | None = None) -> None:
        self.visit = Visit(times or VisitSettings())
        self.placement: Placement | None = None
        self._parting = PartingFollower()
        self._latent: Latent | None = None
        self._presence = 0.0
        self._dwell_s = 0.0
        self._signals = dict.fromkeys(SIGNALS, 0.0)

    @property
    def features(self) -> Features | None:
        """The newest measurement; None while nobody is there."""
        return self._latent.features if self._latent else None

    @property
    def parting(self) -> Parting | None:
        """Where the reflection differs from the viewer; None where nobody asks, or nobody is there."""
        return self._parting.parting

    @property
    def presence(self) -> float:
        """0 nobody is there, 1 somebody is."""
        return self._presence

    @property
    def signals(self) -> Mapping[str, float]:
        return self._signals

    def update(self, reflection: Reflection | None, tick: Tick, audio: float = 0.0) -> None:
        """Move on by `tick.dt_s`.

        Args:
            reflection: the newest if it is new, otherwise None.
            tick: the moment.
            audio: how loud the room is, 0 to 1.
        """
        if reflection is not None:
            self._latent = reflection.latent
        features = self.features
        target_presence = self._latent.presence if self._latent else 0.0
        before = self.placement
        target = features.placement if features is not None else None
        if target is not None:
            self.placement = target if before is None else _towards(before, target, tick.dt_s)
        elif self._presence < GONE:  # until then the fading face stays where it was
            self.placement = None
        self._presence += _share(SIGNAL_TIME_S, tick.dt_s) * (target_presence - self._presence)
        self._dwell_s = self._dwell_s + tick.dt_s if self._presence > PRESENT else 0.0
        self.visit.update(target_presence, features is not None, tick)
        self._parting.update(reflection, tick.dt_s)
        self._update_signals(features, before, tick)
        self._signals["audio"] = audio

    def _update_signals(self, features: Features | None, before: Placement | None, tick: Tick) -> None:
        latent = self._latent
        measured = {
            "speed": _speed(before, self.placement, tick.dt_s),
            "yaw": features.yaw_deg if features else 0.0,
            "pitch": features.pitch_deg if features else 0.0,
            "mouth": _mouth(features) if features else 0.0,
            "typicality": latent.typicality if latent else 0.0,
            "likeness": latent.likeness if latent else 0.0,
            "deepening": latent.deepening if latent else 0.0,
        }
        share = _share(SIGNAL_TIME_S, tick.dt_s)
        for name, value in measured.items():
            self._signals[name] += share * (value - self._signals[name])
        self._signals |= {"presence": self._presence, "dwell": self._dwell_s, "time": tick.time_s}
        self._signals |= {STATE_SIGNALS[state]: weight for state, weight in self.visit.weights.items()}
        self._signals["progress"] = self.visit.progress


def _towards(a: Placement, b: Placement, dt_s: float) -> Placement:
    share = _share(PLACEMENT_TIME_S, dt_s)
    turn = math.remainder(b.roll_rad - a.roll_rad, 2 * math.pi)
    return Placement(
        x=a.x + share * (b.x - a.x),
        y=a.y + share * (b.y - a.y),
        eye_distance=a.eye_distance + share * (b.eye_distance - a.eye_distance),
        roll_rad=a.roll_rad + share * turn,
        aspect=b.aspect,
    )


def _share(time_s: float, dt_s: float) -> float:
    """The share of the way that a first-order follower of time constant `time_s` goes in `dt_s`."""
    return 1.0 - math.exp(-dt_s / time_s)


def _speed(before: Placement | None, after: Placement | None, dt_s: float) -> float:
    if before is None or after is None or dt_s <= 0:
        return 0.0
    return math.hypot((after.x - before.x) * after.aspect, after.y - before.y) / dt_s


def _mouth(features: Features) -> float:
    """How far the mouth is open: the gap between the inner lips over the width of the eyes, 0.35 being wide open."""
    points = features.landmarks_px
    gap = math.dist(points[UPPER_LIP], points[LOWER_LIP])
    width = math.dist(points[EYE_A], points[EYE_B])
    return min(1.0, max(0.0, (gap / max(width, 1e-6) - 0.02) / 0.33))
