"""Keeps what goes wrong in one part of a program from ending the rest of it.

What a person can mend is told; what nobody foresaw is told too, in one sentence, and its traceback is logged, once for
each place that it comes from, however often it comes.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from engine.core.errors import NarcissusError, in_one_line

log = logging.getLogger(__name__)

Place = tuple[str, str, int]
MOST_PLACES = 1000  # that are remembered


class ErrorBoundary:
    """Lets nothing through but a request to end.

    Args:
        notify: tells the operator one sentence.
    """

    def __init__(self, notify: Callable[[str], None]) -> None:
        self._notify = notify
        self._logged: set[Place] = set()

    @contextmanager
    def around(self, what: str) -> Iterator[None]:
        """Whatever is raised inside ends there.

        Args:
            what: is done, as the beginning of a sentence: `the scene pool`, `the key S`.
        """
        try:
            yield
        except NarcissusError as error:
            self._notify(str(error))
        except Exception as error:
            self.tell(what, error)

    def tell(self, what: str, error: Exception) -> None:
        """Tell, and log once, an error that was caught elsewhere."""
        place = _place(error)
        if place not in self._logged:
            if len(self._logged) < MOST_PLACES:
                self._logged.add(place)
            log.error("%s failed", what, exc_info=error)
        kind = type(error).__name__
        self._notify(f"{what} failed and is left as it was ({kind}: {in_one_line(error)}); the log has more")


def _place(error: Exception) -> Place:
    frames = traceback.extract_tb(error.__traceback__)
    return (type(error).__name__, frames[-1].filename, frames[-1].lineno or 0) if frames else (str(error), "", 0)
