"""The control server over loopback: HTTP, OSCQuery's websocket, panels in step, and what is turned away."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
from pythonosc.udp_client import SimpleUDPClient
from yarl import URL

from engine.control.layers import Layer
from engine.control.osc_codec import decode, encode
from engine.control.ports import own_addresses
from engine.core.clock import Clock
from engine.core.errors import ConfigError, DeviceError
from tests.control.rooms import BLACKOUT, EXPOSURE, Stage

NO_VALUES = ("NaN", "1e999", '{"a": 1}', "[1, 2, 3, 4, 5]", "9" * 3000, '"loud"')
PAGE = {"Accept": "text/html"}
Act = Callable[[aiohttp.ClientSession], Awaitable[Any]]


def ask(port: int, act: Act) -> Any:
    """Run a client."""

    async def run() -> Any:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            return await asyncio.wait_for(act(session), 20)

    return asyncio.run(run())


async def heard(socket: aiohttp.ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    """The next message of a kind."""
    while True:
        message = await socket.receive(timeout=10)
        if message.type is aiohttp.WSMsgType.TEXT and json.loads(message.data).get("kind") == kind:
            return dict(json.loads(message.data))


def test_one_address_gives_json_or_the_panel_as_it_is_asked(tmp_path: Path) -> None:
    async def act(session: aiohttp.ClientSession) -> Any:
        tree = await (await session.get("/")).json()
        page = await (await session.get("/", headers=PAGE)).text()
        value = await (await session.get(f"{BLACKOUT}?VALUE")).json()
        host = await (await session.get("/any/where?HOST_INFO", headers=PAGE)).json()
        codes = [
            (await session.get(path)).status for path in ("/narcissus/none", f"{BLACKOUT}?NONSENSE", "/panel/none.js")
        ]
        return tree, page, value, host, codes

    stage = Stage()
    with stage.serve(tmp_path) as server:
        tree, page, value, host, codes = ask(server.invitation.port, act)
    assert tree["CONTENTS"]["narcissus"]["CONTENTS"]["scene"]["CONTENTS"]["room"]["CONTENTS"]["exposure"]["VALUE"] == [
        0.25
    ]
    assert page.startswith("<!doctype html>") and "//" not in page.replace("<!doctype html>", "").replace("</", "")
    assert value == {"VALUE": [False]} and host["OSC_PORT"] == server.invitation.port
    assert codes == [404, 400, 404]


def test_nothing_in_the_panel_is_loaded_from_elsewhere() -> None:
    folder = Path(__file__).parents[2] / "engine/control/web_panel"
    text = "".join(path.read_text() for path in folder.iterdir())
    rest = text.replace("http://www.w3.org/2000/svg", "").replace("ws://${location.host}/panel/socket", "")
    assert re.findall(r"\b(?:https?|wss?|ftp):|@import|url\(", rest) == []


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/", {"Host": "evil.example"}, 403),
        ("GET", "/", {"Host": "evil.example:7400"}, 403),
        ("GET", "/", {"Origin": "http://evil.example"}, 403),
        ("GET", "/metrics", {"Origin": "null"}, 403),
        ("GET", "/panel/panel.js", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("POST", "/", {}, 405),
        ("PUT", EXPOSURE, {}, 405),
        ("OPTIONS", "/", {}, 405),
        ("GET", "/panel/..%2f..%2f..%2fconfig.yaml", {}, 404),
        ("GET", "/panel/%2e%2e/%2e%2e/config.yaml", {}, 404),
        ("GET", "/panel/scene/..%2f..%2fsecret.jpg", {}, 404),
        ("GET", "/panel/scene/none.jpg", {}, 200),  # the sign of the mirror, in place of a picture
        ("GET", "/" + "a" * 5000, {}, 400),
        ("GET", "/", {"X-Much": "a" * 5000}, 400),
        (
            "GET",
            "/panel/socket",
            {"Origin": "http://evil.example", "Connection": "Upgrade", "Upgrade": "websocket"},
            403,
        ),
    ],
)
def test_hostile_requests_are_turned_away(
    tmp_path: Path, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    (tmp_path.parent / "secret.jpg").write_bytes(b"secret")

    async def act(session: aiohttp.ClientSession) -> int:
        url = URL(f"http://127.0.0.1:{port}{path}", encoded=True)
        async with aiohttp.ClientSession() as plain, plain.request(method, url, headers=headers) as response:
            return response.status

    stage = Stage()
    with stage.serve(tmp_path) as server:
        port = server.invitation.port
        assert ask(port, act) == status
        assert ask(port, lambda session: session.get("/healthz")).status == 200


def test_the_page_may_run_nothing_but_its_own_and_stand_in_no_frame(tmp_path: Path) -> None:
    with Stage().serve(tmp_path) as server:
        headers = ask(server.invitation.port, lambda session: session.get("/", headers=PAGE)).headers
    assert (
        "script-src 'self'" in headers["Content-Security-Policy"] and "unsafe" not in headers["Content-Security-Policy"]
    )
    assert headers["X-Frame-Options"] == "DENY" and headers["Cache-Control"] == "no-store"


def test_too_many_requests_are_turned_away_for_a_while(tmp_path: Path) -> None:
    async def act(session: aiohttp.ClientSession) -> list[int]:
        return [(await session.get("/healthz")).status for _ in range(400)]

    with Stage().serve(tmp_path) as server:
        codes = ask(server.invitation.port, act)
    assert codes[:100] == [200] * 100 and 429 in codes


def test_health_is_told_and_its_end(tmp_path: Path) -> None:
    stage = Stage()
    with stage.serve(tmp_path) as server:
        well = ask(server.invitation.port, lambda session: session.get("/healthz"))
        server._health.problem = "it draws no more"
        ill = ask(server.invitation.port, lambda session: session.get("/healthz"))
        text = ask(server.invitation.port, lambda session: _text(session, "/metrics"))
    assert well.status == 200 and ill.status == 503
    assert "narcissus_up 0\n" in text and all(
        line[0] == "#" or line.startswith("narcissus_") for line in text.splitlines()
    )


async def _text(session: aiohttp.ClientSession, path: str) -> str:
    return await (await session.get(path)).text()


def test_osc_sets_a_value_answers_and_tells_what_changes(tmp_path: Path) -> None:
    stage = Stage()
    with (
        stage.serve(tmp_path) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
    ):
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(30)
        here = ("127.0.0.1", server.invitation.port)
        udp.sendto(encode(EXPOSURE, [1.5]), here)
        udp.sendto(encode(EXPOSURE, ["+", 0.5]), here)
        udp.sendto(encode(EXPOSURE, ["?"]), here)
        answers = [decode(udp.recv(2000))]
        while not any(call.address == EXPOSURE for call in answers[-1]):
            answers.append(decode(udp.recv(2000)))
        assert (EXPOSURE, (2.0,)) in [(call.address, call.arguments) for call in answers[-1]]
        assert stage.register.overridden[EXPOSURE] is Layer.OSC
        stage.register.happen("arrive", "somebody")
        while not any(call.address == "/narcissus/event/arrive" for call in answers[-1]):
            answers.append(decode(udp.recv(2000)))
        stage.register.set(EXPOSURE, 3.0, Layer.PANEL)
        while (EXPOSURE, (3.0,)) not in [(call.address, call.arguments) for call in answers[-1]]:
            answers.append(decode(udp.recv(2000)))


def test_wrong_osc_changes_nothing_and_is_counted(tmp_path: Path) -> None:
    stage = Stage()
    sent: list[tuple[str, Any]] = [
        (EXPOSURE, "loud"), (EXPOSURE, [1.0, 2.0]), (EXPOSURE, True), ("/narcissus/nothing", 1.0), (EXPOSURE, 99.0),
        ("/narcissus/state/presence", 1.0), ("/narcissus/show/scene", "none"), (BLACKOUT, "yes"),
        ("/narcissus/scene/room/tint", [0.1, 0.2]), (EXPOSURE, ["+", "much"]), (EXPOSURE, ["+", True]),
    ]  # fmt: skip
    with stage.serve(tmp_path) as server, SimpleUDPClient("127.0.0.1", server.invitation.port) as client:
        for address, value in sent:
            client.send_message(address, value)
        client.send_message("/narcissus/scene/*/rows", 7)
        _wait(lambda: stage.register.value("/narcissus/scene/film/rows") == 7)
    counts = stage.register.counts
    assert stage.register.value(EXPOSURE) == 4.0 and stage.register.value(BLACKOUT) is False
    assert (counts.accepted, counts.clamped, counts.unknown) == (2, 1, 1) and counts.refused == 9


def test_a_flood_to_no_address_is_counted_without_a_sentence_for_each(tmp_path: Path) -> None:
    stage = Stage()
    with stage.serve(tmp_path) as server, SimpleUDPClient("127.0.0.1", server.invitation.port) as client:
        for _ in range(150):
            client.send_message("/narcissus/scene/room/exposur", 1.0)
        client.send_message(EXPOSURE, 1.0)
        _wait(lambda: stage.register.value(EXPOSURE) == 1.0)
    assert stage.register.counts.unknown < 60


def _wait(holds: Callable[[], bool]) -> None:
    clock = Clock()
    until_s = clock.now_s() + 30
    while not holds() and clock.now_s() < until_s:
        clock.sleep_s(0.01)
    assert holds()


def test_a_client_listens_ignores_and_sets_over_a_websocket(tmp_path: Path) -> None:
    stage = Stage()

    async def act(session: aiohttp.ClientSession) -> None:
        async with session.ws_connect("/") as ws:
            await ws.send_json({"COMMAND": "LISTEN", "DATA": EXPOSURE})
            assert decode(await ws.receive_bytes(timeout=5)) == decode(encode(EXPOSURE, [0.25]))
            await ws.send_bytes(encode(EXPOSURE, [1.0]))
            assert decode(await ws.receive_bytes(timeout=5)) == decode(encode(EXPOSURE, [1.0]))
            for odd in ("[" * 4000, "{}", "null", '{"COMMAND": 5, "DATA": []}', "\ud800"[:0]):
                await ws.send_str(odd)
            await ws.send_bytes(b"\xff" * 100)
            stage.register.declare("more", [])
            stage.register.declare("knobs", [])
            assert await ws.receive_json(timeout=5) == {"COMMAND": "PATH_CHANGED", "DATA": "/narcissus/scene/film"}
            assert await ws.receive_json(timeout=5) == {"COMMAND": "PATH_CHANGED", "DATA": "/narcissus/scene/room"}

    with stage.serve(tmp_path) as server:
        ask(server.invitation.port, act)


def test_two_panels_stay_in_step_and_one_is_told_why(tmp_path: Path) -> None:
    stage = Stage()

    async def act(session: aiohttp.ClientSession) -> None:
        async with session.ws_connect("/panel/socket") as one, session.ws_connect("/panel/socket") as two:
            hello = await heard(one, "hello")
            await heard(two, "hello")
            assert [scene["title"] for scene in hello["scenes"]] == ["ink", "The pool"]
            assert hello["wall_text"] == "First.\n\nSecond."
            await one.send_json({"do": "set", "address": EXPOSURE, "value": 2.0})
            changed = await heard(two, "values")
            while EXPOSURE not in changed["values"] or changed["values"][EXPOSURE][0] != 2.0:
                changed = await heard(two, "values")
            assert changed["values"][EXPOSURE] == [2.0, "panel"]
            await two.send_json({"do": "why", "address": EXPOSURE})
            why = await heard(two, "why")
            assert [layer["layer"] for layer in why["layers"]] == ["panel", "default"] and why["can_release"]
            await two.send_json({"do": "release", "address": EXPOSURE})
            released = await heard(one, "values")
            while released["values"].get(EXPOSURE) != [0.25, ""]:
                released = await heard(one, "values")
            await two.send_json({"do": "keep", "name": "evening"})
            assert (await heard(one, "structure"))["cues"] == ["evening"]
            await two.send_json({"do": "recall", "name": "evening", "fade_s": 2})
            assert (await heard(two, "notice"))["text"] == "evening is kept"
            assert (await heard(two, "notice"))["text"] == "evening comes in"
            await one.send_json({"do": "learn", "address": EXPOSURE})
            midi = (await heard(two, "structure"))["midi"]
            while midi["note"] == "idle":
                midi = (await heard(two, "structure"))["midi"]
            assert midi == {
                "note": f"waiting for {EXPOSURE}",
                "bindings": [{"control": "CC 7", "address": EXPOSURE}],
            }
            await one.send_json({"do": "unlearn", "control": "CC 7"})
            assert (await heard(two, "structure"))["midi"]["bindings"] == []
            await one.send_json({"do": "save", "address": EXPOSURE})
            while (text := (await heard(one, "notice"))["text"]).startswith("waiting"):
                pass
            assert text == f"{EXPOSURE} is in the scene"

    with stage.serve(tmp_path) as server:
        ask(server.invitation.port, act)


@pytest.mark.parametrize(
    "message",
    [
        '{"do": "set", "address": "/narcissus/nothing", "value": 1}',
        '{"do": "set", "address": 5, "value": 1}',
        *(f'{{"do": "set", "address": "{EXPOSURE}", "value": {value}}}' for value in NO_VALUES),
        '{"do": "keep", "name": "../../etc/passwd"}',
        '{"do": "recall", "name": "x", "fade_s": "soon"}',
        '{"do": "eval", "code": "1"}',
        '{"do": ["set"]}',
        "[]",
        "[" * 5000,
        "nonsense",
    ],
)  # fmt: skip
def test_what_a_panel_may_not_say_is_refused_in_a_sentence(tmp_path: Path, message: str) -> None:
    stage = Stage()

    async def act(session: aiohttp.ClientSession) -> str:
        async with session.ws_connect("/panel/socket") as ws:
            await ws.send_str(message)
            return str((await heard(ws, "refused"))["reason"])

    with stage.serve(tmp_path) as server:
        assert len(ask(server.invitation.port, act)) > 10
    assert stage.register.value(EXPOSURE) == 0.25


def test_pictures_go_only_to_panels_that_look(tmp_path: Path) -> None:
    stage = Stage()

    async def act(session: aiohttp.ClientSession) -> bytes:
        async with session.ws_connect("/panel/socket") as ws:
            assert not server.is_watched
            await ws.send_json({"do": "watch", "on": True})
            while not server.is_watched:
                await asyncio.sleep(0.01)
            stage.pictures.put(np.full((54, 96, 3), 90, np.uint8))
            while (message := await ws.receive(timeout=5)).type is not aiohttp.WSMsgType.BINARY:
                pass
            return bytes(message.data)

    with stage.serve(tmp_path) as server:
        assert ask(server.invitation.port, act)[:3] == b"\xff\xd8\xff"
        _wait(lambda: not server.is_watched)
        assert not server.is_heard_from_afar


def test_in_the_house_a_token_is_asked_for_and_put_into_a_strict_cookie(tmp_path: Path) -> None:
    addresses = own_addresses()
    if not addresses:
        pytest.skip("this machine has no address but its own loopback")

    async def act(session: aiohttp.ClientSession) -> list[Any]:
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(f"http://{addresses[0]}:{port}", cookie_jar=jar) as house:
            refused = await house.get("/", headers=PAGE)
            wrong = await house.get("/?token=AAAAAAAAAAAAAAAAAAAAAA", headers=PAGE)
            right = await house.get(f"/?token={token}", headers=PAGE)
            panel = await house.get("/", headers=PAGE)
            socket = await house.ws_connect("/panel/socket")
            hello = await heard(socket, "hello")
            await socket.close()
            codes = [refused.status, wrong.status, right.status, panel.status, hello["kind"]]
            return [codes, await refused.text(), right.headers["Set-Cookie"], await panel.text()]

    with Stage().serve(tmp_path, lan=True) as server:
        port, token = server.invitation.port, server.invitation.token
        codes, asking, cookie, panel = ask(port, act)
    assert codes == [401, 401, 200, 200, "hello"]
    assert "token" in asking and "panel.js" not in asking and "panel.js" in panel
    assert "SameSite=Strict" in cookie and "HttpOnly" in cookie and token in cookie
    assert (tmp_path / "control.token").stat().st_mode & 0o077 == 0


def test_the_token_is_kept_and_a_broken_one_is_told(tmp_path: Path) -> None:
    with Stage().serve(tmp_path, lan=True) as server:
        first = server.invitation.token
    with Stage().serve(tmp_path, lan=True) as server:
        assert server.invitation.token == first
    (tmp_path / "control.token").write_text("short\n")
    with pytest.raises(DeviceError, match=r"control\.token holds no token"), Stage().serve(tmp_path, lan=True):
        pass


def test_a_wrong_feedback_address_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"control\.feedback"), Stage().serve(tmp_path, feedback="desk:99999"):
        pass


def test_feedback_goes_where_config_yaml_says(tmp_path: Path) -> None:
    stage = Stage()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(30)
        with stage.serve(tmp_path, feedback=f"localhost:{udp.getsockname()[1]}") as server:
            _wait(lambda: server._osc.target is not None)
            stage.register.set(EXPOSURE, 3.0, Layer.PANEL)
            while EXPOSURE not in [call.address for call in decode(udp.recv(2000))]:
                pass


def test_feedback_to_a_machine_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    stage = Stage()
    with stage.serve(tmp_path, feedback="no-such-machine.invalid:9000"):
        _wait(lambda: bool(stage.said))
    assert stage.said[0].startswith("control.feedback: no-such-machine.invalid is not found (")


def test_what_fails_in_here_is_logged_once_and_the_rest_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stage = Stage()

    async def act(session: aiohttp.ClientSession) -> None:
        async with session.ws_connect("/panel/socket") as ws:
            await ws.send_json({"do": "watch", "on": True})
            for _ in range(4):
                stage.pictures.put(np.zeros((3, 3), np.complex64))  # type: ignore[arg-type]  # no picture at all
                await asyncio.sleep(0.1)
            await heard(ws, "line")

    with stage.serve(tmp_path) as server:
        ask(server.invitation.port, act)
    failures = [record for record in caplog.records if record.message == "the control room could not tell something"]
    assert len(failures) == 1


def test_connections_that_say_nothing_or_are_too_many_are_hung_up_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.control.web_guard.SILENT_S", 0.5)
    monkeypatch.setattr("engine.control.web_guard.MOST_CONNECTIONS", 8)
    with Stage().serve(tmp_path) as server:
        address = ("127.0.0.1", server.invitation.port)
        silent = [socket.create_connection(address, 5) for _ in range(20)]
        silent[0].sendall(b"GET / HTTP/1.1\r\nHost: loc")  # and never the rest
        for each in silent:
            each.settimeout(10)
            with contextlib.suppress(ConnectionError):
                assert each.recv(100) == b""
            each.close()
        assert ask(server.invitation.port, lambda session: session.get("/healthz")).status == 200
        assert server._guard.counts["refused: connections"] >= 20
