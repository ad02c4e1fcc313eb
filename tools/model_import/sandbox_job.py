"""What a confined reader is given to do: files to read, a folder to write to, and a way to say how far it is."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Job:
    """One task of `confined_reader`.

    Attributes:
        sources: the files, by what they are.
        output: the only folder that may be written to.
        options: further words.
        report: is told the share that is done, 0 to 1.
        reading: the source that is being read, which a refusal is about.
    """

    sources: dict[str, Path]
    output: Path
    options: dict[str, str]
    report: Callable[[float], None]
    reading: str = ""

    @contextmanager
    def open(self, source: str) -> Iterator[memoryview]:
        """The content of a file, as a view that is read from the disk where it is looked at."""
        self.reading = source
        with self.sources[source].open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            yield memoryview(content)  # never closed: arrays made from it look into it as long as they live
