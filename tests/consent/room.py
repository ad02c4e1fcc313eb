"""A gate, and visitors before it, for tests."""

from __future__ import annotations

from engine.config.consent import ConsentKind, ConsentSettings
from engine.consent.gate import EACH_ALONE, ConsentGate
from tests.consent.series import Visitor, moments

KINDS = [kind for kind in ConsentKind if kind is not ConsentKind.ATTRIBUTES]
WHOLE = [kind for kind in KINDS if kind not in EACH_ALONE]
ALONE = [kind for kind in KINDS if kind in EACH_ALONE]
ANN, BEN = Visitor(1, 0.3), Visitor(2, 0.7)


class Room:
    """A gate, and who is before it; stranger 11 answers Ann, 12 answers Ben."""

    def __init__(self, *, shows_camera: bool = False, **settings: object) -> None:
        self.gate = ConsentGate(ConsentSettings.model_validate({"ask": True, **settings}))
        self.time_s, self.shows_camera = 0.0, shows_camera

    def go(self, seconds: float, *people: Visitor, closed: tuple[Visitor, ...] = ()) -> Room:
        for at_s in moments(self.time_s, seconds):
            seen = [person.features(at_s, eyes=0.0 if person in closed else 1.0) for person in people]
            answers = [person.latent(10 + person.identity, at_s) for person in people]
            self.gate.observe(seen, answers, at_s, shows_camera=self.shows_camera)
        self.time_s += seconds
        return self

    def agreed(self, person: Visitor, *others: Visitor) -> Room:
        return self.go(1.5, person, *others).go(2.3, person, *others, closed=(person,)).go(0.5, person, *others)

    def allowed(self, stranger: int | None = None) -> set[ConsentKind]:
        return {kind for kind in KINDS if self.gate.allows(kind, stranger)}
