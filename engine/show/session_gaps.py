"""What a session keeps of each turn: the answers to visitors who agreed, and gaps where the others were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.config.consent import ConsentKind
from engine.consent.gate import ConsentGate
from engine.types import Latent


class SessionGaps:
    """Leaves out whom the gate keeps out.

    Where a gap begins, the stranger who was kept last is let go once more, as of a visitor who has left: in a film of
    the session they fade, instead of standing still until the next who agrees. Nothing in that is new.

    Args:
        consent: who has agreed.
    """

    def __init__(self, consent: ConsentGate) -> None:
        self._consent = consent
        self._kept: dict[int, Latent] = {}  # the newest of each stranger, while they are kept

    def kept(self, latents: Sequence[Latent]) -> list[Latent]:
        """What of a turn goes into the session.

        Args:
            latents: everybody's, in order.
        """
        rows: list[Latent] = []
        for latent in latents:
            if self._consent.allows(ConsentKind.SESSION, latent.stranger):
                self._kept[latent.stranger] = latent
                rows.append(latent)
            elif latent.stranger in self._kept:
                last = self._kept.pop(latent.stranger)
                rows.append(replace(last, presence=0.0, features=None, likeness=0.0, typicality=0.0))
        numbers = {latent.stranger for latent in latents}
        self._kept = {number: last for number, last in self._kept.items() if number in numbers}
        return rows
