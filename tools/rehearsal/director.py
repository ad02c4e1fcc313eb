"""Runs a rehearsal: waits until the show sees, gives one fault after another, and notes how each went."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from engine.core.clock import TimeSource
from engine.core.errors import DeviceError
from tools.rehearsal.faults import Fault, deck
from tools.rehearsal.moment import Moment
from tools.rehearsal.theatre import Theatre

WAKE_S = 180.0  # that the show has until it sees
RECOVERY_S = 30.0  # that it has after a fault was mended
REST_S = 1.0  # at least, between two faults
LOOK_S = 0.1
PAUSE_S = 2.0  # a sleep of `LOOK_S` that takes so long was none of ours
TOLD_S = 0.25  # what a moment tells is at least of so long
AFTER_S = 1.0  # after a pause, what it delayed is still told


@dataclass(frozen=True)
class Incident:
    """A fault, and what became of it.

    Attributes:
        name: of its kind.
        began_s: since the rehearsal began.
        recovery_s: from its last step, after which nothing is wrong any more, until all was as before; None if it
            never was.
        is_noticed: whether the show noticed it.
        gap_s, reflection_gap_s: longest time without a new picture, and without a new reflection, until then.
    """

    name: str
    began_s: float
    recovery_s: float | None
    is_noticed: bool
    gap_s: float
    reflection_gap_s: float


@dataclass(frozen=True)
class Pause:
    """A time in which the director itself did not run: the machine was suspended, or gave it no processor.

    Attributes:
        began_s, ended_s: on the clock of moments.
    """

    began_s: float
    ended_s: float

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.ended_s - self.began_s

    def touches(self, moment: Moment) -> bool:
        """Whether what a moment tells may be of the pause."""
        since_s = moment.time_s - max(moment.gap_s, TOLD_S)
        return since_s < self.ended_s + AFTER_S and moment.time_s > self.began_s


class Director:
    """Directs one rehearsal.

    Args:
        theatre: where the show runs.
        clock: the time.
        seed: of the faults.
        seconds: length, from when the show sees.
        every_s: between the beginnings of two faults; 0 gives each as soon as the show has recovered from the last.

    Attributes:
        incidents: what has happened so far.
        pauses: in which the machine ran nothing.
        began_s: when the show saw, on `clock`.
    """

    def __init__(self, theatre: Theatre, clock: TimeSource, seed: int, seconds: float, every_s: float) -> None:
        self._theatre, self._clock = theatre, clock
        self._seconds, self._every_s = seconds, every_s
        self._random = np.random.default_rng([seed, 1])
        self.incidents: list[Incident] = []
        self.pauses: list[Pause] = []
        self.began_s = clock.now_s()

    def run(self) -> None:
        """Rehearse.

        Raises:
            DeviceError: the show does not start.
        """
        self._await_show()
        self.began_s = self._clock.now_s()
        faults, due_s = self._faults(), self.began_s + min(self._every_s, self._seconds / 4)
        with tqdm(total=round(self._seconds), unit="s", desc="rehearsing", mininterval=1) as bar:
            while self._left_s() > 0 and self._theatre.exit_status is None:
                if self._clock.now_s() >= due_s:
                    due_s += max(self._every_s, REST_S)
                    self.incidents.append(self._give(next(faults)))
                    tqdm.write(_told(self.incidents[-1]))
                    due_s = max(due_s, self._clock.now_s() + REST_S)
                self._rest()
                bar.update(round(self._seconds - max(0.0, self._left_s())) - bar.n)

    def _rest(self) -> float:
        """Wait a moment; returns how long it took where the machine paused, else 0."""
        began_s = self._clock.now_s()
        self._clock.sleep_s(LOOK_S)
        ended_s = self._clock.now_s()
        if ended_s - began_s < PAUSE_S:
            return 0.0
        self.pauses.append(Pause(began_s, ended_s))
        return ended_s - began_s

    def _left_s(self) -> float:
        return self.began_s + self._seconds - self._clock.now_s()

    def _faults(self) -> Iterator[Fault]:
        while True:
            yield from deck(self._random)

    def _await_show(self) -> None:
        limit_s = self._clock.now_s() + WAKE_S
        while self._clock.now_s() < limit_s:
            newest, status = self._theatre.newest, self._theatre.exit_status
            if status is not None:
                raise DeviceError(f"the show ended with status {status} before it began: see {self._theatre.folder}")
            if newest is not None and newest.age_ms is not None and newest.camera == "running":
                return
            self._clock.sleep_s(LOOK_S)
        raise DeviceError(f"the show did not see anything within {WAKE_S:g} s: see {self._theatre.folder}")

    def _give(self, fault: Fault) -> Incident:
        """Give one fault, and watch until the show has recovered or its time is over."""
        theatre, before = self._theatre, self._theatre.newest
        assert before is not None
        began_s, first = self._clock.now_s(), len(theatre.moments)
        steps, is_noticed, recovery_s = list(fault.steps), False, None
        mended_s, paused_s, seen = began_s + steps[-1][0], 0.0, first
        while recovery_s is None and theatre.exit_status is None:
            now_s = self._clock.now_s()
            if now_s > mended_s + paused_s + RECOVERY_S:
                break
            while steps and now_s >= began_s + paused_s + steps[0][0]:
                steps.pop(0)[1](theatre)
            for moment in theatre.moments[seen:]:
                seen += 1
                is_noticed |= moment.time_s > began_s and fault.is_noticed(before, moment)
                is_mended = not steps and moment.time_s > mended_s + paused_s
                if is_noticed and is_mended and fault.has_recovered(before, moment):
                    recovery_s = moment.time_s - mended_s - paused_s
                    break
            paused_s += self._rest()  # what is still to be done keeps its distance
        for _, step in steps:  # the show is over, or slow; nothing stays broken
            step(theatre)
        during = theatre.moments[first:]
        return Incident(
            fault.name,
            began_s - self.began_s,
            recovery_s,
            is_noticed,
            _longest(during, "gap_s"),
            _longest(during, "reflection_gap_s"),
        )


def _told(incident: Incident) -> str:
    recovery_s = incident.recovery_s
    outcome = "did not recover" if recovery_s is None else f"recovered {recovery_s:.1f} s after its end"
    return f"{incident.began_s:.0f} s: {incident.name}: {outcome}; longest gap {incident.gap_s:.2f} s"


def _longest(moments: list[Moment], name: str) -> float:
    return max((float(getattr(moment, name)) for moment in moments), default=0.0)
