"""File watcher: reports which files in a few folders were saved. Owns the thread that waits for the system's events.

Knows nothing of what the files mean. Editors rename and write twice, so events in quick succession are one save.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from watchfiles import watch

from engine.core.slot import Slot

log = logging.getLogger(__name__)

QUIET_MS = 10  # a save is over once nothing has changed for this long ...
SAVE_LIMIT_MS = 200  # ... and is reported after this long even if it goes on
LOOK_MS = 500  # how often to check that the folders still exist
STOP_WAIT_S = 1.0


class Watcher:
    """Watches folders recursively, from `__enter__` until `close`.

    Never raises: where the system cannot watch, or a folder vanishes, the log says so once and reports stop.

    Args:
        folders: which ones.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folder.resolve() for folder in folders)
        self._saved: Slot[frozenset[Path]] = Slot("saved files")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watcher", daemon=True)

    @property
    def is_watching(self) -> bool:
        """Whether files are being watched: False before `__enter__`, after `close`, and once it has given up."""
        return self._thread.is_alive()

    def poll(self) -> frozenset[Path]:
        """Absolute paths saved, created, renamed or deleted since the last call; never waits."""
        return self._saved.poll() or frozenset()

    def close(self) -> None:
        """Stop the thread. May be called twice."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_WAIT_S)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _watch(self) -> None:
        try:
            self._look_for_folders()
            for changes in watch(
                *self._folders,
                watch_filter=None,  # the default filter ignores everything below a folder named .venv or node_modules
                debounce=SAVE_LIMIT_MS,
                step=QUIET_MS,
                stop_event=self._stopping,
                rust_timeout=LOOK_MS,
                yield_on_timeout=True,
                raise_interrupt=False,
            ):
                self._hand_over(frozenset(Path(path) for _, path in changes))
                self._look_for_folders()
        except (OSError, RuntimeError) as error:  # watchfiles raises RuntimeError at the system's limits
            log.warning("%s: what is saved is shown on its scene's key only, no longer at once", error)

    def _look_for_folders(self) -> None:
        for folder in self._folders:
            if not folder.is_dir():
                raise FileNotFoundError(f"there is no folder {folder}")

    def _hand_over(self, saved: frozenset[Path]) -> None:
        """Add to the files that nobody has polled yet; there is one writer, so none is lost."""
        if saved:
            self._saved.put((self._saved.poll() or frozenset()) | saved)
