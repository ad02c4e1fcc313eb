"""Keep the mirror running for months: `python -m tools.keep_running [options of main.py]`.

Starts `main.py` with these options, checks that it draws, reflects and stays within its memory limit, terminates it if
it hangs for 30 seconds, and restarts it if it has died: three times at once, then after increasing waits. From the
fourth death within ten minutes on it shows a safe scene with the self-view, and reports it.

    python -m tools.keep_running --scene pool --fullscreen --status status.json
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.config.config import load_config
from engine.core.clock import Clock, local_time
from engine.core.errors import DeviceError, NarcissusError
from engine.show.schedule import Schedule
from engine.supervision.daily_restart import DailyRestart
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

--daily-restart starts the show again once a day, in the closed hours of config.yaml's schedule.
All other options go to main.py; its own --help lists them."""
DAILY = "--daily-restart"


@command()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status of a show that ended normally, 0 if it was asked to stop."""
    options = list(sys.argv[1:] if arguments is None else arguments)
    if "--help" in options or "-h" in options:
        print(OPTIONS.format(purpose=(__doc__ or "").partition("\n\n")[2].rpartition("\n\n")[0]))
        raise SystemExit(0)
    set_up_logging()
    status, options = split_status(options)
    daily = None
    if DAILY in options:
        options.remove(DAILY)
        daily = DailyRestart(opening_hours(options))
    if (
        sys.platform == "linux"
        and "--headless" not in options
        and not {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys()
    ):
        raise DeviceError("there is no display to keep a show on: start it in a desktop session, or with --headless")
    with tempfile.TemporaryDirectory(prefix="narcissus-") as scratch, Watchdog() as watchdog:
        supervisor = Supervisor(
            [sys.executable, str(ROOT / "main.py"), *options],
            status or Path(scratch) / "status.json",
            ("--scene", SAFE_SCENE, "--source", "self"),
            Clock(),
            on_beat=watchdog.beat,
            daily=daily,
        )
        with told_by_signals(supervisor.stop):
            ended = supervisor.run()
    logging.getLogger(__name__).info("ended, after %d restarts", supervisor.restarts)
    return ended


def opening_hours(options: Sequence[str]) -> Callable[[], bool]:
    """What says whether the mirror of these options is open now; a config.yaml that is broken now counts as open."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--config", type=Path, default=Path("config.yaml"))
    path: Path = parser.parse_known_args(options)[0].config

    def is_open() -> bool:
        try:
            return Schedule(load_config(path).schedule).is_open(local_time())
        except NarcissusError as error:
            logging.getLogger(__name__).debug("opening hours are not known: %s", error)
            return True

    return is_open


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
