"""Runs readers in processes with time and memory limits, and counts the results."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from tools.fuzz.outcome import FAILED, READ, REFUSED, Outcome
from tools.fuzz.worker import run

START_S = 120.0  # until a process has its samples; imports and drivers take time
HANG_S = 20.0
MOST_BYTES = 2 << 30

Job = Callable[[str, int, range, Connection], None]


@dataclass
class Tally:
    """Results for the mutants of one kind.

    Attributes:
        read, refused: number of files that were usable, and that were refused with a sentence.
        failures: all other results.
        peak_bytes: peak memory while reading.
    """

    read: int = 0
    refused: int = 0
    failures: list[Outcome] = field(default_factory=list)
    peak_bytes: int = 0

    @property
    def tried(self) -> int:
        """Total number."""
        return self.read + self.refused + len(self.failures)

    def add(self, outcome: Outcome) -> None:
        """Count a result."""
        self.peak_bytes = max(self.peak_bytes, outcome.peak_bytes)
        if outcome.verdict == FAILED:
            self.failures.append(outcome)
        elif outcome.verdict == REFUSED:
            self.refused += 1
        elif outcome.verdict == READ:
            self.read += 1


def outcomes(name: str, seed: int, count: int, *, job: Job = run, hang_s: float = HANG_S) -> Iterator[Outcome]:
    """Results for mutants 0 to `count` of a kind; a process that dies is replaced."""
    index = 0
    while index < count:
        for outcome in _one_process(name, seed, range(index, count), job, hang_s):
            yield outcome
            index = outcome.index + 1


def _one_process(name: str, seed: int, indices: range, job: Job, hang_s: float) -> Iterator[Outcome]:
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=job, args=(name, seed, indices, sender), name=f"fuzz {name}", daemon=True)
    process.start()
    sender.close()
    try:
        yield from _followed(receiver, indices.start, hang_s)
    finally:
        receiver.close()
        process.kill()
        process.join()


def _followed(receiver: Connection, index: int, hang_s: float) -> Iterator[Outcome]:
    """Results until the process has finished, or has to be terminated."""
    limit_s = START_S
    while True:
        try:
            if not receiver.poll(limit_s):
                yield Outcome(index, FAILED, f"it hangs for more than {limit_s:g} s")
                return
            message = receiver.recv()
        except (EOFError, OSError):
            if limit_s != _BETWEEN_S:
                yield Outcome(index, FAILED, "the process ended without a word")
            return
        if isinstance(message, Outcome):
            limit_s = _BETWEEN_S
            if message.peak_bytes > MOST_BYTES:
                yield Outcome(message.index, FAILED, f"it takes {message.peak_bytes >> 20} MB", message.peak_bytes)
                return
            yield message
        elif isinstance(message, int):
            index, limit_s = message, hang_s


_BETWEEN_S = 60.0  # until the next mutant is generated
