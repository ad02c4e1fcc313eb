"""Logging: short lines to the terminal, and a file that cannot fill the disk.

Nothing made from a visitor is ever logged: no picture, landmark, feature or latent.
"""

from __future__ import annotations

import logging
import logging.handlers
from pathlib import Path

FOLDER = Path("logs")
FILE_BYTES, FILE_COUNT = 2_000_000, 5


def set_up_logging(folder: Path = FOLDER) -> None:
    """Log to the terminal and to `folder`/narcissus.log; to the terminal only if the folder is not writable."""
    short = logging.Formatter("narcissus: %(message)s")
    terminal = logging.StreamHandler()
    terminal.setFormatter(_WithoutTraceback(short))
    logging.basicConfig(level=logging.INFO, handlers=[terminal], force=True)
    for chatty in ("absl", "tensorflow", "jax", "h5py", "libav", "PIL", "watchfiles"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
    try:
        folder.mkdir(exist_ok=True)
        file = logging.handlers.RotatingFileHandler(
            folder / "narcissus.log", maxBytes=FILE_BYTES, backupCount=FILE_COUNT, encoding="utf-8"
        )
    except OSError as error:
        logging.getLogger(__name__).warning("no log file: %s", error)
        return
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(file)


class _WithoutTraceback(logging.Formatter):
    """One line per event; tracebacks go to the file only."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        plain = logging.makeLogRecord(record.__dict__ | {"exc_info": None, "exc_text": None, "stack_info": None})
        return self._inner.format(plain)
