"""The `control` section of config.yaml: who may set what from outside. Data only; opens no port."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from engine.config.validation import IN_WORDS, Settings

PORT = 7400
"""For OSC by UDP, and for HTTP by TCP."""

Network = Annotated[
    str,
    Field(
        min_length=2,
        max_length=50,
        pattern=r"^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$",
        json_schema_extra={IN_WORDS: "an address or a network, such as 192.168.1.7 or 192.168.1.0/24"},
    ),
]
Target = Annotated[
    str,
    Field(
        max_length=260,
        pattern=r"^[A-Za-z0-9._-]+:[0-9]{1,5}$",
        json_schema_extra={IN_WORDS: "a host and a port, such as 192.168.1.7:9000"},
    ),
]
FileName = Annotated[str, Field(min_length=1, max_length=300)]


class ControlSettings(Settings):
    """The show set from outside: OSC, a page in a browser, MIDI and keys of your own."""

    enabled: bool = False
    """Whether OSC and the page are open; --control opens them too."""

    port: int = Field(default=PORT, ge=1024, le=65535)
    """Port of OSC (UDP), and of the page and OSCQuery (TCP), 1024 to 65535."""

    lan: bool = False
    """Whether other machines may connect, with the token that the overlay shows; without it only this one may."""

    allow: Annotated[tuple[Network, ...], Field(max_length=32)] = ()
    """Addresses or networks that may connect where `lan` is true. OSC, which has no token, is heard only from these;
    the page, where there are none, from every private network."""

    feedback: Target | None = None
    """Host and port to which OSC answers and events go; null answers whoever sent last."""

    announce: bool = True
    """Whether other programs find the mirror by themselves (`_oscjson._tcp`), which needs the package zeroconf."""

    token_file: FileName = "control.token"
    """The file beside this one that keeps the token."""

    file: FileName = "control.yaml"
    """The file beside this one that sets keys and MIDI, and to which what is learnt is saved."""

    cues: FileName = "cues.yaml"
    """The file beside this one that keeps the cues."""
