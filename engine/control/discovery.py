"""Discovery: the mirror announces itself in the house (`_oscjson._tcp`, for OSCQuery), where zeroconf is installed."""

from __future__ import annotations

import importlib
import logging
import socket
from collections.abc import Sequence
from typing import Any

from engine.core.closing import Closing
from engine.core.errors import in_one_line

log = logging.getLogger(__name__)

OSCQUERY, OSC = "_oscjson._tcp.local.", "_osc._udp.local."
MISSING = (
    "the mirror does not announce itself: the package zeroconf is not installed (pip install zeroconf); its address "
    "works all the same"
)


class Announcement(Closing):
    """Two services, until it is closed; what goes wrong is one sentence, and the mirror can be reached all the same.

    Args:
        name: as others see the mirror listed.
        port: of both.
        addresses: of this machine, where others reach it.

    Attributes:
        note: what came of it, a sentence.
    """

    def __init__(self, name: str, port: int, addresses: Sequence[str]) -> None:
        self.note = ""
        self._zeroconf: Any = None
        try:
            self._zeroconf = self._announce(name, port, addresses)
            self.note = f"announced as {name}.{OSCQUERY}"
        except ImportError:
            self.note = MISSING
        except Exception as error:  # of a foreign package, or of the network
            self.note = f"the mirror does not announce itself ({in_one_line(error)}); its address works all the same"

    def _announce(self, name: str, port: int, addresses: Sequence[str]) -> Any:
        package = importlib.import_module("zeroconf")
        speaker = package.Zeroconf(interfaces=list(addresses))
        try:
            packed = [socket.inet_aton(address) for address in addresses]
            for kind in (OSCQUERY, OSC):
                info = package.ServiceInfo(kind, f"{name}.{kind}", addresses=packed, port=port, properties={})
                speaker.register_service(info, allow_name_change=True)
        except Exception:
            speaker.close()
            raise
        return speaker

    def close(self) -> None:
        """Take the announcement back; may be called twice."""
        speaker, self._zeroconf = self._zeroconf, None
        if speaker is not None:
            try:
                speaker.close()
            except Exception as error:
                log.info("the announcement was not taken back: %s", in_one_line(error))
