"""Keep the mirror running for months: `python -m tools.keep_running [options of main.py]`.

Starts `main.py` with these options, checks that it draws, reflects and stays within its memory limit, terminates it if
it hangs for 30 seconds, and restarts it if it has died: three times at once, then after increasing waits. From the
fourth death within ten minutes on it shows a safe scene with the self-view, and reports it.

    python -m tools.keep_running --scene pool --fullscreen --status status.json
"""

from __future__ import annotations

import logging
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from engine.core.clock import Clock
from engine.supervision.supervisor import Supervisor
from engine.supervision.watchdog import Watchdog
from engine.system.logging_setup import set_up_logging
from engine.system.shutdown import told_by_signals
from tools.command import command

ROOT = Path(__file__).resolve().parent.parent
SAFE_SCENE = "gilded_mirror"
OPTIONS = """usage: python -m tools.keep_running [options of main.py]

{purpose}

example:
  python -m tools.keep_running --scene pool --fullscreen --status status.json

All options go to main.py; its own --help lists them."""


@command()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status of a show that ended normally, 0 if it was asked to stop."""
    options = list(sys.argv[1:] if arguments is None else arguments)
    if "--help" in options or "-h" in options:
        print(OPTIONS.format(purpose=(__doc__ or "").partition("\n\n")[2].rpartition("\n\n")[0]))
        raise SystemExit(0)
    set_up_logging()
    status, options = split_status(options)
    with tempfile.TemporaryDirectory(prefix="narcissus-") as scratch, Watchdog() as watchdog:
        supervisor = Supervisor(
            [sys.executable, str(ROOT / "main.py"), *options],
            status or Path(scratch) / "status.json",
            ("--scene", SAFE_SCENE, "--source", "self"),
            Clock(),
            on_beat=watchdog.beat,
        )
        with told_by_signals(supervisor.stop):
            ended = supervisor.run()
    logging.getLogger(__name__).info("ended, after %d restarts", supervisor.restarts)
    return ended


def split_status(options: Sequence[str]) -> tuple[Path | None, list[str]]:
    """Path given by `--status`, if any, and the other options."""
    rest: list[str] = []
    status: Path | None = None
    remaining = iter(options)
    for option in remaining:
        if option == "--status":
            status = Path(next(remaining, "status.json"))
        elif option.startswith("--status="):
            status = Path(option.partition("=")[2])
        else:
            rest.append(option)
    return status, rest


if __name__ == "__main__":
    sys.exit(main())
