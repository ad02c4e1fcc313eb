"""Start the mirror with the machine: `python -m tools.install_service [options of main.py]`, `--remove` undoes it.

On Linux it writes a systemd user unit that runs `tools.keep_running`, with a watchdog and unlimited restarts, and turns
off screen blanking; on Windows a task that starts when the user logs on, and the same for the display. No administrator
rights are needed. `--print` only shows what would be written.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from engine.core.errors import DeviceError
from engine.system.atomic_write import atomic_write
from tools.command import command, command_parser

ROOT = Path(__file__).resolve().parent.parent
NAME = "narcissus"
WATCHDOG_S = 60  # keep_running notifies systemd every two seconds
START_S = 300  # the first start measures which variant is fastest on this machine

Run = Callable[[Sequence[str]], int]


def unit_text(python: str, root: Path, options: Sequence[str]) -> str:
    """systemd user unit that keeps the mirror running.

    Args:
        python: Python interpreter.
        root: folder of main.py.
        options: options for main.py.
    """
    start = shlex.join([python, "-m", "tools.keep_running", *options]).replace("%", "%%").replace("$", "$$")
    return f"""[Unit]
Description=Narcissus, a mirror that answers with someone else
After=graphical-session.target
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
WorkingDirectory={str(root).replace("%", "%%")}
ExecStartPre=-/bin/sh -c "command -v xset >/dev/null && xset s off s noblank -dpms"
ExecStart={start}
TimeoutStartSec={START_S}
TimeoutStopSec=20
WatchdogSec={WATCHDOG_S}
Restart=always
RestartSec=2

[Install]
WantedBy=default.target
"""


def task_text(python: str, root: Path, options: Sequence[str]) -> str:
    """Windows task that keeps the mirror running after log-on, as Task Scheduler's XML."""
    arguments = subprocess.list2cmdline(["-m", "tools.keep_running", *options])
    return f"""<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <Triggers><LogonTrigger><Enabled>true</Enabled></LogonTrigger></Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure><Interval>PT1M</Interval><Count>999</Count></RestartOnFailure>
  </Settings>
  <Actions>
    <Exec>
      <Command>{escape(python)}</Command>
      <Arguments>{escape(arguments)}</Arguments>
      <WorkingDirectory>{escape(str(root))}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
"""


def unit_path() -> Path:
    """Path of this user's systemd units."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user" / f"{NAME}.service"


def install_unit(text: str, path: Path, run: Run) -> list[str]:
    """Write the unit, and have systemd start it now and in every session; returns the message."""
    _write(path, text)
    steps = (["daemon-reload"], ["enable", "--now", f"{NAME}.service"])
    if any(run(["systemctl", "--user", *step]) != 0 for step in steps):
        return [
            f"{path} has been written, but systemd did not accept it. In a session of this user, run:",
            f"  systemctl --user daemon-reload && systemctl --user enable --now {NAME}",
        ]
    return [
        f"{path} has been written; the mirror starts now and whenever you log in.",
        "To start it at boot, before anybody logs in: loginctl enable-linger",
        f"Its log: journalctl --user -u {NAME} -f",
    ]


def remove_unit(path: Path, run: Run) -> list[str]:
    """Stop the unit and delete its file."""
    if not path.exists():
        return [f"nothing to remove: {path} does not exist"]
    stopped = run(["systemctl", "--user", "disable", "--now", f"{NAME}.service"]) == 0
    path.unlink()
    run(["systemctl", "--user", "daemon-reload"])
    return [f"{path} has been removed" + ("" if stopped else "; a running mirror continues until it is closed")]


def install_task(text: str, path: Path, run: Run) -> list[str]:
    """Create a Windows task that starts the mirror when this user logs on, and keep the display on."""
    _write(path, text, "utf-16")
    if run(["schtasks", "/Create", "/TN", NAME, "/XML", str(path), "/F"]) != 0:
        raise DeviceError(f"Task Scheduler did not accept {path}: see its history for the reason")
    run(["powercfg", "/change", "monitor-timeout-ac", "0"])
    return [f"the mirror starts when you log on (the task {NAME}), and the display stays on"]


def remove_task(path: Path, run: Run) -> list[str]:
    """Delete the task and its file."""
    removed = run(["schtasks", "/Delete", "/TN", NAME, "/F"]) == 0
    path.unlink(missing_ok=True)
    return [f"the task {NAME} has been removed" if removed else f"nothing to remove: there is no task {NAME}"]


def _write(path: Path, text: str, encoding: str = "utf-8") -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as partial:
            partial.write_text(text, encoding=encoding)
    except OSError as error:
        raise DeviceError(f"{path} cannot be written: {error.strerror or error}") from error


def _run(words: Sequence[str]) -> int:
    try:
        return subprocess.run(words, check=False).returncode
    except OSError:  # there is no such program
        return 127


@command()
def main(arguments: Sequence[str] | None = None, run: Run = _run) -> int:
    """Run the command; returns the exit status."""
    options, of_show = _parse(arguments)
    is_windows = sys.platform == "win32"
    path = ROOT / "logs" / f"{NAME}-task.xml" if is_windows else unit_path()
    if options.remove:
        lines = remove_task(path, run) if is_windows else remove_unit(path, run)
    else:
        text = (task_text if is_windows else unit_text)(sys.executable, ROOT, of_show)
        install = install_task if is_windows else install_unit
        lines = [text] if options.print else install(text, path, run)
    print("\n".join(lines))
    return 0


def _parse(arguments: Sequence[str] | None) -> tuple[argparse.Namespace, list[str]]:
    parser = command_parser(
        "install_service",
        "Start the mirror with the machine, and keep it running.",
        "--scene pool --fullscreen",
        epilog="All other options go to main.py; its own --help lists them.",
        allow_abbrev=False,
    )
    parser.add_argument("--remove", action="store_true", help="undo it")
    parser.add_argument("--print", action="store_true", help="show what would be written, and change nothing")
    return parser.parse_known_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
