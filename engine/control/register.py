"""Register: every parameter of the show under one address, what each layer says of it, and why it is as it is.

Any thread may ask and set; the thread that draws reads what counts once a frame, as one mapping that is replaced as a
whole, so that setting a value costs drawing nothing. What a value does is not known here; `engine/show/control_desk.py`
carries it out.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from weakref import WeakSet

from engine.control.follower import Event, Follower, Snapshot
from engine.control.layers import Holding, Layer, Why
from engine.control.parameter import ControlError, Kind, Parameter, RefusedError, Value
from engine.core.clock import TimeSource
from engine.core.messages import did_you_mean, printable

MOST_EVENTS = 256
LONGEST_BY = 80
LOWEST_SET = Layer.SCHEDULE

Ground = Sequence[Holding]
"""What holds where nobody sets a parameter, lowest first."""


class UnknownAddressError(ControlError):
    """An address that no parameter has at this moment.

    Args:
        address: as it was asked for.
        known: those that there are; the nearest is looked for only when somebody reads the sentence.
    """

    def __init__(self, address: str, known: Iterable[str]) -> None:
        self._address, self._known = printable(address[:120]), known

    def __str__(self) -> str:
        group = self._address.rpartition("/")[0]
        near = [known for known in self._known if known.rpartition("/")[0] == group]
        near = near or sorted({known.rpartition("/")[0] for known in self._known})
        return f"there is no parameter {self._address}; {did_you_mean(self._address, near)}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a value.

    Attributes:
        address, value: as it was accepted.
        was_clamped: whether it was out of range.
        is_shown: whether it counts; False where a higher layer says something else.
    """

    address: str
    value: Value
    was_clamped: bool
    is_shown: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """Values that came since the start: accepted, of which so many were clamped; of the wrong kind; to no address."""

    accepted: int = 0
    clamped: int = 0
    refused: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Command:
    """Something that the show is to do once.

    Attributes:
        address, value: what.
        layer, by: who says so.
    """

    address: str
    value: Value
    layer: Layer
    by: str


class Register:
    """Parameters and their values; may be used from any thread, and never waits for drawing or for a disk.

    Args:
        clock: says when something was set.
    """

    def __init__(self, clock: TimeSource) -> None:
        self._clock = clock
        self._lock = threading.Lock()  # held for some microseconds; never around a call that leaves this module
        self._groups: dict[str, Mapping[str, Parameter]] = {}
        self._grounds: dict[str, Mapping[str, Ground]] = {}
        self._parameters: Mapping[str, Parameter] = MappingProxyType({})
        self._ground: Mapping[str, Ground] = {}
        self._ground_values: Mapping[str, Value] = {}
        self._held: dict[str, dict[Layer, Holding]] = {}
        self._overrides: Mapping[str, Value] = {}
        self._commands: Mapping[str, Command] = {}
        self._told: Mapping[str, Value] = {}
        self._events: deque[Event] = deque(maxlen=MOST_EVENTS)
        self._event_count = 0
        self._followers: WeakSet[Follower] = WeakSet()
        self._noted: dict[str, Holding] = {}  # who made the show do something last
        self._tally: Counter[str] = Counter()

    # -------------------------------------------------- for everybody

    def parameters(self) -> Mapping[str, Parameter]:
        """All parameters by address, sorted; another object after they changed."""
        return self._parameters

    @property
    def counts(self) -> Counts:
        """How many values came, and what became of them."""
        return Counts(**self._tally)

    @property
    def overridden(self) -> Mapping[str, Layer]:
        """The layer that counts, of each parameter that is set, whether it exists at this moment or waits."""
        with self._lock:
            return {address: max(stack) for address, stack in self._held.items()}

    def parameter(self, address: str) -> Parameter:
        """The parameter at an address.

        Raises:
            UnknownAddressError: there is none at this moment.
        """
        parameter = self._parameters.get(address)
        if parameter is None:
            raise UnknownAddressError(address, self._parameters)
        return parameter

    def set(self, address: str, value: object, layer: Layer, by: str = "") -> Outcome:
        """Set a parameter on a layer; commands are carried out before the next picture.

        Args:
            address: of the parameter.
            value: see `Parameter.accept`.
            layer: `Layer.SCHEDULE` or above.
            by: who sets it, in a few words.

        Raises:
            UnknownAddressError: there is no such parameter at this moment.
            RefusedError: the value is of the wrong kind, or the parameter can only be read.
        """
        if layer < LOWEST_SET:
            raise ValueError(f"{layer.name} cannot be set")
        parameter = self._settable(address)
        try:
            accepted = parameter.accept(value)
        except RefusedError:
            self._count("refused")
            raise
        self._count("accepted", *(("clamped",) if accepted.was_clamped else ()))
        holding = Holding(layer, accepted.value, _shortened(by), self._clock.now_s(), self._clock.local_s())
        if parameter.is_command:
            if parameter.kind is Kind.TRIGGER and accepted.value is False:  # a button that was let go
                return Outcome(address, False, False, False)
            self._command(address, holding)
            return Outcome(address, accepted.value, accepted.was_clamped, True)
        with self._lock:
            stack = self._held.setdefault(address, {})
            stack[layer] = holding
            is_shown = max(stack) is layer
            if is_shown:
                self._overrides = {**self._overrides, address: accepted.value}
        return Outcome(address, accepted.value, accepted.was_clamped, is_shown)

    def nudge(self, address: str, by_how_much: object, layer: Layer, by: str = "") -> Outcome:
        """Add to a number, and set it on a layer.

        Raises:
            UnknownAddressError, RefusedError: as `set`; a parameter that is no number cannot be nudged.
        """
        parameter = self._settable(address)
        now = self.value(address)
        is_number = parameter.kind in (Kind.FLOAT, Kind.INT) and isinstance(now, int | float)
        if not is_number or isinstance(by_how_much, bool) or not isinstance(by_how_much, int | float):
            self._count("refused")
            raise RefusedError(f"{address}: only a number can be raised and lowered, by a number")
        assert isinstance(now, int | float)
        return self.set(address, now + by_how_much, layer, by)

    def set_all(self, values: Mapping[str, Value], layer: Layer, by: str, *, own_only: bool = False) -> frozenset[str]:
        """Set many parameters at once, uncounted; values must be as `Parameter.accept` gives them.

        Args:
            values: by address; those that no parameter has wait for it.
            layer, by: as in `set`.
            own_only: leaves those alone that somebody else has set on this layer, or released, since.

        Returns:
            The addresses that were set.
        """
        by, now_s, local_s = _shortened(by), self._clock.now_s(), self._clock.local_s()
        done: set[str] = set()
        with self._lock:
            for address, value in values.items():
                before = self._held.get(address, {}).get(layer)
                if own_only and (before is None or before.by != by):
                    continue
                self._held.setdefault(address, {})[layer] = Holding(layer, value, by, now_s, local_s)
                done.add(address)
            self._overrides = self._counting()
        return frozenset(done)

    def release_many(self, addresses: Iterable[str], layers: Iterable[Layer], by: str | None = None) -> int:
        """Take back what some layers say of some parameters; only what `by` has set, where it is given."""
        addresses = tuple(addresses)
        return sum(self._release(addresses, layer, by) for layer in layers)

    def release(self, address: str, layer: Layer | None = None) -> bool:
        """Take back what a layer says, or all layers; what lies below counts again.

        Returns:
            Whether anything was taken back.
        """
        return self._release((address,), layer) > 0

    def release_all(self, layer: Layer | None = None) -> int:
        """Take back what a layer, or all layers, say of all parameters; returns of how many."""
        return self._release(None, layer)

    def value(self, address: str) -> Value:
        """The value that a parameter has now; None of what has none.

        Raises:
            UnknownAddressError: there is no such parameter at this moment.
        """
        self.parameter(address)
        overrides, told = self._overrides, self._told
        if address in overrides:
            return overrides[address]
        return told[address] if address in told else self._ground_values.get(address)

    def why(self, address: str) -> Why:
        """Why a parameter has its value.

        Raises:
            UnknownAddressError: there is no such parameter at this moment.
        """
        value = self.value(address)
        with self._lock:
            ground = self._ground.get(address, ())
            above = sorted(self._held.get(address, {}).values(), key=lambda holding: holding.layer)
            noted = [self._noted[address]] if address in self._noted else []
            told = self._told.get(address, None)
        below = [
            replace(holding, value=told)
            if told is not None and holding.layer in (Layer.STATE, Layer.BINDING)
            else holding
            for holding in ground
        ]
        return Why(address, value, tuple(reversed([*below, *noted, *above])), self._clock.now_s())

    def follow(self) -> Follower:
        """A follower of all changes from now on; its first poll tells every value."""
        follower = Follower(self._snapshot, self._event_count)
        with self._lock:
            self._followers.add(follower)
        return follower

    @property
    def is_followed(self) -> bool:
        """Whether anybody follows the changes at this moment."""
        return len(self._followers) > 0

    def held(self) -> Mapping[str, Value]:
        """What the highest layer says of everything that is set, whether it exists at this moment or waits."""
        with self._lock:
            return {address: stack[max(stack)].value for address, stack in self._held.items()}

    # -------------------------------------------------- for the show

    @property
    def overrides(self) -> Mapping[str, Value]:
        """What counts of everything that is set, by address; another object after any change. Waits for nothing."""
        return self._overrides

    def declare(self, group: str, parameters: Iterable[Parameter], ground: Mapping[str, Ground] | None = None) -> None:
        """Replace a group of parameters; what is set on those that go waits for their return.

        Args:
            group: any name, for the next call.
            parameters: all of the group.
            ground: what holds of each where nobody sets it; its default where it is not said.
        """
        own = {parameter.address: parameter for parameter in parameters}
        lowest = {address: (Holding(Layer.DEFAULT, each.default),) for address, each in own.items()}
        with self._lock:
            self._groups[group] = own
            self._grounds[group] = {**lowest, **(ground or {})}
            together = {address: each for one in self._groups.values() for address, each in one.items()}
            self._parameters = MappingProxyType(dict(sorted(together.items())))
            self._ground = {address: each for one in self._grounds.values() for address, each in one.items()}
            self._ground_values = {
                address: self._ground[address][-1].value
                for address, each in self._parameters.items()
                if each.kind is not Kind.TRIGGER
            }
            self._overrides = self._counting()

    def tell(self, values: Mapping[str, Value]) -> None:
        """Say how things are: the values of all that moves by itself, by address. The mapping is kept."""
        self._told = values

    def note(self, address: str, value: Value, layer: Layer, by: str) -> None:
        """Remember who made the show do something, where it was not the register that was asked."""
        holding = Holding(layer, value, _shortened(by), self._clock.now_s(), self._clock.local_s())
        with self._lock:
            self._noted[address] = holding

    def take_commands(self) -> tuple[Command, ...]:
        """What the show is to do, in the order in which it was asked; of each the newest."""
        if not self._commands:
            return ()
        with self._lock:
            commands, self._commands = self._commands, {}
        return tuple(commands.values())

    def happen(self, name: str, text: str = "") -> None:
        """Tell all followers of an event."""
        with self._lock:
            self._event_count += 1
            self._events.append(Event(name, printable(text)[:500], self._event_count, self._clock.now_s()))

    # -------------------------------------------------- within

    def _settable(self, address: str) -> Parameter:
        parameter = self._parameters.get(address)
        if parameter is None:
            self._count("unknown")
            raise UnknownAddressError(address, self._parameters)
        if not parameter.is_writable:
            self._count("refused")
            raise RefusedError(f"{address}: can be read, but not set")
        return parameter

    def _command(self, address: str, holding: Holding) -> None:
        command = Command(address, holding.value, holding.layer, holding.by)
        with self._lock:
            waiting = {other: each for other, each in self._commands.items() if other != address}
            self._commands = {**waiting, address: command}
            self._noted[address] = holding

    def _release(self, addresses: Iterable[str] | None, layer: Layer | None, by: str | None = None) -> int:
        released = 0
        with self._lock:
            for address in tuple(self._held) if addresses is None else addresses:
                stack = self._held.get(address, {})
                layers = [
                    held for held in stack if layer in (None, held) and (by is None or stack[held].by == _shortened(by))
                ]
                released += bool(layers)
                for held in layers:
                    del stack[held]
                if layers and not stack:
                    del self._held[address]
            if released:
                self._overrides = self._counting()
        return released

    def _counting(self) -> Mapping[str, Value]:
        """What counts of everything that is set on parameters that there are, and that they can have."""
        counting: dict[str, Value] = {}
        for address, stack in self._held.items():
            parameter = self._parameters.get(address)
            if parameter is None:
                continue
            try:
                counting[address] = parameter.accept(stack[max(stack)].value).value
            except RefusedError:  # another pass of this name has a knob of another kind: it waits
                continue
        return counting

    def _snapshot(self) -> Snapshot:
        with self._lock:
            parameters, events = self._parameters, tuple(self._events)
            together = {**self._ground_values, **self._told, **self._overrides}
        values = {address: value for address, value in together.items() if address in parameters}
        return Snapshot(parameters, values, events)

    def _count(self, *names: str) -> None:
        with self._lock:
            self._tally.update(names)


def _shortened(by: str) -> str:
    return printable(by)[:LONGEST_BY]
