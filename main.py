"""Open the mirror: `python main.py --help` lists what it understands."""

from __future__ import annotations

import logging
import sys
import threading

from engine.system.cpu_priority import limit_pools, share_processor
from engine.system.shutdown import leave, terminated_as_interrupted


def main() -> int:
    """Run the mirror; the exit status is 0, or tells what kind of thing was wrong (`engine/core/errors.py`)."""
    try:
        with terminated_as_interrupted():
            return _run()
    except KeyboardInterrupt:  # before the show began; in it, requests to stop end it in order
        return 130


def _run() -> int:
    limit_pools()
    # Imported here and not above: the webcam's process, which runs this file again, needs none of it.
    from engine.app import App
    from engine.cli import parse_options
    from engine.core.errors import NarcissusError, in_one_line
    from engine.system.crash_log import catch_crashes
    from engine.system.logging_setup import FOLDER, set_up_logging

    options = parse_options()
    set_up_logging()
    catch_crashes(FOLDER)
    share_processor()
    try:
        App(options).run()
    except NarcissusError as error:
        print(f"narcissus: {error}", file=sys.stderr)
        return error.exit_status
    except Exception as error:  # nobody foresaw it: one sentence here, the traceback in the log
        logging.getLogger("narcissus").critical("the show ended", exc_info=True)
        print(
            f"narcissus: something unforeseen ended the show ({in_one_line(error)}); {FOLDER} has more", file=sys.stderr
        )
        return 1
    return 0


if __name__ == "__main__":
    status = main()
    if any(thread is not threading.main_thread() for thread in threading.enumerate()):
        leave(status)
    sys.exit(status)
