"""One port for both; another where a program has it; a sentence where there is none."""

from __future__ import annotations

import socket
import sys
from types import SimpleNamespace

import pytest

from engine.control.discovery import MISSING, Announcement
from engine.control.ports import TRIES, open_ports
from engine.core.errors import DeviceError


def test_both_have_the_same_number_and_are_reached_from_this_machine_only() -> None:
    with open_ports(0, is_lan=False) as ports:
        assert ports.udp.getsockname() == ports.tcp.getsockname() == ("127.0.0.1", ports.number)


def test_a_port_that_is_taken_gives_way_to_one_of_the_next() -> None:
    with open_ports(0, is_lan=False) as first, open_ports(first.number, is_lan=False) as second:
        assert first.number < second.number < first.number + TRIES


def test_where_all_are_taken_it_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(98, "Address already in use")

    monkeypatch.setattr("engine.control.ports._bind", refuse)
    with pytest.raises(DeviceError, match=r"other programs have the ports 7400 to 7405"):
        open_ports(7400, is_lan=False)


def test_without_zeroconf_the_mirror_says_so_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zeroconf", None)

    with Announcement("Narcissus", 7400, ["192.0.2.1"]) as announcement:
        announcement.begin()
        assert announcement.note == MISSING


def test_a_network_that_is_not_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise OSError("No such device")

    monkeypatch.setitem(sys.modules, "zeroconf", SimpleNamespace(Zeroconf=refuse))  # type: ignore[arg-type]
    with Announcement("Narcissus", 7400, ["192.0.2.1"]) as announcement:
        announcement.begin()
        assert announcement.note.startswith("the mirror does not announce itself (No such device)")


def test_what_is_announced_is_the_port_of_both_and_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, str, list[str], int] | str] = []

    class Speaker:
        def __init__(self, interfaces: list[str]) -> None:
            assert interfaces == ["127.0.0.1"]

        def register_service(self, info: tuple[str, str, list[str], int], *, allow_name_change: bool) -> None:
            said.append(info)

        def close(self) -> None:
            said.append("closed")

    def info(kind: str, name: str, *, addresses: list[bytes], port: int, properties: object) -> object:
        return kind, name, [socket.inet_ntoa(address) for address in addresses], port

    pretended = SimpleNamespace(Zeroconf=Speaker, ServiceInfo=info)
    monkeypatch.setitem(sys.modules, "zeroconf", pretended)  # type: ignore[arg-type]
    with Announcement("Mirror", 7411, ["127.0.0.1"]) as announcement:
        announcement.begin()
        assert announcement.note == "announced as Mirror._oscjson._tcp.local."
    announcement.close()
    announcement.begin()
    assert said == [
        ("_oscjson._tcp.local.", "Mirror._oscjson._tcp.local.", ["127.0.0.1"], 7411),
        ("_osc._udp.local.", "Mirror._osc._udp.local.", ["127.0.0.1"], 7411),
        "closed",
    ]
