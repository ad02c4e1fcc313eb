"""Web server: the addresses that HTTP answers. Panel, OSCQuery, health and metrics share one port.

Files come from a list that is read at the start; nothing in a request is ever part of a path on the disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from engine.control import osc_query
from engine.control.metrics import CONTENT_TYPE
from engine.control.web_guard import MAX_BODY_BYTES, WebGuard

PANEL_FILES = Path(__file__).parent / "web_panel"
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
COOKIE_AGE_S = 30 * 24 * 3600
TREE_KEPT_S = 0.25

Answer = Callable[[web.Request], Coroutine[Any, Any, web.StreamResponse]]


@dataclass(frozen=True)
class WebParts:
    """What the server asks for its answers.

    Attributes:
        tree: the parameters, as OSCQuery describes them.
        host: of OSCQuery.
        problem: what is wrong with the show; None while nothing is.
        metrics: for Prometheus.
        picture: of a scene, a JPEG by its name; None where there is none.
        panel, query: serve a websocket of the panel, and of OSCQuery.
        is_token: whether this is the token.
    """

    tree: Callable[[], dict[str, Any]]
    host: Mapping[str, Any]
    problem: Callable[[], str | None]
    metrics: Callable[[], str]
    picture: Callable[[str], bytes | None]
    panel: Answer
    query: Answer
    is_token: Callable[[str], bool]


class WebServer:
    """Answers requests that the guard has let in.

    Args:
        parts: what it asks.
        cookie: the name of the cookie that holds the token.
    """

    def __init__(self, parts: WebParts, cookie: str) -> None:
        self._parts, self._cookie = parts, cookie
        self._files = {path.name: path.read_bytes() for path in _panel_files()}
        self._tree: tuple[float, dict[str, Any]] = (float("-inf"), {})

    def application(self, guard: WebGuard) -> web.Application:
        """What aiohttp runs."""
        application = web.Application(middlewares=[guard.middleware], client_max_size=MAX_BODY_BYTES)
        application.router.add_get("/", self._root)
        application.router.add_get("/healthz", self._healthz)
        application.router.add_get("/metrics", self._metrics)
        application.router.add_get("/panel/socket", self._panel_socket)
        application.router.add_get("/panel/scene/{name:[a-z0-9_]{1,60}}.jpg", self._scene_picture)
        application.router.add_get("/panel/{file}", self._panel_file)
        application.router.add_get("/{path:.*}", self._node)
        return application

    def ask_token(self) -> web.Response:
        """The page that asks for the token."""
        return self._page("enter.html")

    async def _root(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._parts.query(request)
        token = request.query.get("token")
        if token is not None:
            return self._entered(token)
        wants_page = "text/html" in request.headers.get("Accept", "") and not request.query_string
        return self._page("panel.html") if wants_page else await self._node(request)

    def _entered(self, token: str) -> web.Response:
        """Keep a right token in a cookie, and have the browser go to the panel without it in the address."""
        response = web.Response(text='<meta http-equiv="refresh" content="0; url=/">', content_type="text/html")
        if self._parts.is_token(token):
            response.set_cookie(self._cookie, token, max_age=COOKIE_AGE_S, path="/", httponly=True, samesite="Strict")
        return response

    async def _node(self, request: web.Request) -> web.StreamResponse:
        attribute = request.query_string.split("&")[0].split("=")[0] or None
        if attribute == "HOST_INFO":
            return web.json_response(dict(self._parts.host))
        status, text = osc_query.answer(self._fresh_tree(), request.path, attribute)
        return web.Response(status=status, text=text or None, content_type="application/json")

    def _fresh_tree(self) -> dict[str, Any]:
        now_s = asyncio.get_running_loop().time()
        if now_s - self._tree[0] > TREE_KEPT_S:
            self._tree = now_s, self._parts.tree()
        return self._tree[1]

    async def _panel_socket(self, request: web.Request) -> web.StreamResponse:
        return await self._parts.panel(request)

    async def _healthz(self, request: web.Request) -> web.StreamResponse:
        problem = self._parts.problem()
        return web.Response(status=200 if problem is None else 503, text=f"{problem or 'well'}\n")

    async def _metrics(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=self._parts.metrics().encode(), headers={"Content-Type": CONTENT_TYPE})

    async def _scene_picture(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        picture = await asyncio.get_running_loop().run_in_executor(None, self._parts.picture, name)
        if picture is None:
            return self._page("icon.svg")
        return web.Response(body=picture, content_type="image/jpeg")

    async def _panel_file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["file"]
        if name not in self._files:
            return web.Response(status=404, text="there is no such page\n")
        return self._page(name)

    def _page(self, name: str) -> web.Response:
        return web.Response(body=self._files[name], content_type=KINDS[Path(name).suffix], charset="utf-8")


def _panel_files() -> Iterable[Path]:
    return (path for path in sorted(PANEL_FILES.iterdir()) if path.suffix in KINDS)
