"""Selection of the fastest of several equivalent variants: a champion meets one challenger after another, alternately.

They alternate so that other load on the machine affects both, and compete in pairs so that only two are in memory. The
tuner receives durations and knows neither clock nor network: the show's own pictures are the measurement.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from engine.networks.backends.graph_variants import GraphVariant

TURNS = 15
HOPELESS_TURNS, HOPELESS = 4, 1.25  # after this many turns, a challenger whose best time is this much slower is out
MARGIN = 1.01  # factor by which a challenger must be faster, so that nothing changes without a gain
EXACT_MARGIN = 1.1  # factor by which bfloat16 must be faster than float32, because it is not exact


class Autotuner:
    """Tournament between variants.

    Args:
        forms: participants, the first champion first.

    Attributes:
        champion: the fastest so far.
        ratios: duration of each challenger as a multiple of that of the champion it met.
    """

    def __init__(self, forms: Sequence[GraphVariant]) -> None:
        self.champion, *self._waiting = forms
        self.ratios: dict[GraphVariant, float] = {}
        self._forget()

    @property
    def challenger(self) -> GraphVariant | None:
        """Variant that meets the champion now; None when it is over."""
        return self._waiting[0] if self._waiting else None

    @property
    def is_over(self) -> bool:
        return not self._waiting

    def next(self) -> GraphVariant:
        """Variant whose turn it is."""
        challenger = self.challenger
        is_challengers = challenger is not None and len(self._theirs) < len(self._ours)
        return challenger if challenger is not None and is_challengers else self.champion

    def note(self, form: GraphVariant, seconds: float) -> None:
        """Record the duration of `form`, which was `next`; decides the duel once there is enough evidence."""
        (self._ours if form == self.champion else self._theirs).append(seconds)
        turns = len(self._theirs)
        if self.is_over or turns < len(self._ours):
            return
        if turns >= HOPELESS_TURNS and min(self._theirs) > HOPELESS * min(self._ours):
            self._end_duel(min(self._theirs) / min(self._ours))
        elif turns >= TURNS:
            self._end_duel(statistics.median(self._theirs) / statistics.median(self._ours))

    def withdraw(self) -> None:
        """Disqualify the challenger: it cannot be run on this machine."""
        self._waiting.pop(0)
        self._forget()

    def _end_duel(self, ratio: float) -> None:
        challenger = self._waiting.pop(0)
        self.ratios[challenger] = ratio
        if ratio < _needed(self.champion, challenger):
            self.champion = challenger
        self._forget()

    def _forget(self) -> None:
        self._ours: list[float] = []
        self._theirs: list[float] = []


def _needed(champion: GraphVariant, challenger: GraphVariant) -> float:
    """Duration ratio below which the challenger wins."""
    if champion.precision == challenger.precision:
        return 1 / MARGIN
    return EXACT_MARGIN if challenger.precision == "float32" else 1 / EXACT_MARGIN
