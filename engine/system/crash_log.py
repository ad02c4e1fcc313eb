"""What nobody foresaw goes into the log folder: errors that end the program or one of its threads, in children too, and
the stacks of all threads when native code crashes.

A child knows from its environment whether its parent keeps such a log. It imports nothing that a light child has not.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType

log = logging.getLogger(__name__)

CRASH_FILE = "crashes.log"
MOST_BYTES = 1_000_000  # a longer one begins anew; the last is kept beside it
FOLDER_VARIABLE = "NARCISSUS_CRASH_FOLDER"


def catch_crashes(folder: Path) -> None:
    """Have whatever ends a thread, or this process, logged and written to `folder`, and that of its children too.

    Without a writable folder it is told on the terminal alone.
    """
    sys.excepthook = lambda kind, error, trace: _tell("the program", kind, error, trace)
    threading.excepthook = lambda hook: _tell(
        f"the thread '{hook.thread.name if hook.thread else 'unknown'}'",
        hook.exc_type,
        hook.exc_value,
        hook.exc_traceback,
    )
    try:
        folder.mkdir(exist_ok=True)
        path = folder.resolve() / CRASH_FILE
        if path.exists() and path.stat().st_size > MOST_BYTES:
            path.replace(path.with_name(f"{path.name}.1"))
        _write_faults_to(path)
    except OSError as error:
        log.warning("crashes are told on the terminal alone: %s", error)
        faulthandler.enable()
        return
    os.environ[FOLDER_VARIABLE] = str(folder.resolve())


def catch_crashes_of_child(name: str) -> None:
    """In a child process: write to the folder that its parent named; nothing if it named none.

    Args:
        name: how what is written calls the child.
    """
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder:
        return
    threading.excepthook = lambda hook: note_crash(f"a thread of {name}", hook.exc_value)
    try:
        _write_faults_to(Path(folder) / CRASH_FILE)
    except OSError:
        faulthandler.enable()


def note_crash(what: str, error: BaseException | None) -> None:
    """In a child process: write an error with its traceback, if its parent keeps a log."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder or error is None:
        return
    try:
        with (Path(folder) / CRASH_FILE).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{what} failed:\n{''.join(traceback.format_exception(error))}\n")
    except OSError as unwritten:
        print(f"{what} failed: {error!r}; and its traceback cannot be written: {unwritten}", file=sys.stderr)


def _write_faults_to(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    faulthandler.enable(descriptor)  # which stays open for as long as the process lives


def _tell(what: str, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt | SystemExit):
        log.critical("%s ended by %s", what, kind.__name__, exc_info=(kind, error or kind(), trace))
