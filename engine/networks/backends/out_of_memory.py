"""Recognition of out-of-memory errors of all libraries that may run a generator."""

from __future__ import annotations

from collections.abc import Iterator

_NAMES = frozenset({"OutOfMemoryError", "ResourceExhaustedError"})  # PyTorch and CuPy; TensorFlow
_WORDS = (
    "resource_exhausted",  # XLA
    "resource exhausted",
    "out of memory",
    "out_of_memory",
    "bad_alloc",  # OpenVINO, as everything in C++
    "bad allocation",
    "failed to allocate",
    "cannot allocate",
    "could not allocate",
    "not enough memory",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error`, or an error that caused it, means that memory has run out. Imports no library."""
    return any(_says_so(link) for link in _chain(error))


def _says_so(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or type(error).__name__ in _NAMES:
        return True
    message = str(error).lower()
    return isinstance(error, RuntimeError | OSError) and any(words in message for words in _WORDS)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
