"""OSC over UDP: takes packets in small portions, so that a flood costs the show next to nothing; answers and tells.

Packets wait in the system's buffer and are taken there a few at a time, about four thousand small messages a second at
most. What does not fit in the buffer is dropped by the system, and counted where it says so (Linux).
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from engine.control.access import AccessRules
from engine.control.osc_codec import MAX_BYTES, MalformedOscError, OscCall, bundle, decode
from engine.core.closing import Closing

log = logging.getLogger(__name__)

TURN_S = 0.004
SHARE = 16
"""Small messages for one turn."""
SMALL_BYTES = 48
MOST_BYTES_SENT = 1400
"""A packet of this size passes every network in one piece."""
SO_RXQ_OVFL = 40
"""Linux: each packet comes with the number of those that were dropped before it."""

Peer = tuple[str, int]
Hear = Callable[[OscCall, str], Iterable[bytes]]


class OscServer(Closing):
    """Reads a socket on an event loop.

    Args:
        udp: bound, and closed by whoever opened it.
        rules: who is heard.
        hear: does what a message from an address says, and returns the messages that answer it.
        is_answering: whether feedback goes to the last sender that was heard; else only where `aim` says.

    Attributes:
        counts: packets and messages by what became of them.
    """

    def __init__(self, udp: socket.socket, rules: AccessRules, hear: Hear, *, is_answering: bool = True) -> None:
        self.counts: Counter[str] = Counter()
        self._udp, self._rules, self._hear = udp, rules, hear
        self._last: Peer | None = None
        self._is_answering = is_answering
        self._loop: asyncio.AbstractEventLoop | None = None
        self._resting: asyncio.TimerHandle | None = None
        if sys.platform == "linux":
            udp.setsockopt(socket.SOL_SOCKET, SO_RXQ_OVFL, 1)

    @property
    def target(self) -> Peer | None:
        """Where feedback goes; None while nobody is known."""
        return self._last

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to listen; called on the loop's thread."""
        self._loop = loop
        loop.add_reader(self._udp, self._take_turn)

    def aim(self, target: Peer) -> None:
        """Send feedback there from now on."""
        self._last, self._is_answering = target, False

    def send(self, messages: Sequence[bytes]) -> None:
        """Send feedback, bundled; where nobody is, and where the network takes nothing, it is left."""
        if self._last is None or not messages:
            return
        for packet in packed(messages):
            self._send_to(packet, self._last)

    def close(self) -> None:
        """Stop listening; on the loop's thread. May be called twice."""
        if self._loop is not None:
            if self._resting is not None:
                self._resting.cancel()
            self._loop.remove_reader(self._udp)
            self._loop = None

    def _take_turn(self) -> None:
        """Take a portion, and rest in proportion to it if it was a full one."""
        self._resting = None
        cost = 0
        while cost < SHARE:
            received = self._receive()
            if received is None:
                break
            packet, peer = received
            cost += max(1, len(packet) // SMALL_BYTES)
            self._take(packet, peer)
        if cost >= SHARE and self._loop is not None:
            self._loop.remove_reader(self._udp)
            self._resting = self._loop.call_later(TURN_S * cost / SHARE, self._go_on)

    def _go_on(self) -> None:
        if self._loop is not None:
            self._loop.add_reader(self._udp, self._take_turn)

    def _receive(self) -> tuple[bytes, Peer] | None:
        try:
            if sys.platform == "linux":
                packet, extra, _, peer = self._udp.recvmsg(MAX_BYTES + 1, socket.CMSG_SPACE(4))
                self._count_dropped(extra)
            else:
                packet, peer = self._udp.recvfrom(MAX_BYTES + 1)
        except BlockingIOError:
            return None
        except OSError:  # Windows says here of what was sent that nobody took it, or that a packet was too large
            self.counts["not received"] += 1
            return None
        return packet, (peer[0], peer[1])

    def _count_dropped(self, extra: list[tuple[int, int, bytes]]) -> None:
        for level, kind, data in extra:
            if level == socket.SOL_SOCKET and kind == SO_RXQ_OVFL and len(data) == 4:
                self.counts["dropped by the system"] = struct.unpack("=I", data)[0]

    def _take(self, packet: bytes, peer: Peer) -> None:
        self.counts["packets"] += 1
        if not self._rules.takes_packet(peer[0]):
            self.counts["refused address"] += 1
            return
        try:
            calls = decode(packet)
        except MalformedOscError as error:
            self.counts[f"malformed: {error}"] += 1
            return
        if self._is_answering:
            self._last = peer
        answers: list[bytes] = []
        for call in calls:
            self.counts["messages"] += 1
            answers += self._hear(call, peer[0])
        for answer in packed(answers):
            self._send_to(answer, peer)

    def _send_to(self, packet: bytes, peer: Peer) -> None:
        try:
            self._udp.sendto(packet, peer)
            self.counts["sent"] += 1
        except (
            OSError
        ):  # nobody there, no way there, or a full buffer: feedback is repeated, an answer is asked for again
            self.counts["not sent"] += 1


def packed(messages: Sequence[bytes]) -> list[bytes]:
    """Messages as few packets, each of which passes every network in one piece."""
    packets: list[list[bytes]] = []
    size = MOST_BYTES_SENT
    for message in messages:
        if size + len(message) + 4 > MOST_BYTES_SENT:
            packets.append([])
            size = 16
        packets[-1].append(message)
        size += len(message) + 4
    return [members[0] if len(members) == 1 else bundle(members) for members in packets]
