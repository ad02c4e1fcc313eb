"""Clients of the control room, in a process of their own: `python -m tools.bench.control.client WHAT PORT SECONDS`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys

import aiohttp

from engine.control.osc_codec import encode
from engine.core.clock import Clock

KNOB = "/narcissus/scene/reflection/opacity"
FLOOD_PACKETS = 20_000
TOUCH_S = 0.2
HERE = "127.0.0.1"


def flood(port: int, seconds: float) -> int:
    """Send `FLOOD_PACKETS` evenly; returns how many the system took."""
    clock, packet = Clock(), encode(KNOB, [1.0])
    begin_s, sent = clock.now_s(), 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        for number in range(FLOOD_PACKETS):
            sent += udp.sendto(packet, (HERE, port)) > 0
            ahead_s = number / FLOOD_PACKETS * seconds - (clock.now_s() - begin_s)
            if ahead_s > 0.002:
                clock.sleep_s(ahead_s)
    return sent


def touch(port: int, seconds: float) -> list[tuple[float, float]]:
    """Set the knob to another value again and again; returns each value and the moment it was sent."""
    clock, sent = Clock(), list[tuple[float, float]]()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        for number in range(int(seconds / TOUCH_S)):
            value = 0.5 + number / 1024  # exact in 32 bits
            sent.append((value, clock.now_s()))
            udp.sendto(encode(KNOB, [value]), (HERE, port))
            clock.sleep_s(TOUCH_S + 0.0137 * (number % 3))
    return sent


def watch(port: int, seconds: float) -> dict[str, int]:
    """Be an open panel that looks; returns the pictures, the messages and the bytes that came."""

    async def look() -> dict[str, int]:
        came = {"pictures": 0, "messages": 0, "bytes": 0}
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"http://{HERE}:{port}/panel/socket") as panel,
        ):
            await panel.send_json({"do": "watch", "on": True})
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    async for message in panel:
                        came["pictures" if message.type is aiohttp.WSMsgType.BINARY else "messages"] += 1
                        came["bytes"] += len(message.data)
        return came

    return asyncio.run(look())


if __name__ == "__main__":
    act = {"flood": flood, "touch": touch, "watch": watch}[sys.argv[1]]
    print(json.dumps(act(int(sys.argv[2]), float(sys.argv[3]))))
