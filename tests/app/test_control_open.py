"""Whether the control room is open, and what the operator is told of it."""

from __future__ import annotations

from pathlib import Path

import pytest

import engine.control.server
from engine.cli import parse_options
from engine.control.ports import open_ports
from engine.core.errors import DeviceError
from tests.app.shows import app, during


def test_it_is_closed_unless_somebody_asks_for_it(place: Path, blind: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.control.server, "open_ports", lambda *_, **__: pytest.fail("a port was opened"))
    show = app()
    show.run()
    assert show.loop._control_room is None


def test_the_section_in_config_yaml_opens_it_and_the_overlay_says_where(place: Path, blind: None) -> None:
    with open_ports(0, is_lan=False) as ports:
        number = ports.number
    with (place / "config.yaml").open("a") as config:
        config.write(f"control: {{enabled: true, port: {number}, announce: false}}\n")
    show, lines = app(seconds=1.0), list[str]()
    during(show, lambda: lines.extend(show.loop._panel._where()))
    assert lines == [f"control\thttp://127.0.0.1:{number}/"]


def test_where_no_port_is_free_that_is_told_and_the_show_goes_on(
    place: Path, blind: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise DeviceError("the control room is closed: other programs have the ports 7400 to 7405")

    monkeypatch.setattr(engine.control.server, "open_ports", refuse)
    show, notes = app(control=0, seconds=1.0), list[str]()
    during(show, lambda: notes.append(show.loop._notice.error))
    assert notes == ["the control room is closed: other programs have the ports 7400 to 7405"]


def test_a_port_that_is_taken_gives_way_and_that_is_told(place: Path, blind: None) -> None:
    with open_ports(0, is_lan=False) as taken:
        show, notes = app(control=taken.number, seconds=1.0), list[str]()
        during(show, lambda: notes.append(show.loop._control_room.invitation.address))  # type: ignore[union-attr]
        assert notes != [f"http://127.0.0.1:{taken.number}/"]


@pytest.mark.parametrize(
    ("arguments", "port"),
    [([], None), (["--control"], 0), (["--control", "7500"], 7500), (["--control", "1024"], 1024)],
)
def test_the_command_line_opens_it(arguments: list[str], port: int | None) -> None:
    assert parse_options(arguments).control == port


@pytest.mark.parametrize("text", ["80", "65536", "-1", "http", "٧٤٠٠"])
def test_other_ports_are_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_options([f"--control={text}"])
    assert "must be a port from 1024 to 65535" in capsys.readouterr().err
