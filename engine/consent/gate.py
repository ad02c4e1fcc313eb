"""The gate that everything which keeps or sends something of visitors asks first.

`observe` is told on the main thread who is in the glass; `allows` may be asked from any thread. Whole pictures need the
consent of everyone in the glass; what is kept of one visitor needs theirs. Knows no file and no picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.config.consent import ConsentKind, ConsentSettings
from engine.consent.gestures import GestureReader, Glance
from engine.features.face_tracker import FORGET_S
from engine.types import Features, Latent

EACH_ALONE = frozenset({ConsentKind.SESSION, ConsentKind.ARCHIVE, ConsentKind.ATTRIBUTES})
"""Kinds that are kept of one visitor and not of another."""

LINGER_S = 15.0
"""How long the mirror still shows somebody who has left: the stranger fades, and the wander begins there."""

TOLD_S = 5.0  # how long the wall says that it has ended
WANTED_S = 2.0  # whoever has asked within this time wants to keep something


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody in the glass, as the sign on the wall shows them.

    Attributes:
        progress: how much of the gesture is done, 0 to 1.
        has_agreed: whether they have agreed.
    """

    progress: float
    has_agreed: bool


@dataclass(frozen=True)
class ConsentState:
    """Who has agreed, at one moment; replaced as a whole.

    Attributes:
        people: everyone in the glass, from left to right.
        is_open: whether everyone in the glass has agreed, and nobody else is still shown.
        strangers: whether each stranger, by number, may be kept; those who never answered anybody are not in it.
        has_just_ended: whether somebody has just ended it.
    """

    people: tuple[Standing, ...] = ()
    is_open: bool = True
    strangers: Mapping[int, bool] = field(default_factory=dict)
    has_just_ended: bool = False


@dataclass(frozen=True, slots=True)
class _Seat:
    """Whom a stranger answers, or answered last."""

    identity: int
    may_be_kept: bool
    answered_s: float


class ConsentGate:
    """Says what may be kept and sent now.

    Args:
        settings: the `consent` section of config.yaml.
        is_watched: whether a camera or a film is the source; a mirror that sees only itself asks nobody.
    """

    def __init__(self, settings: ConsentSettings | None = None, *, is_watched: bool = True) -> None:
        self.settings = settings or ConsentSettings()
        self.asks = self.settings.ask and is_watched
        self._readers: dict[int, GestureReader] = {}
        self._places: dict[int, tuple[float, float]] = {}  # where across, and when, each was seen last
        self._seats: dict[int, _Seat] = {}
        self._state = ConsentState()
        self._now_s = 0.0
        self._asked_s: dict[ConsentKind, float] = {}  # when each kind was asked for last

    @property
    def state(self) -> ConsentState:
        """Who has agreed; may be read from any thread."""
        return self._state

    @property
    def wanted(self) -> tuple[ConsentKind, ...]:
        """Kinds that somebody wants to keep, send or show: what was asked for just now."""
        asked = list(self._asked_s.items())
        return tuple(kind for kind, asked_s in asked if self._now_s - asked_s < WANTED_S)

    def keeps(self, kind: ConsentKind) -> bool:
        """Whether anything of this kind is kept, sent or shown now, of anybody; for the red dot."""
        state = self._state
        if not self.covers(kind) or kind not in EACH_ALONE:
            return not self.covers(kind) or state.is_open
        return not state.people or any(state.strangers.values())

    def covers(self, kind: ConsentKind) -> bool:
        """Whether this kind waits for a gesture."""
        return self.asks and (kind is ConsentKind.ATTRIBUTES or kind.value in self.settings.covers)

    def allows(self, kind: ConsentKind, stranger: int | None = None) -> bool:
        """Whether this may be kept, sent or shown now. Any thread may ask.

        Args:
            kind: what is to be done.
            stranger: number of the stranger (`Latent.stranger`) of whom it is made; None for the whole picture, which
                needs everyone's consent.
        """
        if kind is ConsentKind.ATTRIBUTES and not self.settings.attributes:
            return False
        if not self.covers(kind):
            return True
        self._asked_s[kind] = self._now_s
        state = self._state
        if stranger is None or kind not in EACH_ALONE:
            return state.is_open
        return state.strangers.get(stranger, True)

    def observe(
        self, measured: Sequence[Features], latents: Iterable[Latent], now_s: float, *, shows_camera: bool
    ) -> None:
        """Take what is new, once a frame; nothing where the gate does not ask.

        Args:
            measured: measurements of everyone in the glass, if there are new ones.
            latents: those of the newest turn, if there is one.
            now_s: the clock by which measurements are stamped.
            shows_camera: whether the scene shows the camera's picture, in which people may be who are not measured.
        """
        if not self.asks:
            return
        self._now_s = now_s
        for features in measured:
            self._see(features, now_s)
        for reader in self._readers.values():
            reader.pass_time(now_s)
        for latent in latents:
            self._seat(latent, now_s)
        self._forget(now_s)
        self._state = self._conclude(now_s, shows_camera=shows_camera)

    def _see(self, features: Features, now_s: float) -> None:
        if features.identity not in self._readers:
            settings = self.settings
            self._readers[features.identity] = GestureReader(settings.agree_s, settings.end_s)
        if features.identity:  # faces without a number may be anybody's: they never agree
            self._readers[features.identity].see(Glance.of(features))
        self._places[features.identity] = features.placement.x, now_s

    def _seat(self, latent: Latent, now_s: float) -> None:
        if latent.features is not None:
            self._seats[latent.stranger] = _Seat(latent.features.identity, False, now_s)

    def _forget(self, now_s: float) -> None:
        """Let go of people who have left, as the tracker does."""
        for identity in [who for who, (_, seen_s) in self._places.items() if now_s - seen_s > FORGET_S]:
            del self._places[identity], self._readers[identity]
        for number, seat in list(self._seats.items()):
            reader = self._readers.get(seat.identity)
            self._seats[number] = replace(seat, may_be_kept=reader is not None and reader.has_agreed)
            if now_s - seat.answered_s > LINGER_S:
                del self._seats[number]

    def _conclude(self, now_s: float, *, shows_camera: bool) -> ConsentState:
        people = sorted(self._places, key=lambda identity: self._places[identity][0])
        readers = [self._readers[identity] for identity in people]
        has_everyone = all(reader.has_agreed for reader in readers)
        is_open = has_everyone and all(seat.may_be_kept for seat in self._seats.values())
        is_open &= bool(people) or not shows_camera
        ended_s = max((reader.ended_s for reader in readers if reader.ended_s is not None), default=-math.inf)
        return ConsentState(
            tuple(Standing(reader.progress, reader.has_agreed) for reader in readers),
            is_open,
            {number: seat.may_be_kept for number, seat in self._seats.items()},
            now_s - ended_s < TOLD_S,
        )
