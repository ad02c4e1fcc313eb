"""What is said of the control room's cost is computed from the frames that were presented."""

from __future__ import annotations

import math
import socket

import pytest

from tools.bench.control import client
from tools.bench.control.trial import Frames


def test_intervals_are_those_of_frames_that_lie_within() -> None:
    frames = Frames([0.0, 0.1, 0.3, 0.6, 1.0], [math.nan] * 5)

    assert frames.intervals_ms(0.05, 0.7) == pytest.approx([200.0, 300.0])
    assert frames.intervals_ms(0.05, 0.2) == []


def test_a_packet_is_on_the_wall_with_the_first_frame_of_its_value() -> None:
    frames = Frames([0.0, 0.1, 0.2, 0.3], [0.5, 0.5, 0.75, 0.75])

    assert frames.first_with(0.75, 0.05) == 0.2
    assert frames.first_with(0.75, 0.25) == 0.3
    assert frames.first_with(0.9, 0.0) is None


def test_a_flood_has_as_many_packets_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "FLOOD_PACKETS", 50)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.setblocking(False)
        assert client.flood(udp.getsockname()[1], 0.05) == 50
        assert len([udp.recv(100) for _ in range(50)]) == 50
