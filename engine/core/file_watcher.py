"""Watcher: tells which files in some folders were saved. It owns the thread that waits for the system's word.

What the files mean is not known here. Editors save by renaming and write twice, so what follows at once is one save.
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

QUIET_MS = 10  # a save is over when nothing more has changed for so long ...
SAVE_LIMIT_MS = 200  # ... and is told after so long even if it goes on
LOOK_MS = 500  # how often it is looked whether the folders are still there
STOP_WAIT_S = 1.0


class Watcher:
    """Follows folders and what is in them, from being entered until being closed.

    It never raises: where the system cannot watch, or a folder vanishes, the log says so once, and no more is told.

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
        """False before it is entered, after it is closed, and once it has given up."""
        return self._thread.is_alive()

    def poll(self) -> frozenset[Path]:
        """Absolute paths of what was saved, made, renamed or deleted since the last call; never waits."""
        return self._saved.poll() or frozenset()

    def close(self) -> None:
        """End the thread; may be called again."""
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
                watch_filter=None,  # the usual one is blind wherever a folder above is called .venv or node_modules
                debounce=SAVE_LIMIT_MS,
                step=QUIET_MS,
                stop_event=self._stopping,
                rust_timeout=LOOK_MS,
                yield_on_timeout=True,
                raise_interrupt=False,
            ):
                self._hand_over(frozenset(Path(path) for _, path in changes))
                self._look_for_folders()
        except (OSError, RuntimeError) as error:  # RuntimeError: what watchfiles makes of the system's limits
            log.warning("%s: what is saved is shown on its scene's key only, no longer at once", error)

    def _look_for_folders(self) -> None:
        for folder in self._folders:
            if not folder.is_dir():
                raise FileNotFoundError(f"there is no folder {folder}")

    def _hand_over(self, saved: frozenset[Path]) -> None:
        """Leave the files beside those that nobody has asked for yet: there is one writer, so none is lost."""
        if saved:
            self._saved.put((self._saved.poll() or frozenset()) | saved)
