"""The register: who may set what, what counts, why, and what followers hear of it."""

from __future__ import annotations

import math
import threading

import pytest

from engine.control.layers import Holding, Layer
from engine.control.parameter import Access, Kind, Parameter, RefusedError
from engine.control.register import Counts, Register, UnknownAddressError
from engine.core.clock import ManualClock

SIZE = Parameter("/narcissus/scene/reflection/size", Kind.FLOAT, "Side.", default=0.8, low=0.2, high=3.0)
TINT = Parameter("/narcissus/scene/picture/tint", Kind.COLOUR, "Colour.", default=(1.0, 1.0, 1.0))
FLOWERS = Parameter("/narcissus/scene/petals/flowers", Kind.INT, "How many.", default=5, low=0, high=8)
FIT = Parameter("/narcissus/scene/picture/fit", Kind.CHOICE, "How.", default="cover", choices=("cover", "contain"))
GUARD = Parameter("/narcissus/scene/isf/guard", Kind.BOOL, "Whether.", default=True)
BLACK = Parameter("/narcissus/show/blackout", Kind.BOOL, "Dark.", default=False, is_command=True)
NEXT = Parameter("/narcissus/show/next", Kind.TRIGGER, "Next.", Access.WRITE, is_command=True)
DWELL = Parameter("/narcissus/state/dwell", Kind.FLOAT, "Since.", Access.READ, unit="s")
TITLE = Parameter("/narcissus/show/title", Kind.TEXT, "Words.", default="")
ALL = (SIZE, TINT, FLOWERS, FIT, GUARD, BLACK, NEXT, DWELL, TITLE)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(100.0)


@pytest.fixture
def register(clock: ManualClock) -> Register:
    register = Register(clock)
    register.declare("all", ALL)
    return register


@pytest.mark.parametrize(
    ("parameter", "raw", "value", "was_clamped"),
    [
        (SIZE, 1, 1.0, False),
        (SIZE, 7.5, 3.0, True),
        (SIZE, -1, 0.2, True),
        (SIZE, 10**400, None, None),
        (SIZE, math.nan, None, None),
        (SIZE, -math.inf, None, None),
        (SIZE, True, None, None),
        (SIZE, "1", None, None),
        (FLOWERS, 2.6, 3, False),
        (FLOWERS, 99, 8, True),
        (GUARD, False, False, False),
        (GUARD, 1, True, False),
        (GUARD, 0.0, False, False),
        (GUARD, 0.5, None, None),
        (GUARD, "T", None, None),
        (FIT, "contain", "contain", False),
        (FIT, "stretch", None, None),
        (FIT, 1, None, None),
        (TINT, "#ff8000", (1.0, 128 / 255, 0.0), False),
        (TINT, [0.1, 0.2, 0.3, 1.0], (0.1, 0.2, 0.3), False),
        (TINT, (0.1, 2, 0.3), (0.1, 1.0, 0.3), True),
        (TINT, (0.1, math.nan, 0.3), None, None),
        (TINT, 0.5, None, None),
        (TITLE, "Echo", "Echo", False),
        (TITLE, "two\nlines", None, None),
        (TITLE, "x" * 201, None, None),
        (NEXT, None, True, False),
        (NEXT, 0.7, True, False),
        (NEXT, 0, False, False),
        (NEXT, "now", None, None),
    ],
)
def test_a_value_is_taken_clamped_or_refused(
    parameter: Parameter, raw: object, value: object, was_clamped: bool
) -> None:
    if was_clamped is None:
        with pytest.raises(RefusedError, match=f"^{parameter.address}: "):
            parameter.accept(raw)
        return
    accepted = parameter.accept(raw)
    assert accepted.value == value and type(accepted.value) is type(value) and accepted.was_clamped is was_clamped


def test_the_highest_layer_counts_until_it_gives_back(register: Register) -> None:
    assert register.value(SIZE.address) == 0.8
    assert register.set(SIZE.address, 2.0, Layer.PANEL, "panel").is_shown
    assert not register.set(SIZE.address, 1.0, Layer.OSC).is_shown
    assert register.value(SIZE.address) == 2.0 and register.overrides == {SIZE.address: 2.0}
    assert register.release(SIZE.address, Layer.PANEL) and register.value(SIZE.address) == 1.0
    assert not register.release(SIZE.address, Layer.PANEL)
    assert register.release(SIZE.address) and register.value(SIZE.address) == 0.8 and not register.overrides


def test_why_names_every_layer_from_the_top_with_who_and_when(register: Register, clock: ManualClock) -> None:
    ground = (Holding(Layer.DEFAULT, 0.8, "the pass"), Holding(Layer.BINDING, 0.0, "0.2 + presence, pool.yaml:9"))
    register.declare("scene", [SIZE], {SIZE.address: ground})
    register.tell({SIZE.address: 1.1})
    clock.advance(5.0)
    register.set(SIZE.address, 2.5, Layer.OSC, "192.168.1.7")
    clock.advance(2.0)
    why = register.why(SIZE.address)
    assert why.value == 2.5 and why.now_s == 107.0
    assert [(holding.layer, holding.value, holding.by, holding.since_s) for holding in why.holdings] == [
        (Layer.OSC, 2.5, "192.168.1.7", 105.0),
        (Layer.BINDING, 1.1, "0.2 + presence, pool.yaml:9", None),
        (Layer.DEFAULT, 0.8, "the pass", None),
    ]


def test_everything_is_counted_and_a_refusal_says_what_is_wrong(register: Register) -> None:
    register.set(SIZE.address, 9, Layer.OSC)
    with pytest.raises(RefusedError, match="can be read, but not set"):
        register.set(DWELL.address, 1.0, Layer.OSC)
    with pytest.raises(RefusedError, match='must be a number, not "big"'):
        register.set(SIZE.address, "big", Layer.OSC)
    with pytest.raises(UnknownAddressError, match="did you mean '/narcissus/scene/reflection/size'"):
        register.set("/narcissus/scene/reflection/sise", 1, Layer.OSC)
    with pytest.raises(UnknownAddressError, match=r"there is no parameter /else\\n"):
        register.set("/else\n", 1, Layer.OSC)
    assert register.counts == Counts(accepted=1, clamped=1, refused=2, unknown=2)


def test_a_number_is_nudged_and_nothing_else(register: Register) -> None:
    assert register.nudge(SIZE.address, 0.5, Layer.OSC).value == pytest.approx(1.3)
    assert register.nudge(SIZE.address, -9, Layer.OSC).value == 0.2
    assert register.nudge(FLOWERS.address, 1, Layer.OSC).value == 6
    for address, step in ((GUARD.address, 1), (SIZE.address, "1"), (SIZE.address, True)):
        with pytest.raises(RefusedError, match="only a number can be raised"):
            register.nudge(address, step, Layer.OSC)


def test_commands_are_taken_once_the_newest_of_each(register: Register) -> None:
    register.set(BLACK.address, True, Layer.OSC)
    register.set(NEXT.address, None, Layer.OSC)
    register.set(BLACK.address, 0, Layer.PANEL, "panel")
    assert not register.set(NEXT.address, 0, Layer.OSC).is_shown  # the button was let go
    assert [(each.address, each.value, each.by) for each in register.take_commands()] == [
        (NEXT.address, True, ""),
        (BLACK.address, False, "panel"),
    ]
    assert register.take_commands() == () and register.why(BLACK.address).holdings[0].by == "panel"


def test_what_is_set_waits_while_its_parameter_is_gone_and_where_it_does_not_fit(register: Register) -> None:
    register.set(SIZE.address, 2.0, Layer.PANEL)
    register.declare("all", [TINT])
    assert register.overrides == {}
    with pytest.raises(UnknownAddressError):
        register.value(SIZE.address)
    register.declare("all", [Parameter(SIZE.address, Kind.BOOL, "Another.", default=False)])
    assert register.overrides == {} and register.value(SIZE.address) is False
    register.declare("all", [Parameter(SIZE.address, Kind.FLOAT, "Smaller.", default=0.1, low=0.0, high=1.0)])
    assert register.overrides == {SIZE.address: 1.0}
    register.declare("all", ALL)
    assert register.overrides == {SIZE.address: 2.0}
    assert register.release_all() == 1 and register.overrides == {}


def test_a_follower_hears_of_everything_once_and_only_of_the_newest(register: Register) -> None:
    register.happen("arrive")
    follower = register.follow()
    first = follower.poll()
    assert first.values[SIZE.address] == 0.8 and NEXT.address not in first.values and first.paths_changed
    assert not first.events  # it came later
    for step in range(50):
        register.set(SIZE.address, 1 + step / 100, Layer.OSC)
    register.tell({DWELL.address: 3.0, "/narcissus/scene/gone/knob": 1.0})
    register.happen("scene", "pool")
    second = follower.poll()
    assert second.values == {SIZE.address: pytest.approx(1.49), DWELL.address: 3.0} and not second.paths_changed
    assert [(event.name, event.text, event.number) for event in second.events] == [("scene", "pool", 2)]
    register.declare("all", [SIZE])
    third = follower.poll()
    assert third.paths_changed and third.added == () and BLACK.address in third.removed
    assert follower.poll() == type(third)()


def test_nobody_who_goes_on_following_is_forgotten(register: Register) -> None:
    assert not register.is_followed
    follower = register.follow()
    assert register.is_followed
    del follower
    assert not register.is_followed


def test_the_frame_sees_one_consistent_mapping_while_many_threads_set(register: Register) -> None:
    """Both knobs are always set by the same thread to the same number, one after the other."""
    other = Parameter("/narcissus/scene/reflection/idle", Kind.FLOAT, "Idle.", default=0.8, low=0.2, high=3.0)
    register.declare("more", [other])
    stop, failures = threading.Event(), []

    def flood() -> None:
        for step in range(2000):
            value = 0.5 + (step % 100) / 100
            register.set(SIZE.address, value, Layer.OSC)
            register.set(BLACK.address, step % 2, Layer.OSC)

    def read() -> None:
        while not stop.is_set():
            seen = register.overrides
            if seen and not 0.5 <= float(str(seen[SIZE.address])) <= 1.5:
                failures.append(seen)
            register.take_commands()

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=flood) for _ in range(3)]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reader.join()
    assert not failures and register.counts.accepted == 3 * 2 * 2000


@pytest.mark.parametrize("parameter", [SIZE, FLOWERS, FIT])
def test_a_share_of_the_range_becomes_a_value_and_back(parameter: Parameter) -> None:
    assert parameter.share_of(parameter.at_share(0.0)) == pytest.approx(0.0, abs=0.26)
    assert parameter.at_share(1.0) in (3.0, 8, "contain") and parameter.at_share(-4) == parameter.at_share(0.0)
    for value in (parameter.default, parameter.at_share(0.7)):
        assert parameter.at_share(parameter.share_of(value)) == pytest.approx(value)
