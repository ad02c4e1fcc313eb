"""Slot: the only way in which values pass between threads. It holds one item, and the newest wins.

A queue in its place would hand over ever older pictures as soon as its reader is slower than its writer.
"""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Slot(Generic[T]):
    """A one-item hand-over between one writer and one reader.

    Args:
        name: how statistics and the overlay call it.
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
        """How many items were ever put."""
        return self._put

    @property
    def drop_count(self) -> int:
        """How many items were replaced before anyone took them."""
        return self._dropped

    @property
    def is_closed(self) -> bool:
        return self._closed

    def put(self, item: T) -> None:
        """Leave `item` for the reader; never waits. What was not taken yet is dropped and counted."""
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
        """Wake a waiting reader for good; what is put afterwards is still kept for `poll`."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
