"""Context manager for classes with `close()`."""

from __future__ import annotations

from abc import abstractmethod
from typing import Self


class Closing:
    """Base for classes with resources: a `with` block calls `close()`."""

    @abstractmethod
    def close(self) -> None:
        """Release all resources; may be called again."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
