"""Frame -> Features of everybody in it, for a mirror that answers several visitors at once."""

from __future__ import annotations

from collections.abc import Sequence

from engine.features.featurizer import Featurizer
from engine.types import Features, Frame


class EveryoneFeaturizer:
    """Measures everybody; of a mirror that answers one visitor only that one.

    Args:
        featurizer: of consecutive frames; it is closed with this.
        most: how many visitors are answered.
    """

    def __init__(self, featurizer: Featurizer, most: int) -> None:
        self._featurizer = featurizer
        self._most = most

    def __call__(self, frame: Frame) -> Sequence[Features]:
        """Features of the people in a frame, whoever is to be answered first before all, then the nearest."""
        if self._most > 1:
            return self._featurizer.everyone(frame)
        visitor = self._featurizer(frame)
        return [] if visitor is None else [visitor]

    def close(self) -> None:
        """Release the featurizer; may be called again."""
        self._featurizer.close()
