"""Query sockets: OSCQuery's websockets, by which other programs listen to values and set them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterable, Mapping

from aiohttp import WSCloseCode, WSMsgType, web

from engine.control.osc_codec import MAX_BYTES, MalformedOscError, decode
from engine.control.osc_server import Hear
from engine.control.osc_surface import value_message
from engine.control.parameter import ControlError, Value
from engine.control.rate_limit import RateLimit
from engine.core.clock import TimeSource

MOST_LISTENED = 2000
MOST_WAITING = 256
PING_S = 20.0


class QuerySocket:
    """One client.

    Args:
        peer: the address of the other end.
        hear: does what an OSC message says.
        value: says the present value of an address; raises ControlError where there is none.
        limit, clock: how many messages are heard.

    Attributes:
        peer: see above.
    """

    def __init__(
        self, peer: str, hear: Hear, value: Callable[[str], Value], limit: RateLimit, clock: TimeSource
    ) -> None:
        self.peer, self._hear_osc, self._value = peer, hear, value
        self._limit, self._clock = limit, clock
        self._socket = web.WebSocketResponse(max_msg_size=MAX_BYTES, heartbeat=PING_S, compress=False)
        self._waiting: asyncio.Queue[str | bytes] = asyncio.Queue(MOST_WAITING)
        self._listened: set[str] = set()
        self._is_full = False

    async def run(self, request: web.Request) -> web.StreamResponse:
        """Serve the client until it goes."""
        await self._socket.prepare(request)
        writing = asyncio.get_running_loop().create_task(self._write())
        try:
            async for message in self._socket:
                if self._limit.allows(self.peer, self._clock.now_s()):
                    self._hear(message.type, message.data)
        finally:
            writing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writing
        return self._socket

    def tell_values(self, values: Mapping[str, Value]) -> None:
        """Send those of the values that it listens to; never waits."""
        for address in self._listened & values.keys():
            self._send(value_message(address, values[address]))

    def tell_changed(self, paths: Iterable[str]) -> None:
        """Say that the address space has changed below these paths."""
        self._send([json.dumps({"COMMAND": "PATH_CHANGED", "DATA": path}) for path in paths])

    async def close(self) -> None:
        """Hang up."""
        await self._socket.close(code=WSCloseCode.GOING_AWAY, message=b"the mirror closes")

    def _hear(self, kind: WSMsgType, data: str | bytes) -> None:
        if kind is WSMsgType.BINARY and isinstance(data, bytes):
            with contextlib.suppress(MalformedOscError):
                for call in decode(data):
                    self._send(self._hear_osc(call, self.peer))
        elif kind is WSMsgType.TEXT:
            self._obey(str(data))

    def _obey(self, text: str) -> None:
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            return
        path = message.get("DATA") if isinstance(message, dict) else None
        if not isinstance(path, str):
            return
        if message.get("COMMAND") == "IGNORE":
            self._listened.discard(path)
        elif message.get("COMMAND") == "LISTEN" and len(self._listened) < MOST_LISTENED:
            with contextlib.suppress(ControlError):
                self._send(value_message(path, self._value(path)))
                self._listened.add(path)

    def _send(self, messages: Iterable[str | bytes]) -> None:
        try:
            for message in messages:
                self._waiting.put_nowait(message)
        except asyncio.QueueFull:
            self._is_full = True

    async def _write(self) -> None:
        while not self._socket.closed:
            message = await self._waiting.get()
            if self._is_full:
                await self._socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"too slow")
            elif isinstance(message, str):
                await self._socket.send_str(message)
            else:
                await self._socket.send_bytes(message)
