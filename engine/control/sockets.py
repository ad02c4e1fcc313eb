"""Sockets: every open panel and every OSCQuery client, and who of them looks at the preview."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address
from typing import Any

from aiohttp import web

from engine.control.osc_server import Hear
from engine.control.panel_desk import PanelDesk
from engine.control.panel_session import PanelSession
from engine.control.parameter import Value
from engine.control.query_socket import QuerySocket
from engine.control.rate_limit import RateLimit
from engine.core.clock import TimeSource

MOST_PANELS, MOST_QUERIES = 12, 24
MESSAGES_PER_S, MESSAGES_BURST = 120.0, 400.0


class Sockets:
    """Opens, counts and closes them; used on the thread of the event loop, but for what is said otherwise.

    Args:
        clock: limits what each may say.
    """

    def __init__(self, clock: TimeSource) -> None:
        self.panels: set[PanelSession] = set()
        self.queries: set[QuerySocket] = set()
        self._clock = clock
        self._limit = RateLimit(MESSAGES_PER_S, MESSAGES_BURST)

    @property
    def is_watched(self) -> bool:
        """Whether a panel wants pictures; from any thread."""
        return any(panel.is_watching for panel in tuple(self.panels))

    @property
    def is_heard_from_afar(self) -> bool:
        """Whether a panel or a client beyond this machine is there; from any thread."""
        peers = [panel.peer for panel in tuple(self.panels)] + [client.peer for client in tuple(self.queries)]
        return any(not is_here(peer) for peer in peers)

    async def serve_panel(
        self, request: web.Request, desk: PanelDesk, hello: Callable[[], Iterable[Mapping[str, Any]]]
    ) -> web.StreamResponse:
        """Serve a panel until it goes."""
        if len(self.panels) >= MOST_PANELS:
            return web.Response(status=503, text="too many panels are open\n")
        session = PanelSession(request.remote or "", desk, self._limit, self._clock)
        self.panels.add(session)
        try:
            return await session.run(request, hello())
        finally:
            self.panels.discard(session)

    async def serve_query(self, request: web.Request, hear: Hear, value: Callable[[str], Value]) -> web.StreamResponse:
        """Serve a client of OSCQuery until it goes."""
        if len(self.queries) >= MOST_QUERIES:
            return web.Response(status=503, text="too many clients are there\n")
        client = QuerySocket(request.remote or "", hear, value, self._limit, self._clock)
        self.queries.add(client)
        try:
            return await client.run(request)
        finally:
            self.queries.discard(client)

    def tell_panels(self, message: Mapping[str, Any] | None) -> None:
        """Tell all panels; nothing for None."""
        if message is None or not self.panels:
            return
        text = json.dumps(message)
        for panel in self.panels:
            panel.tell_text(text)

    def show(self, picture: bytes) -> None:
        """Send a picture to all panels that look."""
        for panel in self.panels:
            panel.show(picture)

    async def close(self) -> None:
        """Hang up on everybody."""
        closing = [*(each.close() for each in self.panels), *(each.close() for each in self.queries)]
        await asyncio.gather(*closing, return_exceptions=True)


def is_here(peer: str) -> bool:
    """Whether an address is this machine's loopback."""
    try:
        return ip_address(peer.split("%")[0]).is_loopback
    except ValueError:
        return False
