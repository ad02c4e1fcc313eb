"""Which of some equivalent forms is the fastest: a champion meets one challenger after the other, turn and turn about.

Turns, so that whatever else the machine does falls on both; two at a time, so that no more than two are in memory. It
is told durations and knows neither clock nor network: a show's own pictures serve as the measurement.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from engine.networks.backends.graph_variants import GraphVariant

TURNS = 15
HOPELESS_TURNS, HOPELESS = 4, 1.25  # after so many turns, a challenger that is so much slower at its best is out
MARGIN = 1.01  # a challenger must be faster by this: a new form for nothing is no gain
EXACT_MARGIN = 1.1  # bfloat16 must be faster than float32 by this: it is not exact


class Autotuner:
    """A tournament.

    Args:
        forms: who takes part, the first champion first.

    Attributes:
        champion: the fastest so far.
        ratios: of those who challenged, the duration as a multiple of that of the champion whom they met.
    """

    def __init__(self, forms: Sequence[GraphVariant]) -> None:
        self.champion, *self._waiting = forms
        self.ratios: dict[GraphVariant, float] = {}
        self._forget()

    @property
    def challenger(self) -> GraphVariant | None:
        """Who meets the champion now; None once it is over."""
        return self._waiting[0] if self._waiting else None

    @property
    def is_over(self) -> bool:
        return not self._waiting

    def next(self) -> GraphVariant:
        """Whose turn it is."""
        challenger = self.challenger
        is_challengers = challenger is not None and len(self._theirs) < len(self._ours)
        return challenger if challenger is not None and is_challengers else self.champion

    def note(self, form: GraphVariant, seconds: float) -> None:
        """Count the turn of `form`, which was `next`; decides when it has been enough."""
        (self._ours if form == self.champion else self._theirs).append(seconds)
        turns = len(self._theirs)
        if self.is_over or turns < len(self._ours):
            return
        if turns >= HOPELESS_TURNS and min(self._theirs) > HOPELESS * min(self._ours):
            self._end_duel(min(self._theirs) / min(self._ours))
        elif turns >= TURNS:
            self._end_duel(statistics.median(self._theirs) / statistics.median(self._ours))

    def withdraw(self) -> None:
        """The challenger cannot be run on this machine."""
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
    """The ratio of durations below which the challenger wins."""
    if champion.precision == challenger.precision:
        return 1 / MARGIN
    return EXACT_MARGIN if challenger.precision == "float32" else 1 / EXACT_MARGIN
