"""Control server: OSC, OSCQuery and the panel, in a thread of their own with an event loop, beside the show.

It talks to the register, which no drawing waits for. What fails in here is told in one sentence; the show goes on.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from engine.config.control import ControlSettings
from engine.control.access import AccessRules
from engine.control.broadcast import Broadcast, repeated
from engine.control.discovery import Announcement
from engine.control.evening import Evening
from engine.control.health import Health
from engine.control.invitation import Invitation, kept_token
from engine.control.log_tail import LogTail
from engine.control.osc_query import host_info
from engine.control.osc_server import OscServer, Peer
from engine.control.osc_surface import OscSurface
from engine.control.panel_desk import PanelDesk
from engine.control.panel_feed import PanelFeed
from engine.control.ports import LOOPBACK, open_ports, own_addresses, own_names, usual_address
from engine.control.room import ControlRoom
from engine.control.scene_pictures import ScenePictures
from engine.control.sockets import Sockets, is_here
from engine.control.web_guard import Door, WebGuard
from engine.control.web_server import WebParts, WebServer
from engine.core.clock import TimeSource
from engine.core.closing import Closing
from engine.core.errors import ConfigError, in_one_line
from engine.core.slot import Slot
from engine.types import ByteArray

log = logging.getLogger(__name__)

START_S, CLOSE_S, SWEEP_S = 10.0, 5.0, 1.0
NAME = "Narcissus"


@dataclass(frozen=True)
class Surroundings:
    """What the server shows beside the parameters.

    Attributes:
        pictures: the preview; see `engine/render/preview.py`.
        scene_pictures: folder with a picture `<scene>.jpg` of each scene.
        titles: of the scenes, by name.
        wall_text: what visitors are told, paragraphs.
        notify: tells the operator one sentence.
    """

    pictures: Slot[ByteArray]
    scene_pictures: Path
    titles: Callable[[], dict[str, str]]
    wall_text: str
    notify: Callable[[str], None]


class ControlServer(Closing):
    """Serves from its construction on, until it is closed.

    Args:
        settings: the section `control` of config.yaml.
        port: which is wanted.
        room: what is controlled.
        around: what else is shown.
        clock: the show's.

    Attributes:
        invitation: where it is.

    Raises:
        DeviceError: no port is free, or the token cannot be kept.
        ConfigError: an address in the settings is none.
    """

    def __init__(
        self, settings: ControlSettings, port: int, room: ControlRoom, around: Surroundings, clock: TimeSource
    ) -> None:
        self._settings, self._around, self._clock = settings, around, clock
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_up = threading.Event()
        token = kept_token(Path(settings.token_file)) if settings.lan else None
        self._ports = open_ports(port, is_lan=settings.lan)
        try:
            self._build(room, token)
        except BaseException:
            self._ports.close()
            raise
        if port and self._ports.number != port:
            around.notify(f"port {port} is taken by another program: the control room is at {self.invitation.address}")
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)
        self._thread.start()
        self._is_up.wait(START_S)

    @property
    def is_watched(self) -> bool:
        """Whether anybody looks at the preview now."""
        return self._sockets.is_watched

    @property
    def is_heard_from_afar(self) -> bool:
        """Whether anybody beyond this machine is told of visitors: a panel, a client of OSCQuery, or by OSC."""
        target = self._osc.target
        return self._sockets.is_heard_from_afar or (target is not None and not is_here(target[0]))

    def _build(self, room: ControlRoom, token: str | None) -> None:
        settings, clock = self._settings, self._clock
        number = self._ports.number
        self.invitation = Invitation(usual_address() if settings.lan else LOOPBACK, number, token)
        try:
            rules = AccessRules(token, settings.allow, own_names, number)
        except ValueError as error:
            raise ConfigError(f"control.allow: {error}") from error
        fixed = _target(settings.feedback)
        self._tail = LogTail()
        health, evening = Health(room.figures, clock.now_s()), Evening()
        surface = OscSurface(room.register, clock)
        osc = OscServer(self._ports.udp, rules, surface.hear, is_answering=fixed is None)
        feed = PanelFeed(room, health, evening, self._tail, self._around.wall_text)
        self._sockets = Sockets(clock)
        desk = PanelDesk(room, feed, self._sockets.tell_panels)
        cookie = f"narcissus_{number}"
        pictures = ScenePictures(self._around.scene_pictures)
        self._guard = WebGuard(rules, cookie, clock.now_s, lambda: self._web.ask_token())
        self._broadcast = Broadcast(
            room=room,
            osc=osc,
            surface=surface,
            feed=feed,
            health=health,
            evening=evening,
            sockets=self._sockets,
            pictures=(self._around.pictures, pictures),
            clock=clock,
            guard_counts=self._guard.counts,
            desk_counts=desk.counts,
        )
        self._osc, self._health, self._fixed, self._rules = osc, health, fixed, rules

        def greet() -> list[dict[str, Any]]:
            return feed.hello(self._around.titles())

        self._web = WebServer(
            WebParts(
                tree=self._broadcast.tree,
                host=host_info(NAME, number),
                problem=lambda: health.problem,
                metrics=self._broadcast.metrics,
                picture=pictures.picture,
                panel=lambda request: self._sockets.serve_panel(
                    request, desk, lambda: feed.hello(self._around.titles())
                ),
                query=lambda request: self._sockets.serve_query(request, surface.hear, room.register.value),
                is_token=rules.is_token,
            ),
            cookie,
        )

    # -------------------------------------------------- the thread

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # of a foreign package: the show goes on without the control room
            log.exception("the control room ended")
            self._around.notify(f"the control room ended ({in_one_line(error)}); the show goes on, the log has more")
        finally:
            self._is_up.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        runner = web.AppRunner(
            self._web.application(self._guard), access_log=None, keepalive_timeout=15.0, shutdown_timeout=1.0,
            handle_signals=False, max_line_size=4096, max_field_size=4096, max_headers=64,
        )  # fmt: skip
        await runner.setup()
        assert runner.server is not None
        door = Door(runner.server, self._guard, self._rules, self._clock.now_s)
        server = await self._loop.create_server(door, sock=self._ports.tcp)
        self._osc.start(self._loop)
        self._is_up.set()
        try:
            works = [*self._broadcast.works(), repeated(door.sweep, lambda: SWEEP_S), self._announce(), self._aim()]
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(work) for work in works]
                await self._stop.wait()
                for each in running:
                    each.cancel()
        finally:
            self._osc.close()
            server.close()
            await self._sockets.close()
            await runner.cleanup()

    async def _announce(self) -> None:
        """Announce the mirror until this is cancelled; the package that does it takes a second for that, and waits."""
        if not self._settings.announce or self._loop is None:
            return
        addresses = own_addresses() if self._settings.lan else (LOOPBACK,)
        announcement = Announcement(NAME, self._ports.number, addresses)
        try:
            await self._loop.run_in_executor(None, announcement.begin)
            log.info("control: %s", announcement.note)
            await asyncio.Event().wait()
        finally:
            await asyncio.shield(self._loop.run_in_executor(None, announcement.close))

    async def _aim(self) -> None:
        """Find the machine that feedback goes to."""
        if self._fixed is None or self._loop is None:
            return
        host, port = self._fixed
        try:
            found = await self._loop.getaddrinfo(host, port, family=socket.AF_INET, type=socket.SOCK_DGRAM)
        except OSError as error:
            self._around.notify(f"control.feedback: {host} is not found ({in_one_line(error)}), and is told nothing")
            return
        self._osc.aim((str(found[0][4][0]), port))

    def close(self) -> None:
        """Hang up and end; may be called twice."""
        loop, stop = self._loop, self._stop
        if loop is not None and stop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)
        self._thread.join(CLOSE_S)
        self._tail.close()
        self._ports.close()


def _target(text: str | None) -> Peer | None:
    """`host:port` of the feedback; None answers the last sender."""
    if text is None:
        return None
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ConfigError(f'control.feedback: must be an address and a port, as "192.168.1.20:7401", not "{text}"')
    return host, int(port)
