"""Panel session: one open panel. Whoever reads too slowly misses pictures first and is hung up on in the end.

The page opens its socket again by itself and is told everything anew, so nothing is lost by that.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from engine.control.panel_desk import PanelDesk
from engine.control.rate_limit import RateLimit
from engine.core.clock import TimeSource

MAX_MESSAGE_BYTES = 8 * 1024
MOST_WAITING = 64
SEND_LIMIT_S = 10.0
PING_S = 20.0


class PanelSession:
    """A panel's socket.

    Args:
        peer: the address of the other end.
        desk: does what the operator asks.
        limit: how many messages are heard.
        clock: for `limit`.

    Attributes:
        is_watching: whether it wants pictures.
    """

    def __init__(self, peer: str, desk: PanelDesk, limit: RateLimit, clock: TimeSource) -> None:
        self.peer, self.is_watching = peer, False
        self._desk, self._limit, self._clock = desk, limit, clock
        self._socket = web.WebSocketResponse(max_msg_size=MAX_MESSAGE_BYTES, heartbeat=PING_S, compress=False)
        self._waiting: asyncio.Queue[str | None] = asyncio.Queue(MOST_WAITING)
        self._picture: bytes | None = None
        self._is_full = False

    async def run(self, request: web.Request, hello: Iterable[Mapping[str, Any]]) -> web.StreamResponse:
        """Serve the panel until it goes."""
        await self._socket.prepare(request)
        for greeting in hello:
            self.tell(greeting)
        writing = asyncio.get_running_loop().create_task(self._write())
        try:
            async for message in self._socket:
                if message.type is WSMsgType.TEXT:
                    await self._hear(message.data)
        finally:
            writing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writing
        return self._socket

    def tell(self, message: Mapping[str, Any]) -> None:
        """Queue a message; never waits."""
        self.tell_text(json.dumps(message))

    def tell_text(self, text: str) -> None:
        """Queue a message that is written already; never waits."""
        try:
            self._waiting.put_nowait(text)
        except asyncio.QueueFull:
            self._is_full = True

    def show(self, picture: bytes) -> None:
        """Send a picture if the last one has gone; never waits."""
        if self.is_watching and self._picture is None:
            self._picture = picture
            with contextlib.suppress(asyncio.QueueFull):  # whoever is so late misses it
                self._waiting.put_nowait(None)

    async def close(self) -> None:
        """Hang up."""
        await self._socket.close(code=WSCloseCode.GOING_AWAY, message=b"the mirror closes")

    async def _write(self) -> None:
        while not self._socket.closed:
            text = await self._waiting.get()
            picture, self._picture = self._picture, None if text is None else self._picture
            try:
                async with asyncio.timeout(SEND_LIMIT_S):
                    if text is not None:
                        await self._socket.send_str(text)
                    elif picture is not None:
                        await self._socket.send_bytes(picture)
            except (TimeoutError, ConnectionError):
                self._is_full = True
            if self._is_full:
                await self._socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"too slow")

    async def _hear(self, text: str) -> None:
        if not self._limit.allows(self.peer, self._clock.now_s()):
            self._desk.counts["panel: too many messages"] += 1
            return
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            message = None
        if isinstance(message, dict) and message.get("do") == "watch":
            self.is_watching = message.get("on") is True
            return
        for answer in await self._desk.do(message, self.peer):
            self.tell(answer)
