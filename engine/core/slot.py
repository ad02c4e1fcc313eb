"""Slot: the only way values pass between threads. It holds one item, and the newest wins.

A queue would hand over ever older pictures as soon as the reader is slower than the writer.
"""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Slot(Generic[T]):
    """A one-item hand-over between one writer and one reader.

    Args:
        name: for statistics and the overlay.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._changed = threading.Condition()
        self._item: T | None = None
        self._closed = False
        self._put = 0
        self._dropped = 0

    @property
    def put_count(self) -> int:
        """Number of items put so far."""
        return self._put

    @property
    def drop_count(self) -> int:
        """Number of items replaced before anyone took them."""
        return self._dropped

    @property
    def is_closed(self) -> bool:
        return self._closed

    def put(self, item: T) -> None:
        """Leave `item` for the reader; never waits. An item not yet taken is dropped and counted."""
        with self._changed:
            self._dropped += self._item is not None
            self._item = item
            self._put += 1
            self._changed.notify()

    def poll(self) -> T | None:
        """Take the newest item if there is one, without waiting."""
        with self._changed:
            item, self._item = self._item, None
            return item

    def take(self, timeout_s: float) -> T | None:
        """Take the newest item; waits up to `timeout_s`. None if none came or the slot was closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._closed, timeout_s)
            item, self._item = self._item, None
            return item

    def close(self) -> None:
        """Wake a waiting reader for good; later items are still kept for `poll`."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
