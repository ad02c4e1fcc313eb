"""Errors that a person can fix, each one sentence, and the exit status of each kind.

The message says what is wrong, where, and what to do; `main.py` and the tools print it without a traceback.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from engine.core.messages import printable


class NarcissusError(Exception):
    """A problem that the person at the keyboard can fix, in one sentence."""

    exit_status = 1

    def __str__(self) -> str:
        """The sentence, or one per line; what files and names from outside bring into it is made printable."""
        return printable(super().__str__(), keep="\n")


class ConfigError(NarcissusError):
    """An invalid configuration, scene, shader or picture file."""

    exit_status = 3


@contextmanager
def gathered_problems() -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """Collect problems: each `with problem():` block may fail; the end raises all of them at once.

    Raises:
        ConfigError: the sentences of all problems, one per line.
    """
    said: list[str] = []

    @contextmanager
    def problem() -> Iterator[None]:
        try:
            yield
        except ConfigError as error:
            said.append(str(error))

    yield problem
    if said:
        raise ConfigError("\n".join(said))


class DeviceError(NarcissusError):
    """A camera, display, graphics driver or disk that is missing or fails."""

    exit_status = 4


class ModelError(NarcissusError):
    """A persona, network file or inverter that is missing, damaged or does not fit."""

    exit_status = 5


def in_one_line(error: BaseException, most: int = 200) -> str:
    """The message of a foreign error on one line, at most `most` characters; its type if it has no message."""
    return " ".join(str(error).split())[:most] or type(error).__name__


class CudaError(DeviceError):
    """CUDA that is missing or fails; the message says what to do, if that is known."""
