"""Changes of the register, for whoever tells them on: polled, coalesced, and without a queue that could grow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from engine.control.parameter import Parameter, Value


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened once.

    Attributes:
        name: `arrive`, `leave`, `scene`, `snapshot` or `error`.
        text: of what: the scene's name, the sentence that tells the error.
        number: counts events from 1.
        time_s: when, on the show's clock.
    """

    name: str
    text: str
    number: int
    time_s: float


@dataclass(frozen=True, slots=True)
class Changes:
    """What has changed since the last poll.

    Attributes:
        values: the newest value of each parameter that has another one, by address.
        paths_changed: whether parameters came, went, or have another range.
        added, removed: addresses that came and went.
        events: in order.
    """

    values: Mapping[str, Value] = field(default_factory=dict)
    paths_changed: bool = False
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that a follower compares.

    Attributes:
        parameters: by address.
        values: by address, of all that can be read.
        events: the newest ones, in order.
    """

    parameters: Mapping[str, Parameter]
    values: Mapping[str, Value]
    events: Sequence[Event]


class Follower:
    """Remembers what it has told, and tells what has changed. Belongs to one thread.

    Args:
        snapshot: what is there now; called from the follower's thread.
        last_event: number of the last event that is not to be told.
    """

    def __init__(self, snapshot: Callable[[], Snapshot], last_event: int) -> None:
        self._snapshot = snapshot
        self._parameters: Mapping[str, Parameter] = {}
        self._values: Mapping[str, Value] = {}
        self._told = last_event

    def poll(self) -> Changes:
        """What has changed since the last poll, which for the first is everything; never waits."""
        now, before, known = self._snapshot(), self._values, self._parameters
        changed = {
            address: value
            for address, value in now.values.items()
            if address not in before or (before[address] is not value and before[address] != value)
        }
        added: tuple[str, ...] = ()
        removed: tuple[str, ...] = ()
        paths_changed = now.parameters is not known and now.parameters != known
        if paths_changed:
            added = tuple(address for address in now.parameters if address not in known)
            removed = tuple(address for address in known if address not in now.parameters)
        events = tuple(event for event in now.events if event.number > self._told)
        if events:
            self._told = events[-1].number
        self._parameters, self._values = now.parameters, now.values
        return Changes(changed, paths_changed, added, removed, events)
