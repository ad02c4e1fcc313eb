"""Visitor as seen by scenes: position, presence, and the signals that passes are bound to.

Reflections arrive at their own rate; here they become values that change smoothly from frame to frame. Measurements
arrive before the face drawn from them, and move it (`head_predictor.py`). Belongs to the main thread; knows neither
networks nor OpenGL.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from engine.config.reflection import VisitSettings
from engine.core.clock import Tick
from engine.features.face_tracker import is_same_head
from engine.types import Features, Latent, Placement, Reflection
from engine.visitor.face_difference import FaceDifference, FaceDifferenceSmoother
from engine.visitor.head_predictor import HeadPredictor
from engine.visitor.signals import SIGNALS, STATE_SIGNALS
from engine.visitor.visit_state import Visit

SIGNAL_TIME_S = 0.15
GONE = 0.01
PRESENT = 0.5  # presence from which `dwell` counts
STILL_DEG, MOST_DEG = (
    1.0,
    12.0,
)  # head turn since the drawn measurement: jitter below the first, limit of a flat picture

# FaceMesh indices of the inner lips and the outer corners of the eyes.
UPPER_LIP, LOWER_LIP, EYE_A, EYE_B = 13, 14, 33, 263


class Viewer:
    """Follows reflections and measurements; call `observe` once per drawn frame, then read.

    Args:
        times: durations of the states of a visit.

    Attributes:
        visit: state of the visit.
        turned_rad: head turn since the measurement behind the newest reflection, right and up positive; 0 while nobody
                is there.
        turned_before_rad: the same for the previous reflection.
        signals: values by name, see `signals.SIGNALS`.
    """

    def __init__(self, times: VisitSettings | None = None) -> None:
        self.visit = Visit(times or VisitSettings())
        self.turned_rad = self.turned_before_rad = (0.0, 0.0)
        self._head = HeadPredictor()
        self._before: Latent | None = None
        self._difference_smoother = FaceDifferenceSmoother()
        self._latent: Latent | None = None
        self._presence = 0.0
        self._dwell_s = 0.0
        self._signals = dict.fromkeys(SIGNALS, 0.0)

    @property
    def features(self) -> Features | None:
        """Newest measurement; None while nobody is there."""
        return self._latent.features if self._latent else None

    @property
    def placement(self) -> Placement | None:
        """Current position of the face; None while nobody is there."""
        return self._head.head.placement if self._head.head is not None else None

    @property
    def face_difference(self) -> FaceDifference | None:
        """Difference between reflection and visitor; None if no scene asks for it, or nobody is there."""
        return self._difference_smoother.face_difference

    @property
    def presence(self) -> float:
        """Presence: 0 nobody is there, 1 somebody is."""
        return self._presence

    @property
    def signals(self) -> Mapping[str, float]:
        return self._signals

    def observe(
        self, reflection: Reflection | None, tick: Tick, audio: float = 0.0, measured: Features | None = None
    ) -> None:
        """Advance by `tick.dt_s`.

        Args:
            reflection: newest one if it is new, otherwise None.
            tick: current time.
            audio: loudness of the room, 0 to 1.
            measured: newest measurement if it is new; possibly not yet drawn.
        """
        if reflection is not None:
            self._before, self._latent = self._latent, reflection.latent
        features = self.features
        target_presence = self._latent.presence if self._latent else 0.0
        before = self.placement
        self._follow_head(features, measured, tick.dt_s)
        self._presence += _share(SIGNAL_TIME_S, tick.dt_s) * (target_presence - self._presence)
        self._dwell_s = self._dwell_s + tick.dt_s if self._presence > PRESENT else 0.0
        self.visit.advance(target_presence, features is not None, tick)
        self._difference_smoother.smooth(reflection, tick.dt_s)
        self._update_signals(features, before, tick)
        self._signals["audio"] = audio

    def leave(self) -> None:
        """Fade this visitor out: their stranger is no longer drawn."""
        if self._latent is not None and (self._latent.presence > 0 or self._latent.features is not None):
            self._latent = replace(self._latent, presence=0.0, features=None)

    def _follow_head(self, answered: Features | None, measured: Features | None, dt_s: float) -> None:
        if answered is not None:
            for features in (answered, measured):
                if features is not None and is_same_head(answered.placement, features.placement):
                    self._head.take(features)
            self._head.predict(dt_s)
        elif self._presence < GONE:  # until then the fading face keeps its position
            self._head.forget()
        self.turned_rad, self.turned_before_rad = self._turned_since(self._latent), self._turned_since(self._before)

    def _turned_since(self, latent: Latent | None) -> tuple[float, float]:
        head, answered = self._head.head, latent.features if latent is not None else None
        if head is None or answered is None:
            return (0.0, 0.0)
        return _turn_rad(head.yaw_deg - answered.yaw_deg), _turn_rad(head.pitch_deg - answered.pitch_deg)

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
            "bits": float(latent.bits) if latent else 0.0,
        }
        share = _share(SIGNAL_TIME_S, tick.dt_s)
        for name, value in measured.items():
            self._signals[name] += share * (value - self._signals[name])
        self._signals |= {"presence": self._presence, "dwell": self._dwell_s, "time": tick.time_s}
        self._signals |= {STATE_SIGNALS[state]: weight for state, weight in self.visit.weights.items()}
        self._signals["progress"] = self.visit.progress


def _turn_rad(turned_deg: float) -> float:
    """Turn for display: 0 for jitter, limited to what a flat picture can show."""
    seen_deg = turned_deg * turned_deg**2 / (turned_deg**2 + STILL_DEG**2)
    return math.radians(MOST_DEG * math.tanh(seen_deg / MOST_DEG))


def _share(time_s: float, dt_s: float) -> float:
    """Step of a first-order low-pass with time constant `time_s` in `dt_s`, as a share of the distance."""
    return 1.0 - math.exp(-dt_s / time_s)


def _speed(before: Placement | None, after: Placement | None, dt_s: float) -> float:
    if before is None or after is None or dt_s <= 0:
        return 0.0
    return math.hypot((after.x - before.x) * after.aspect, after.y - before.y) / dt_s


def _mouth(features: Features) -> float:
    """Mouth opening, 0 to 1: gap between the inner lips over the width of the eyes; 0.35 is wide open."""
    points = features.landmarks_px
    gap = math.dist(points[UPPER_LIP], points[LOWER_LIP])
    width = math.dist(points[EYE_A], points[EYE_B])
    return min(1.0, max(0.0, (gap / max(width, 1e-6) - 0.02) / 0.33))
