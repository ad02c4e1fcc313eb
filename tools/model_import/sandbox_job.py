"""Job of a sandboxed reader: files to read, a folder to write to, and progress reporting."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Job:
    """Job of `sandbox_worker`.

    Attributes:
        sources: files by role.
        output: the only writable folder.
        options: further arguments.
        report: called with the completed share, 0 to 1.
        reading: source being read, named in refusals.
    """

    sources: dict[str, Path]
    output: Path
    options: dict[str, str]
    report: Callable[[float], None]
    reading: str = ""

    @contextmanager
    def open(self, source: str) -> Iterator[memoryview]:
        """Map a file's content; pages are read from disk on access."""
        self.reading = source
        with self.sources[source].open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            yield memoryview(content)  # never closed: arrays made from it refer to it
