"""What viewers are taken for, against what their answers are, and how often that changes."""

from __future__ import annotations

import numpy as np
import pytest

from engine.features.featurizer import LAYOUT
from engine.features.vector import EVEN_AGES, EVEN_GENDER
from engine.pipeline.attribute_follower import READ_HZ
from engine.types import ByteArray, Features, FloatArray
from tests.pipeline.test_attribute_follower import FakeReader
from tests.tools.drawn import features_of
from tools.likeness.attribute_figures import attributes_kept, flips_per_minute

YOUNG, MIDDLE, OLD = (0.8, 0.1, 0.1), (0.2, 0.7, 0.1), (0.0, 0.3, 0.7)
NOBODY = np.zeros((3, 48, 64, 3), np.uint8)


def vectors(*readings: tuple[tuple[float, ...], float]) -> FloatArray:
    """Of each face the probabilities of its ages, and of its being male."""
    faces = np.zeros((len(readings), LAYOUT.size), np.float32)
    faces[:, LAYOUT["attributes"]] = [(*ages, male) for ages, male in readings]
    return faces


def test_the_same_is_kept_the_next_class_nearly_and_the_unsure_are_not_asked() -> None:
    asked = vectors((YOUNG, 0.9), (YOUNG, 0.05), (OLD, 0.95), (MIDDLE, 0.6))
    came = vectors((YOUNG, 0.6), (MIDDLE, 0.7), (YOUNG, 0.8), (MIDDLE, 0.1))
    kept = attributes_kept(asked, came)
    assert kept == {"gender": pytest.approx(2 / 3), "age": 0.5, "age_near": 0.75}
    assert attributes_kept(asked, asked) == {"gender": 1, "age": 1, "age_near": 1}


def test_where_nobody_is_sure_or_nothing_was_read_nothing_is_said() -> None:
    unsure, unread = vectors((YOUNG, 0.7)), vectors((EVEN_AGES, EVEN_GENDER))
    assert attributes_kept(unsure, unsure) == {"gender": None, "age": 1, "age_near": 1}
    for asked, came in ((unread, unread), (unsure, unread), (unsure[:0], unsure[:0])):
        assert attributes_kept(asked, came) is None


class Wavering(FakeReader):
    """Sees a man for `period` readings, then a woman for as many."""

    def __init__(self, period: int) -> None:
        super().__init__()
        self.period = period

    def __call__(self, square: ByteArray) -> dict[str, FloatArray]:
        is_male = len(self.squares) // self.period % 2 == 0
        self.says["gender"] = (0.95, 0.05) if is_male else (0.05, 0.95)
        return super().__call__(square)


def there(picture: ByteArray) -> Features:
    return features_of(np.ones(16, np.float32))


def test_what_is_told_changes_with_what_is_seen_for_long_and_not_with_a_flicker() -> None:
    assert flips_per_minute(FakeReader(), there, NOBODY) == 0
    assert flips_per_minute(Wavering(1), there, NOBODY) == 0
    slow = flips_per_minute(Wavering(round(10 * READ_HZ)), there, NOBODY, seconds=30.0)
    assert slow == pytest.approx(4, abs=1)  # twice in half a minute


def test_whoever_is_not_found_is_not_watched() -> None:
    assert flips_per_minute(FakeReader(), lambda picture: None, NOBODY) is None
    seen = iter([True, False] * 1000)
    reader = Wavering(round(5 * READ_HZ))
    changes = flips_per_minute(reader, lambda picture: there(picture) if next(seen) else None, NOBODY[:1], seconds=40)
    assert changes is not None and changes > 3  # in the twenty seconds that the face was there
