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
MOST_CONNECTIONS = 96
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
    """

    def __init__(
        self, rules: AccessRules, cookie: str, now_s: Callable[[], float], ask_token: Callable[[], web.Response]
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._rules, self._cookie, self._now_s, self._ask_token = rules, cookie, now_s, ask_token
        self._requests = RateLimit(REQUESTS_PER_S, REQUESTS_BURST)
        self._wrong_tokens = RateLimit(WRONG_TOKENS_PER_S, WRONG_TOKENS_BURST)

    @property
    def middleware(self) -> Middleware:
        """For `web.Application`."""

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            self.counts["requests"] += 1
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
    """Makes the protocol of each connection, and hangs up where there are too many.

    Args:
        server: of aiohttp, which makes protocols and knows the open ones.
        counts: where those that were hung up on are counted.
    """

    def __init__(self, server: web.Server, counts: Counter[str]) -> None:
        self._server, self._counts = server, counts

    def __call__(self) -> asyncio.BaseProtocol:
        if len(self._server.connections) < MOST_CONNECTIONS:
            return self._server()
        self._counts["refused: connections"] += 1
        return _HangUp()


class _HangUp(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()
