"""OSC surface: what a message means for the register, and what is told of the register by OSC.

An address may be a pattern. The first argument may be Resolume's `?` (say the value), `+` or `-` (change it by the
second). Knows no socket.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from engine.control.follower import Event
from engine.control.layers import Layer
from engine.control.osc_codec import Argument, OscCall, encode
from engine.control.parameter import ControlError, Value
from engine.control.rate_limit import RateLimit
from engine.control.register import Register
from engine.core.clock import TimeSource

PATTERN_SIGNS = frozenset("*?[]{}")
PIECES = re.compile(r"\*|\?|\[[^\]\[/]{1,40}\]|\{[^{}/]{1,80}\}|[^*?\[\]{}]+|.")
RANGES = re.compile(r"(?:[a-z]-[a-z]|[0-9]-[0-9]|[a-z0-9_])+")
MOST_STARS, MOST_SIGNS = 2, 8
MOST_MATCHES = 200
MOST_PATTERNS = 64
EXPLAINED_PER_S, EXPLAINED_BURST = 10.0, 20.0


class OscSurface:
    """Carries out messages, and writes feedback.

    Args:
        register: the parameters.
        clock: limits how many wrong addresses are explained.

    Attributes:
        last_refusal: the last message that was not carried out, and why; empty before.
        unexplained: messages to addresses that are not there, beyond those that the register counts.
    """

    def __init__(self, register: Register, clock: TimeSource) -> None:
        self.last_refusal, self.unexplained = "", 0
        self._register, self._clock = register, clock
        self._explained = RateLimit(EXPLAINED_PER_S, EXPLAINED_BURST)
        self._said: dict[str, Value] = {}  # what senders set, which is not echoed
        self._known: Mapping[str, object] = {}
        self._matches: dict[str, tuple[str, ...]] = {}  # of patterns, among those

    def hear(self, call: OscCall, peer: str) -> list[bytes]:
        """Do what a message says; returns the messages that answer it."""
        answers: list[bytes] = []
        for address in self._addresses(call.address):
            if not self._is_worth_a_sentence(address):
                self.unexplained += 1
                continue
            try:
                answers += self._carry_out(address, call.arguments, peer)
            except ControlError as error:
                self.last_refusal = f"{address}: {error}"
        return answers

    def _is_worth_a_sentence(self, address: str) -> bool:
        """Whether to ask the register at all: to explain a wrong address takes longer than to send one."""
        return address in self._register.parameters() or self._explained.allows("", self._clock.now_s())

    def feedback(self, values: Mapping[str, Value], events: Sequence[Event] = ()) -> list[bytes]:
        """Messages that tell what has changed, without what a sender has just set to that value."""
        changed = {address: value for address, value in values.items() if self._said.pop(address, None) != value}
        told = [message for address, value in changed.items() for message in value_message(address, value)]
        return told + [encode(f"/narcissus/event/{event.name}", _event_arguments(event)) for event in events]

    def _carry_out(self, address: str, arguments: tuple[Argument, ...], peer: str) -> Iterable[bytes]:
        register, sign = self._register, arguments[0] if arguments else None
        if arguments == ("?",):
            return value_message(address, register.value(address))
        if sign in ("+", "-") and len(arguments) == 2 and _is_number(arguments[1]):
            step = float(arguments[1])
            register.nudge(address, step if sign == "+" else -step, Layer.OSC, peer)
            return ()
        raw = None if not arguments else arguments[0] if len(arguments) == 1 else arguments
        outcome = register.set(address, raw, Layer.OSC, peer)
        if not outcome.was_clamped and len(self._said) < MOST_MATCHES:
            self._said[address] = outcome.value
        return ()

    def _addresses(self, address: str) -> Sequence[str]:
        """The addresses that a pattern means; the address itself where it is none, or fits nothing."""
        if PATTERN_SIGNS.isdisjoint(address):
            return (address,)
        known = self._register.parameters()
        if known is not self._known or len(self._matches) >= MOST_PATTERNS:
            self._known, self._matches = known, {}
        if address not in self._matches:
            self._matches[address] = matching(address, known)
        return self._matches[address] or (address,)


def matching(pattern: str, addresses: Iterable[str]) -> tuple[str, ...]:
    """The addresses that an OSC pattern means; none where it is too involved."""
    signs = sum(letter in PATTERN_SIGNS for letter in pattern)
    if signs > MOST_SIGNS or pattern.count("*") > MOST_STARS:
        return ()
    expression = re.compile("".join(_translated(piece) for piece in PIECES.findall(pattern)))
    return tuple(address for address in addresses if expression.fullmatch(address))[:MOST_MATCHES]


def value_message(address: str, value: Value) -> Iterable[bytes]:
    """The message that says a value; none where it has none."""
    if value is None:
        return ()
    return (encode(address, [float(part) for part in value] if isinstance(value, tuple) else [value]),)


def _event_arguments(event: Event) -> list[Argument]:
    return [event.text] if event.text else [event.number]


def _is_number(value: Argument) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _translated(piece: str) -> str:
    """A piece of an OSC pattern as a regular expression; none of them repeats another."""
    if piece in ("*", "?"):
        return "[^/]*" if piece == "*" else "[^/]"
    if piece[0] == "[" and len(piece) > 2:
        inner = piece[1:-1].lstrip("!")
        letters = re.escape(inner).replace(r"\-", "-") if RANGES.fullmatch(inner) else re.escape(inner)
        return f"[{'^/' if piece[1] == '!' else ''}{letters}]" if inner else re.escape(piece)
    if piece[0] == "{" and len(piece) > 2:
        return f"(?:{'|'.join(re.escape(word) for word in piece[1:-1].split(','))})"
    return re.escape(piece)
