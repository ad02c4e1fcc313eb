"""Ports: one number for OSC (UDP) and for the web (TCP); the next where another program has it."""

from __future__ import annotations

import errno
import socket
import sys
from contextlib import ExitStack
from dataclasses import dataclass

import psutil

from engine.core.closing import Closing
from engine.core.errors import DeviceError

TRIES = 6
LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"
RECEIVE_BYTES = 1 << 20


@dataclass(frozen=True)
class Ports(Closing):
    """Two bound sockets of one number.

    Attributes:
        number: the port.
        udp, tcp: the sockets, which do not block.
    """

    number: int
    udp: socket.socket
    tcp: socket.socket

    def close(self) -> None:
        """Free the port; may be called twice."""
        self.udp.close()
        self.tcp.close()


def open_ports(wanted: int, *, is_lan: bool) -> Ports:
    """Bind the wanted port, or one of the next; 0 takes any.

    Args:
        wanted: number of the port.
        is_lan: whether other machines may reach it.

    Raises:
        DeviceError: none of them is free.
    """
    host, last = EVERYWHERE if is_lan else LOOPBACK, wanted
    for number in range(wanted, min(wanted + TRIES, 65536)):
        last = number
        try:
            return _bind(host, number)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise DeviceError(f"control: port {number} cannot be opened: {error.strerror or error}") from error
    raise DeviceError(
        f"the control room is closed: other programs have the ports {wanted} to {last}; give it another one with "
        f"--control PORT, or end them"
    )


def _bind(host: str, number: int) -> Ports:
    with ExitStack() as opened:
        tcp = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        if sys.platform != "win32":  # there it would let a second program take the same port
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tcp.bind((host, number))
        tcp.listen(64)
        udp = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        udp.bind((host, tcp.getsockname()[1]))
        for each in (tcp, udp):
            each.setblocking(False)
        opened.pop_all()
        return Ports(tcp.getsockname()[1], udp, tcp)


def own_names() -> tuple[str, ...]:
    """Names and addresses of this machine by which others may call it."""
    name = socket.gethostname().lower()
    names = {name, f"{name.split('.')[0]}.local"}
    names.update(address for address in own_addresses())
    return tuple(sorted(names))


def usual_address() -> str:
    """The address of this machine in the network that it uses most; the loopback where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        try:
            udp.connect(("192.0.2.1", 9))  # sends nothing; an address that nobody has (RFC 5737)
            return str(udp.getsockname()[0])
        except OSError:
            return next(iter(own_addresses()), LOOPBACK)


def own_addresses() -> tuple[str, ...]:
    """Addresses of this machine in its networks, IPv4, without loopback."""
    found = {
        entry.address
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family == socket.AF_INET and not entry.address.startswith("127.")
    }
    return tuple(sorted(found))
