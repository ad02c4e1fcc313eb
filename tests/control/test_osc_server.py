"""A real socket: messages come in, answers and feedback go out, and a flood is taken in portions."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable

import pytest
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.udp_client import SimpleUDPClient

from engine.control.access import AccessRules
from engine.control.osc_codec import OscCall, decode, encode
from engine.control.osc_server import MOST_BYTES_SENT, OscServer, Peer, packed
from engine.control.ports import Ports, open_ports

RULES = AccessRules(None, (), tuple, 7400)


class Room:
    """An event loop with an OSC server that answers `/ask`."""

    def __init__(self, ports: Ports, target: Peer | None = None, rules: AccessRules = RULES) -> None:
        self.heard: list[OscCall] = []
        self.server = OscServer(ports.udp, rules, self._hear)
        if target is not None:
            self.server.aim(target)
        self.port = ports.number

    def _hear(self, call: OscCall, peer: str) -> Iterable[bytes]:
        self.heard.append(call)
        return [encode("/answer", [0.5])] if call.address == "/ask" else []

    async def run(self, act: Callable[[], object], until: Callable[[], bool]) -> None:
        self.server.start(asyncio.get_running_loop())
        act()
        for _ in range(500):
            if until():
                break
            await asyncio.sleep(0.005)
        self.server.close()


@pytest.fixture
def listener() -> Iterable[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(2.0)
        yield udp


def test_a_real_client_is_heard() -> None:
    with open_ports(0, is_lan=False) as ports:
        room = Room(ports)
        with SimpleUDPClient("127.0.0.1", room.port) as client:
            asyncio.run(room.run(lambda: client.send_message("/a/b", [0.25, "x"]), lambda: bool(room.heard)))
    assert room.heard == [OscCall("/a/b", (0.25, "x"))]


def test_the_sender_gets_the_answer_and_from_then_on_the_feedback(listener: socket.socket) -> None:
    with open_ports(0, is_lan=False) as ports:
        room = Room(ports)
        packet = OscMessageBuilder("/ask").build().dgram
        asyncio.run(room.run(lambda: listener.sendto(packet, ("127.0.0.1", room.port)), lambda: bool(room.heard)))
        assert decode(listener.recv(2000)) == [OscCall("/answer", (0.5,))]
        assert room.server.target == listener.getsockname()
        room.server.send([encode("/state", [1.0]), encode("/event", [])])
    assert decode(listener.recv(2000)) == [OscCall("/state", (1.0,)), OscCall("/event")]


def test_feedback_goes_to_the_address_that_is_configured(listener: socket.socket) -> None:
    with open_ports(0, is_lan=False) as ports:
        room = Room(ports, target=listener.getsockname())
        with SimpleUDPClient("127.0.0.1", room.port) as client:
            asyncio.run(room.run(lambda: client.send_message("/a", 1), lambda: bool(room.heard)))
        room.server.send([encode("/state", [2])])
    assert decode(listener.recv(2000)) == [OscCall("/state", (2,))]


def test_what_is_malformed_is_counted_and_the_next_is_heard() -> None:
    bad = [b"", b"\0" * 64, b"/a\0\0,f\0\0\x7f\xc0\0\0", b"x" * 65_000, b"#bundle\0" + bytes(8) + b"\xff" * 8]
    with open_ports(0, is_lan=False) as ports:
        room = Room(ports)

        def act() -> None:
            for packet in bad:
                client._sock.sendto(packet, ("127.0.0.1", room.port))
            client.send_message("/a", 1)

        with SimpleUDPClient("127.0.0.1", room.port) as client:
            asyncio.run(room.run(act, lambda: bool(room.heard)))
    malformed = {key: count for key, count in room.server.counts.items() if key.startswith("malformed: ")}
    assert malformed == {
        "malformed: no message": 2,
        "malformed: not a number": 1,
        "malformed: too large": 1,
        "malformed: wrong size in a bundle": 1,
    }
    assert room.heard == [OscCall("/a", (1,))]


def test_an_address_that_may_not_speak_is_not_heard_nor_answered() -> None:
    class Nobody(AccessRules):
        def takes_packet(self, peer: str) -> bool:
            return False

    with open_ports(0, is_lan=False) as ports:
        room = Room(ports, rules=Nobody(None, (), tuple, 7400))
        refused = room.server.counts
        with SimpleUDPClient("127.0.0.1", room.port) as client:
            asyncio.run(room.run(lambda: client.send_message("/ask", 1), lambda: refused["refused address"] > 0))
    assert not room.heard and room.server.target is None and refused["sent"] == 0


def test_a_flood_is_taken_in_portions_between_which_the_loop_is_free() -> None:
    with open_ports(0, is_lan=False) as ports:
        room = Room(ports)
        packet = OscMessageBuilder("/a").build().dgram
        longest = 0

        async def flood() -> None:
            nonlocal longest
            room.server.start(asyncio.get_running_loop())
            for _ in range(200):
                ports_udp.sendto(packet, ("127.0.0.1", room.port))
            for _ in range(400):
                before = len(room.heard)
                await asyncio.sleep(0)  # one turn of the loop
                longest = max(longest, len(room.heard) - before)
                await asyncio.sleep(0.001)
                if len(room.heard) == 200:
                    break
            room.server.close()

        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ports_udp:
            asyncio.run(flood())
    assert len(room.heard) == 200 and longest <= 16


def test_feedback_is_packed_so_that_no_network_cuts_it() -> None:
    messages = [encode(f"/narcissus/state/{number}", [0.5]) for number in range(200)]

    packets = packed(messages)

    assert all(len(packet) <= MOST_BYTES_SENT for packet in packets) and len(packets) < 10
    assert [call.address for packet in packets for call in decode(packet)] == [
        f"/narcissus/state/{number}" for number in range(200)
    ]
    assert packed([messages[0]]) == [messages[0]] and packed([]) == []
