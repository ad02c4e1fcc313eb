"""`with` for whoever has a `close()`."""

from __future__ import annotations

from abc import abstractmethod
from typing import Self


class Closing:
    """A base for classes that hold something until `close()`: a `with` block closes them."""

    @abstractmethod
    def close(self) -> None:
        """Release what is held; may be called again."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
