"""Freed memory, given back to the system at intervals. Python and its libraries free blocks of every size from many
threads; glibc keeps what lies between those still in use, tens of megabytes after a while, and its pages are returned
only on request.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable

from engine.core.closing import Closing

PERIOD_S = 60.0
CLOSE_S = 2.0


def find_trim() -> Callable[[int], int] | None:
    """The C library's `malloc_trim`; None where it has none (only glibc has)."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):  # TypeError: Windows does not know the program itself by no name
        return None
    trim.argtypes, trim.restype = [ctypes.c_size_t], ctypes.c_int
    found: Callable[[int], int] = trim
    return found


class FreedMemory(Closing):
    """Gives freed memory back at intervals, on a thread of its own, until closed; does nothing without `trim`.

    Args:
        trim: returns freed pages; takes the number of bytes to keep.
        period_s: between two times, s.
    """

    def __init__(self, trim: Callable[[int], int] | None, period_s: float = PERIOD_S) -> None:
        self._trim, self._period_s = trim, period_s
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="freed memory", daemon=True)
        if trim is not None:
            self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._is_over.set()
        if self._thread.is_alive():
            self._thread.join(CLOSE_S)

    def _run(self) -> None:
        while self._trim is not None and not self._is_over.wait(self._period_s):
            self._trim(0)
