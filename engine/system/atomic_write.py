"""Files written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_write(path: Path, *, is_durable: bool = True) -> Iterator[Path]:
    """A path beside `path` to write to; it takes the place of `path` when the block ends, and is removed if it raises.

    The content is on the disk before the name changes, so that a power cut leaves the old file or the new one; what is
    not worth that wait is written with `is_durable=False`.

    Raises:
        OSError: the file cannot be written, or not be put in its place.
    """
    partial = path.with_name(f"{path.stem[:150]}.{os.getpid()}.partial{path.suffix}")
    try:
        yield partial
        if is_durable:
            with partial.open("rb+") as file:
                os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
