"""Visit state: idle, notice, arrive, dwell or leave.

Driven by the reflection thread (whether somebody is seen, and their presence) and by `Tick`; knows neither pictures nor
features. Scenes read it as signals, and passes have values for its states.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from engine.config.reflection import VisitSettings
from engine.core.clock import Tick
from engine.core.easing import smoothstep


class VisitState(StrEnum):
    """State of a visit, by its name in scenes."""

    IDLE = "idle"
    NOTICE = "notice"
    ARRIVE = "arrive"
    DWELL = "dwell"
    LEAVE = "leave"


class Visit:
    """State machine of a visit; call `advance` once per drawn frame, then read.

    Presence rises while a visitor is reflected and falls once they are released; between two reflections it is
    constant.

    Args:
        times: durations of the states.

    Attributes:
        times: may be replaced during a visit.
        state: current state.
        weights: weight of each state, 0 to 1, sum 1: on entering a state they ease from their current values to that
                state alone, over its duration (`idle` takes as long as `leave`, `dwell` as long as `arrive`).
    """

    def __init__(self, times: VisitSettings) -> None:
        self.times = times
        self.state = VisitState.IDLE
        self._elapsed_s = 0.0
        self._presence = 0.0
        self._is_answered = False
        self._before: Mapping[VisitState, float] = _only(VisitState.IDLE)
        self.weights: Mapping[VisitState, float] = self._before

    @property
    def progress(self) -> float:
        """Elapsed share of the duration of this state, 0 to 1; `dwell` and `idle` then stay at 1."""
        time_s = self._time_s
        return 1.0 if time_s <= 0 else min(1.0, self._elapsed_s / time_s)

    def advance(self, presence: float, is_seen: bool, tick: Tick) -> None:
        """Advance by `tick.dt_s`.

        Args:
            presence: presence in the newest reflection, 0 to 1.
            is_seen: whether anybody was in view.
            tick: current time.
        """
        self._elapsed_s += tick.dt_s
        if presence != self._presence:
            self._is_answered = presence > self._presence
        self._presence = presence
        following = self._next(presence > 0 and self._is_answered, is_seen)
        if following is not self.state:
            self.state, self._elapsed_s, self._before = following, 0.0, self.weights
        self._weigh()

    def _next(self, is_answered: bool, is_seen: bool) -> VisitState:
        absent = VisitState.NOTICE if is_seen else VisitState.IDLE
        is_over = self.progress >= 1.0
        match self.state:
            case VisitState.IDLE | VisitState.NOTICE:
                return VisitState.ARRIVE if is_answered else absent
            case VisitState.ARRIVE if is_answered:
                return VisitState.DWELL if is_over else VisitState.ARRIVE
            case VisitState.DWELL if is_answered:
                return VisitState.DWELL
            case VisitState.LEAVE if is_answered:
                return VisitState.ARRIVE
            case VisitState.LEAVE if is_over and self._presence <= 0:
                return absent
            case _:
                return VisitState.LEAVE

    def _weigh(self) -> None:
        share = smoothstep(self.progress)
        reached = _only(self.state)
        self.weights = {state: (1 - share) * self._before[state] + share * reached[state] for state in VisitState}

    @property
    def _time_s(self) -> float:
        match self.state:
            case VisitState.NOTICE:
                return self.times.notice_s
            case VisitState.ARRIVE | VisitState.DWELL:
                return self.times.arrive_s
            case _:
                return self.times.leave_s


def _only(state: VisitState) -> Mapping[VisitState, float]:
    return {each: float(each is state) for each in VisitState}
