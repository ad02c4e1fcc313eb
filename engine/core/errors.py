"""What can go wrong in a way that a person can mend: one sentence each, and the exit status of the program.

The message says what is wrong, where, and what to do; `main.py` and the tools print it without a traceback.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager


class NarcissusError(Exception):
    """A problem that is told to the person at the keyboard in one sentence."""

    exit_status = 1


class ConfigError(NarcissusError):
    """Something in config.yaml, a scene or a shader is not as it must be."""

    exit_status = 3


@contextmanager
def gathered_problems() -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """Tell all problems at once: each block within `with problem():` may fail; the end raises what they said.

    Raises:
        ConfigError: the sentences of all, one per line.
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
    """A camera, a display, a graphics driver or a disk does not answer as needed."""

    exit_status = 4


class ModelError(NarcissusError):
    """A persona, a network file or an inverter is missing, damaged or does not fit."""

    exit_status = 5


def in_one_line(error: BaseException, most: int = 200) -> str:
    """What a foreign error says, without line breaks and no longer than `most` characters; its kind if it is mute."""
    return " ".join(str(error).split())[:most] or type(error).__name__


class CudaError(DeviceError):
    """CUDA is missing or refuses; the message says what, and what to do if that is known."""
