"""Playback: the state of a session at any time; between latents it is interpolated by slerp, as in the mirror. Knows
neither networks nor OpenGL.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from engine.networks.pggan.latent_sphere import slerp
from engine.session.format import Answer, Cue
from engine.session.reader import Session
from engine.types import Latent

LONGEST_GAP_S = 0.5
"""Answers further apart are not interpolated: the mirror was stuck with its last picture, and is so again."""


@dataclass(frozen=True, slots=True)
class Moment:
    """State of a session at one time.

    Attributes:
        latent: interpolated latent of the main visitor; None before the first.
        cue: scene, and whether it is dark or frozen.
        audio: loudness of the room, 0 to 1.
        beside: latents of all other visitors.
    """

    latent: Latent | None
    cue: Cue
    audio: float = 0.0
    beside: tuple[Latent, ...] = ()


class Playback:
    """Plays a session once, forwards.

    Args:
        session: session file.
    """

    def __init__(self, session: Session) -> None:
        self._records = session.records()
        self._ahead: Answer | Cue | None = None  # read ahead
        self._before: tuple[Answer, ...] = ()  # answers of one turn
        self._after: tuple[Answer, ...] = ()
        self._cues: deque[Cue] = deque()
        self._cue = Cue(0.0, next(iter(session.scenes)))
        self._is_over = False

    def at(self, time_s: float) -> Moment:
        """State at a time not before the previous one, s since the show started.

        Raises:
            ConfigError: the file is invalid there.
        """
        while not self._is_over and (not self._after or self._after[0].time_s <= time_s):
            self._read_on()
        while self._cues and self._cues[0].time_s <= time_s:
            self._cue = self._cues.popleft()
        turn = self._turn(time_s)
        if not turn:
            return Moment(None, self._cue)
        first, *others = turn
        return Moment(first.latent, self._cue, first.audio, tuple(other.latent for other in others))

    def _read_on(self) -> None:
        record = self._next()
        if isinstance(record, Cue):
            self._cues.append(record)
            return
        self._before = self._after or self._before
        self._after = () if record is None else self._rest_of_turn(record)
        self._is_over = record is None

    def _rest_of_turn(self, first: Answer) -> tuple[Answer, ...]:
        """Remaining answers of the turn that starts with this one."""
        turn = {first.latent.stranger: first}
        while (record := self._next()) is not None:
            if isinstance(record, Cue) or record.time_s != first.time_s or record.latent.stranger in turn:
                self._ahead = record
                break
            turn[record.latent.stranger] = record
        return tuple(turn.values())

    def _next(self) -> Answer | Cue | None:
        ahead, self._ahead = self._ahead, None
        return next(self._records, None) if ahead is None else ahead

    def _turn(self, time_s: float) -> list[Answer]:
        after = {answer.latent.stranger: answer for answer in self._after}
        return [_between(answer, after.get(answer.latent.stranger), time_s) for answer in self._before]


def _between(before: Answer, after: Answer | None, time_s: float) -> Answer:
    if after is None or not 0 < after.time_s - before.time_s <= LONGEST_GAP_S:
        return before
    share = (time_s - before.time_s) / (after.time_s - before.time_s)
    z = slerp(before.latent.z, after.latent.z, share)
    presence = before.latent.presence + share * (after.latent.presence - before.latent.presence)
    latent = replace(before.latent, z=z, presence=presence)
    return Answer(time_s, latent, before.audio + share * (after.audio - before.audio))
