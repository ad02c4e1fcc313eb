"""Atomic file writes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_write(path: Path, *, is_durable: bool = True) -> Iterator[Path]:
    """Temporary path that replaces `path` when the block ends, and is removed if it raises.

    The content is synced to disk before the rename, so that a power cut leaves either the old file or the new one; use
    `is_durable=False` for files that are not worth the wait.

    Raises:
        OSError: the file cannot be written or renamed.
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
