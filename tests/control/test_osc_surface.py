"""What an OSC message means: patterns, questions, steps; and what is told back."""

from __future__ import annotations

import pytest

from engine.control.layers import Layer
from engine.control.osc_codec import OscCall, decode
from engine.control.osc_surface import MOST_PATTERNS, OscSurface, matching
from tests.control.rooms import EXPOSURE, Stage

KNOWN = ("/n/room/blur", "/n/room/exposure", "/n/glass/waves", "/n/glass/ripple", "/n/film/grain")


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("/n/room/*", {"/n/room/blur", "/n/room/exposure"}),
        ("/n/*/*a*", set()),  # more stars than two are not tried
        ("/n/*/grain", {"/n/film/grain"}),
        ("/n/??m/blur", set()),
        ("/n/?oom/blur", {"/n/room/blur"}),
        ("/n/{room,film}/*", {"/n/room/blur", "/n/room/exposure", "/n/film/grain"}),
        ("/n/[f-g]*/*", {"/n/glass/waves", "/n/glass/ripple", "/n/film/grain"}),
        ("/n/[!f-g]*/*", {"/n/room/blur", "/n/room/exposure"}),
        ("/*", set()),  # a star never leads across a slash
        ("/n/room/blur[", set()),
        ("/n/room/{", set()),
        ("/n/[]/blur", set()),
        ("/n/[\\w]oom/*", set()),
        ("/n/(room)/*", set()),
    ],
)
def test_a_pattern_means_what_the_specification_says(pattern: str, found: set[str]) -> None:
    assert set(matching(pattern, KNOWN)) == found


def test_patterns_that_would_take_long_are_not_tried() -> None:
    long = tuple(f"/n/{'a' * 150}/{number}" for number in range(500))

    assert matching("/n/*a*b", long) == ()
    assert matching("/n/" + "?" * 9, long) == ()


def test_a_pattern_sets_all_that_it_means_and_is_found_again_when_parameters_change() -> None:
    stage = Stage()
    surface = OscSurface(stage.register, stage.clock)
    surface.hear(OscCall("/narcissus/scene/*/{exposure,rows}", (2,)), "here")
    assert stage.register.value(EXPOSURE) == 2.0 and stage.register.value("/narcissus/scene/film/rows") == 2
    stage.register.declare("knobs", [])
    assert surface.hear(OscCall("/narcissus/scene/*/{exposure,rows}", (3,)), "here") == []
    for number in range(2 * MOST_PATTERNS):
        surface.hear(OscCall(f"/narcissus/*/{number}", (1,)), "here")
    assert len(surface._matches) <= MOST_PATTERNS


def test_a_value_is_not_echoed_to_whoever_set_it_but_what_others_set_is_told() -> None:
    stage = Stage()
    surface = OscSurface(stage.register, stage.clock)
    surface.hear(OscCall(EXPOSURE, (2.0,)), "here")
    assert surface.feedback({EXPOSURE: 2.0}) == []
    stage.register.set(EXPOSURE, 3.0, Layer.PANEL)
    assert decode(surface.feedback({EXPOSURE: 3.0})[0]) == [OscCall(EXPOSURE, (3.0,))]
    surface.hear(OscCall(EXPOSURE, (99.0,)), "here")  # brought into the range: the sender is told what became of it
    assert decode(surface.feedback({EXPOSURE: 4.0})[0]) == [OscCall(EXPOSURE, (4.0,))]


def test_what_cannot_be_done_is_remembered_in_a_sentence() -> None:
    stage = Stage()
    surface = OscSurface(stage.register, stage.clock)
    surface.hear(OscCall(EXPOSURE, ("loud",)), "here")
    assert surface.last_refusal.startswith(f"{EXPOSURE}: ")
    assert surface.hear(OscCall("/narcissus/show/next", ("?",)), "here") == []  # a trigger has no value
