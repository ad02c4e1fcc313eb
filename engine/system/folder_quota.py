"""Limits on a folder of recordings: the oldest are removed first, and only if configured."""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path

from engine.core.errors import in_one_line

ENDINGS = frozenset({".mp4", ".mov", ".mkv", ".narc", ".png"})
GIGABYTE, DAY_S = 1_000_000_000, 86_400.0

log = logging.getLogger(__name__)


def remove_oldest(
    folder: Path, now_unix_s: float, *, keep_days: float | None, max_gb: float | None, spare: Collection[Path] = ()
) -> list[Path]:
    """Remove recordings that are too old, then the oldest until the rest fits.

    Args:
        folder: folder of the recordings; subfolders and files of other kinds are never touched.
        now_unix_s: current time, seconds since 1970.
        keep_days: maximum age of a recording; None means any.
        max_gb: maximum total size; None means any.
        spare: recordings being written; they count, but stay.

    Returns:
        Removed files, oldest first.
    """
    if keep_days is None and max_gb is None:
        return []
    found = sorted(_recordings(folder), key=lambda each: each[0])
    total = sum(size for _, size, _ in found)
    spared = {path.resolve() for path in spare}
    removed = []
    for modified_s, size, path in found:
        is_old = keep_days is not None and now_unix_s - modified_s > keep_days * DAY_S
        is_too_much = max_gb is not None and total > max_gb * GIGABYTE
        if not (is_old or is_too_much) or path.resolve() in spared:
            continue
        try:
            path.unlink()
        except OSError as error:
            log.warning("%s, the oldest recording, could not be removed: %s", path, in_one_line(error))
            continue
        log.info("%s has been removed: older than %s days or beyond %s GB", path, keep_days, max_gb)
        total -= size
        removed.append(path)
    return removed


def _recordings(folder: Path) -> list[tuple[float, int, Path]]:
    found = []
    try:
        for path in folder.iterdir():
            if path.suffix.lower() in ENDINGS and path.is_file() and not path.is_symlink():
                state = path.stat()
                found.append((state.st_mtime, state.st_size, path))
    except OSError:  # it does not exist, or a file vanished: next time
        return found
    return found
