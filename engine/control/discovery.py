"""Discovery: the mirror announces itself in the house (`_oscjson._tcp`, for OSCQuery), where zeroconf is installed."""

from __future__ import annotations

import importlib
import logging
import socket
import threading
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
        self._name, self._port, self._addresses = name, port, addresses
        self._lock = threading.Lock()  # closing waits until beginning is done
        self._zeroconf: Any = None
        self._is_closed = False

    def begin(self) -> None:
        """Announce them; takes about two seconds, in which names are tried."""
        with self._lock:
            if self._is_closed:
                return
            try:
                self._announce()
                self.note = f"announced as {self._name}.{OSCQUERY}"
            except ImportError:
                self.note = MISSING
            except Exception as error:  # of a foreign package, or of the network
                self.note = f"the mirror does not announce itself ({in_one_line(error)}); its address works as well"

    def _announce(self) -> None:
        package = importlib.import_module("zeroconf")
        self._zeroconf = speaker = package.Zeroconf(interfaces=list(self._addresses))
        packed = [socket.inet_aton(address) for address in self._addresses]
        for kind in (OSCQUERY, OSC):
            info = package.ServiceInfo(kind, f"{self._name}.{kind}", addresses=packed, port=self._port, properties={})
            speaker.register_service(info, allow_name_change=True)

    def close(self) -> None:
        """Take the announcement back; may be called twice."""
        with self._lock:
            speaker, self._zeroconf, self._is_closed = self._zeroconf, None, True
        if speaker is not None:
            try:
                speaker.close()
            except Exception as error:
                log.info("the announcement was not taken back: %s", in_one_line(error))
