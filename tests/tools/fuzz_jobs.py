"""Readers of mutants that misbehave, for the processes of `tools.fuzz.runner`; nothing heavy is imported here."""

from __future__ import annotations

import os
from multiprocessing.connection import Connection
from threading import Event

from tools.fuzz.outcome import READ, Outcome


def hangs_at_the_second(name: str, seed: int, indices: range, connection: Connection) -> None:
    _read(indices, connection, 1, lambda: Event().wait(60))


def dies_at_the_second(name: str, seed: int, indices: range, connection: Connection) -> None:
    _read(indices, connection, 1, lambda: os._exit(9))


def takes_much_at_the_second(name: str, seed: int, indices: range, connection: Connection) -> None:
    connection.send(None)
    for index in indices:
        connection.send(index)
        connection.send(Outcome(index, READ, peak_bytes=(3 << 30) if index == 1 else 1 << 20))


def _read(indices: range, connection: Connection, bad: int, act: object) -> None:
    connection.send(None)
    for index in indices:
        connection.send(index)
        if index == bad:
            act()  # type: ignore[operator]
        connection.send(Outcome(index, READ))
