"""Playback: a session at any moment, also between its answers, where latents are interpolated by slerp, as in the
mirror itself. Knows neither networks nor OpenGL.
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
    """A session at one moment.

    Attributes:
        latent: between the answers before and after; None before the first.
        cue: the scene, and whether it is dark or held.
        audio: loudness of the room, 0 to 1.
    """

    latent: Latent | None
    cue: Cue
    audio: float = 0.0


class Playback:
    """Plays a session once, forwards.

    Args:
        session: the file.
    """

    def __init__(self, session: Session) -> None:
        self._records = session.records()
        self._before: Answer | None = None
        self._after: Answer | None = None
        self._cues: deque[Cue] = deque()
        self._cue = Cue(0.0, next(iter(session.scenes)))
        self._is_over = False

    def at(self, time_s: float) -> Moment:
        """The session at a time not before the previous one, s since its show began.

        Raises:
            ConfigError: the file makes no sense there.
        """
        while not self._is_over and (self._after is None or self._after.time_s <= time_s):
            self._read_on()
        while self._cues and self._cues[0].time_s <= time_s:
            self._cue = self._cues.popleft()
        answer = self._answer(time_s)
        return Moment(None, self._cue) if answer is None else Moment(answer.latent, self._cue, answer.audio)

    def _read_on(self) -> None:
        record = next(self._records, None)
        if isinstance(record, Cue):
            self._cues.append(record)
            return
        self._before, self._after = self._after or self._before, record
        self._is_over = record is None

    def _answer(self, time_s: float) -> Answer | None:
        before, after = self._before, self._after
        if before is None or after is None or not 0 < after.time_s - before.time_s <= LONGEST_GAP_S:
            return before
        share = (time_s - before.time_s) / (after.time_s - before.time_s)
        z = slerp(before.latent.z, after.latent.z, share)
        presence = before.latent.presence + share * (after.latent.presence - before.latent.presence)
        latent = replace(before.latent, z=z, presence=presence)
        return Answer(time_s, latent, before.audio + share * (after.audio - before.audio))
