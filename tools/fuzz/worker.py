"""Reads mutants of one kind, one after another, in a process that may hang or be killed for its memory.

The parent is notified before and after each file is read. The process limits its own memory, so that a file that
exhausts it affects nothing else.
"""

from __future__ import annotations

import resource
import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from engine.core.errors import NarcissusError, in_one_line
from tools.fuzz.kinds import KINDS, Kind
from tools.fuzz.outcome import FAILED, READ, REFUSED, Outcome

ADDRESS_SPACE = 12 << 30  # limit of the address space; OpenGL drivers reserve much that they never use
MOST_LETTERS = 2000  # per reported line: a longer one is not a sentence


def mutant(kind: Kind, samples: list[bytes], seed: int, index: int) -> bytes:
    """Mutant for given numbers, deterministic."""
    return kind.mutant(samples, np.random.default_rng([seed, *kind.name.encode(), index]))


def try_one(read: Callable[[Path], object], path: Path, index: int) -> Outcome:
    """Read a file and report the result."""
    try:
        read(path)
    except NarcissusError as error:
        lines = str(error).split("\n")
        is_told = bool(str(error)) and all(line.isprintable() and len(line) <= MOST_LETTERS for line in lines)
        return Outcome(index, REFUSED if is_told else FAILED, str(error) if is_told else f"no sentence: {error!r:.500}")
    except Exception as error:
        *_, last = traceback.extract_tb(error.__traceback__)
        place = f"{Path(last.filename).name}:{last.lineno}"
        return Outcome(index, FAILED, f"{type(error).__name__} at {place}: {in_one_line(error)}")
    return Outcome(index, READ)


def run(name: str, seed: int, indices: range, connection: Connection) -> None:
    """Run the process: announces each index, then reports its result."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    kind = KINDS[name]
    with TemporaryDirectory(prefix="narcissus-fuzz-") as folder:
        place = Path(folder)
        samples, read = kind.samples(place), kind.open_reader(place)
        connection.send(None)
        for index in indices:
            path = place / kind.file
            path.write_bytes(mutant(kind, samples, seed, index))
            connection.send(index)
            outcome = try_one(read, path, index)
            connection.send(Outcome(index, outcome.verdict, outcome.message, _peak_bytes()))


def _peak_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak << 10
