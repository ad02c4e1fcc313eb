"""Web guard: turns away requests before anything looks at them, and puts on every answer what browsers are to respect.

The rules are in `access.py`; this knows how aiohttp says where a request comes from.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from engine.control.access import AccessRules, Caller, Refusal
from engine.control.rate_limit import RateLimit

MAX_BODY_BYTES = 16 * 1024
MOST_CONNECTIONS, MOST_CONNECTIONS_EACH = 96, 32
SILENT_S = 5.0
"""So long a connection may be open before its first request is complete."""
REQUESTS_PER_S, REQUESTS_BURST = 40.0, 160.0
WRONG_TOKENS_PER_S, WRONG_TOKENS_BURST = 0.2, 10.0
OPEN_TO_ALL = frozenset({"/panel/panel.css", "/panel/icon.svg"})  # what the page that asks for the token needs

TOO_MANY = Refusal(429, "too many requests: wait a few seconds", "rate")
METHOD = Refusal(405, "nothing here is changed by this kind of request", "method")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "Server": "Narcissus",
}


class WebGuard:
    """Decides about requests.

    Args:
        rules: who is let in.
        cookie: the name of the cookie that holds the token.
        now_s: the present, s.
        ask_token: makes the page that asks for the token.

    Attributes:
        counts: requests by what became of them.
        asked: connections over which a request has come; `Door` lets go of those that are closed.
    """

    def __init__(
        self, rules: AccessRules, cookie: str, now_s: Callable[[], float], ask_token: Callable[[], web.Response]
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._rules, self._cookie, self._now_s, self._ask_token = rules, cookie, now_s, ask_token
        self.asked: set[asyncio.BaseProtocol] = set()
        self._requests = RateLimit(REQUESTS_PER_S, REQUESTS_BURST)
        self._wrong_tokens = RateLimit(WRONG_TOKENS_PER_S, WRONG_TOKENS_BURST)

    @property
    def middleware(self) -> Middleware:
        """For `web.Application`."""

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            self.counts["requests"] += 1
            self.asked.add(request.protocol)
            refusal = self._refusal(request)
            if refusal is not None:
                return self._turned_away(request, refusal)
            response = await handler(request)
            if not response.prepared:
                response.headers.update(HEADERS)
            return response

        return guard

    def _refusal(self, request: web.Request) -> Refusal | None:
        caller = self._caller(request)
        if not self._requests.allows(caller.peer, self._now_s()):
            return TOO_MANY
        refusal = self._rules.check_place(caller)
        if refusal is not None:
            return refusal
        if request.method not in ("GET", "HEAD"):
            return METHOD
        if request.path in OPEN_TO_ALL or self._rules.has_token(caller):
            return None
        if not self._wrong_tokens.allows(caller.peer, self._now_s()):
            return TOO_MANY
        return self._rules.check_request(caller)

    def _caller(self, request: web.Request) -> Caller:
        headers = request.headers
        shown = request.cookies.get(self._cookie) or request.query.get("token")
        scheme, _, credentials = headers.get("Authorization", "").partition(" ")
        return Caller(
            peer=request.remote or "",
            host=headers.get("Host"),
            origin=headers.get("Origin"),
            site=headers.get("Sec-Fetch-Site"),
            is_navigation=headers.get("Sec-Fetch-Mode") == "navigate" and headers.get("Sec-Fetch-Dest") == "document",
            token=credentials if scheme.lower() == "bearer" else shown,
        )

    def _turned_away(self, request: web.Request, refusal: Refusal) -> web.Response:
        self.counts[f"refused: {refusal.counted_as}"] += 1
        wants_page = refusal.status == 401 and "text/html" in request.headers.get("Accept", "")
        response = self._ask_token() if wants_page else web.Response(text=refusal.reason + "\n")
        response.set_status(refusal.status)
        response.headers.update(HEADERS)
        if refusal.status == 405:
            response.headers["Allow"] = "GET, HEAD"
        return response


class Door:
    """Makes the protocol of each connection, and hangs up on those that only take up room.

    Args:
        server: of aiohttp, which makes protocols and knows the open ones.
        guard: says which have asked for something; counts those that were hung up on.
        rules: who may come at all.
        now_s: the present, s.
    """

    def __init__(self, server: web.Server, guard: WebGuard, rules: AccessRules, now_s: Callable[[], float]) -> None:
        self._server, self._guard, self._rules, self._now_s = server, guard, rules, now_s
        self._came_s: dict[asyncio.BaseProtocol, float] = {}

    def __call__(self) -> asyncio.BaseProtocol:
        if len(self._server.connections) >= MOST_CONNECTIONS:
            self._guard.counts["refused: connections"] += 1
            return _HangUp()
        protocol = self._server()
        self._came_s[protocol] = self._now_s()
        return protocol

    def sweep(self) -> None:
        """Hang up on whoever may not come, says nothing, or has too many; once a second is enough."""
        each: Counter[str] = Counter()
        connections, now_s = self._server.connections, self._now_s()
        self._came_s = {protocol: self._came_s.get(protocol, now_s) for protocol in connections}
        self._guard.asked.intersection_update(connections)
        for protocol in sorted(connections, key=lambda one: self._came_s[one]):
            transport = protocol.transport
            if transport is None:
                continue
            peer = str((transport.get_extra_info("peername") or ("",))[0])
            each[peer] += 1
            is_silent = protocol not in self._guard.asked and now_s - self._came_s[protocol] > SILENT_S
            if is_silent or each[peer] > MOST_CONNECTIONS_EACH or not self._rules.is_peer(peer):
                self._guard.counts["refused: connections"] += 1
                transport.abort()


class _HangUp(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()
