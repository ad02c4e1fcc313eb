"""Frame -> features of everyone in it, for mirrors that reflect several visitors at once."""

from __future__ import annotations

from collections.abc import Sequence

from engine.features.featurizer import Featurizer
from engine.types import Features, Frame


class EveryoneFeaturizer:
    """Measures everyone, or only the selected visitor where the mirror reflects one.

    Args:
        featurizer: measures consecutive frames; closed with this object.
        most: maximum number of visitors.
    """

    def __init__(self, featurizer: Featurizer, most: int) -> None:
        self._featurizer = featurizer
        self._most = most

    def __call__(self, frame: Frame) -> Sequence[Features]:
        """Features of the people in a frame: the selected visitor first, then by distance."""
        if self._most > 1:
            return self._featurizer.everyone(frame)
        visitor = self._featurizer(frame)
        return [] if visitor is None else [visitor]

    def close(self) -> None:
        """Release the featurizer; may be called again."""
        self._featurizer.close()
