"""How the share of a new scene grows."""

from __future__ import annotations

import itertools
from typing import get_args

import pytest

from engine.core.clock import Tick
from engine.scene.transition import Transition, TransitionSettings

CURVES = get_args(TransitionSettings.model_fields["curve"].annotation)


@pytest.mark.parametrize("curve", CURVES)
def test_every_curve_grows_from_nothing_to_all(curve: str) -> None:
    crossfade = Transition(TransitionSettings.model_validate({"seconds": 2.0, "curve": curve}))
    shares = [crossfade.share]
    for index in range(20):
        assert not crossfade.is_over
        crossfade.elapse(Tick(index, 0.0, 0.1))
        shares.append(crossfade.share)
    assert crossfade.is_over and (shares[0], shares[-1]) == (0.0, 1.0)
    assert all(before < after for before, after in itertools.pairwise(shares))
    middle = {"smooth": 0.5, "linear": 0.5, "early": 0.875, "late": 0.125}
    assert shares[10] == pytest.approx(middle[curve])


def test_a_cut_is_over_at_once() -> None:
    crossfade = Transition(TransitionSettings(seconds=0.0))
    assert crossfade.is_over and crossfade.share == 1.0
