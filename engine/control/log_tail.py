"""Log tail: the last lines of the log, for whoever looks at the panel."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass

from engine.core.closing import Closing
from engine.core.messages import printable

MOST_LINES = 200
MOST_LETTERS = 400


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the log.

    Attributes:
        number: counts from 1.
        level: `info`, `warning` or `error`.
        text: one line, with its time of day.
    """

    number: int
    level: str
    text: str


class LogTail(logging.Handler, Closing):
    """Keeps the last lines that anything logs, from any thread, until it is closed."""

    def __init__(self, logger: logging.Logger | None = None) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
        self._lines: deque[LogLine] = deque(maxlen=MOST_LINES)
        self._count = 0
        self._logger = logger or logging.getLogger()
        self._logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the first line of a record; a traceback stays in the log."""
        level = (
            "error" if record.levelno >= logging.ERROR else "info" if record.levelno < logging.WARNING else "warning"
        )
        text = self.format(record).split("\n", 1)[0]
        self._count += 1
        self._lines.append(LogLine(self._count, level, printable(text[:MOST_LETTERS])))

    def since(self, number: int) -> list[LogLine]:
        """Lines after the one of that number, oldest first."""
        return [line for line in list(self._lines) if line.number > number]

    def close(self) -> None:
        """Keep nothing more. May be called twice."""
        self._logger.removeHandler(self)
        super().close()
