"""Access: who may speak to the control room, from where, and how often.

What comes from outside is refused unless everything about it is right: the address it comes from, the name by which it
calls this machine (against rebinding of names), the page that sent it, the token. Knows no socket and no HTTP library.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

TOKEN_BYTES = 16
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def new_token() -> str:
    """128 random bits, in letters that a web address may hold."""
    return secrets.token_urlsafe(TOKEN_BYTES)


@dataclass(frozen=True, slots=True)
class Caller:
    """What a request says of where it comes from.

    Attributes:
        peer: the address of the other end of the connection.
        host: the header `Host`.
        origin: the header `Origin`; None where there is none.
        site: the header `Sec-Fetch-Site`, in which browsers say whether another site's page made the request.
        is_navigation: whether a person went there, as the browser says, and no page fetched it.
        token: from the cookie, or from the header `Authorization`.
    """

    peer: str
    host: str | None = None
    origin: str | None = None
    site: str | None = None
    is_navigation: bool = False
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody is turned away.

    Attributes:
        status: of HTTP.
        reason: one sentence that gives nothing away.
        counted_as: the name under which it is counted.
    """

    status: int
    reason: str
    counted_as: str


PEER = Refusal(403, "this address is not on the list of those that may control the mirror", "peer")
HOST = Refusal(403, "this is not a name of this machine", "host")
ORIGIN = Refusal(403, "another site's page may not speak to the mirror", "origin")
TOKEN = Refusal(401, "the token is missing or wrong: scan the code on the operator's overlay", "token")


class AccessRules:
    """Decides who is let in.

    Args:
        token: what everybody beyond this machine must show; None where nobody beyond it is let in at all.
        allowed: addresses and networks beyond this machine that may speak; empty means, with a token, every private
            network, and without one, which is how OSC comes, nobody.
        names: tells names and addresses of this machine; asked again for one that is not among them, since networks
            come and go.
        port: of the server.

    Raises:
        ValueError: an entry of `allowed` is no address and no network.
    """

    def __init__(
        self, token: str | None, allowed: Sequence[str], names: Callable[[], Iterable[str]], port: int
    ) -> None:
        self._token = token
        self._allowed = [ip_network(entry, strict=False) for entry in allowed]
        self._ask_names, self._names = names, LOOPBACK_NAMES
        self._port = port

    def check_request(self, caller: Caller) -> Refusal | None:
        """Why a request is refused; None if it is let in."""
        return self.check_place(caller) or (None if self.has_token(caller) else TOKEN)

    def check_place(self, caller: Caller) -> Refusal | None:
        """As `check_request`, without the token."""
        if not self.is_peer(caller.peer):
            return PEER
        if not self._is_own(caller.host):
            return HOST
        if caller.origin is not None and not self._is_same_site(caller.origin):
            return ORIGIN
        if caller.site in ("cross-site", "same-site") and not caller.is_navigation:
            return ORIGIN
        return None

    def has_token(self, caller: Caller) -> bool:
        """Whether the caller may do without a token, being on this machine, or shows the right one."""
        return _is_loopback(caller.peer) or self.is_token(caller.token or "")

    def is_token(self, shown: str) -> bool:
        """Whether this is the token; takes the same time whatever is wrong with it."""
        expected = self._token or ""
        return hmac.compare_digest(shown.encode("utf-8", "replace"), expected.encode()) and bool(expected)

    def takes_packet(self, peer: str) -> bool:
        """Whether OSC is taken from this address: it carries no token, so beyond this machine the list decides."""
        return _is_loopback(peer) or (self._token is not None and self._is_listed(peer))

    def is_peer(self, peer: str) -> bool:
        """Whether anybody at this address may come at all."""
        if _is_loopback(peer):
            return True
        if self._token is None:
            return False
        return self._is_listed(peer) if self._allowed else _is_private(peer)

    def _is_listed(self, peer: str) -> bool:
        address = _address(peer)
        return address is not None and any(
            address in network for network in self._allowed if network.version == address.version
        )

    def _is_own(self, host: str | None) -> bool:
        parts = _parts(f"http://{host}") if host else None
        return parts is not None and parts[1] in (self._port, 80) and self._is_name(parts[0])  # 80: none was said

    def _is_same_site(self, origin: str) -> bool:
        parts = _parts(origin) if origin.startswith("http://") else None
        return parts is not None and parts[1] == self._port and self._is_name(parts[0])

    def _is_name(self, name: str) -> bool:
        if name not in self._names and self._token is not None:
            self._names = LOOPBACK_NAMES | {each.lower() for each in self._ask_names()}
        return name in self._names


def _parts(url: str) -> tuple[str, int] | None:
    """Name and port of a URL with nothing else in it; None for anything odd."""
    try:
        split = urlsplit(url)
        name, port = split.hostname, split.port
    except ValueError:
        return None
    if not name or split.path or split.query or split.fragment or "@" in split.netloc:
        return None
    return name.rstrip(".").split("%")[0], port or 80


def _address(text: str) -> Address | None:
    """An address; one of IPv4 that arrives as IPv6 is what it is."""
    try:
        address = ip_address(text.split("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def _is_loopback(peer: str) -> bool:
    address = _address(peer)
    return address is not None and address.is_loopback


def _is_private(peer: str) -> bool:
    address = _address(peer)
    return address is not None and (address.is_private or address.is_link_local) and not address.is_unspecified
