"""Rehearse a whole show with drawn visitors and faults given on purpose: `python -m tools.rehearse --hours H`.

The show runs off screen in a folder of its own, with copies of scenes, shaders and configuration, its real threads and
processes, and a camera that sees drawn visitors arrive, move, cross, leave and get lost. Every 20 seconds something
goes wrong: the camera is killed, hangs, freezes or is unplugged, a stage raises, a file is saved broken, the disk is
full, a receiver is slow or gone, the clock is set. A page says what was measured, and the exit status is 1 where a
figure is beyond its limit.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from engine.cli import picture_size
from engine.core.clock import Clock, file_stamp
from engine.system.shutdown import terminated_as_interrupted
from tools.command import command, command_parser
from tools.rehearsal.director import Director
from tools.rehearsal.page import write_page
from tools.rehearsal.theatre import Production, Theatre
from tools.rehearsal.verdict import is_passed, judge, series

FAULT_S = 20.0
KEPT = ("show.log", "logs")  # of the show's folder


@command()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns 0 if every figure is within its limit, else 1."""
    options = _parse(arguments)
    output: Path = options.output or Path("recordings") / f"rehearsal_{file_stamp()}"
    output.mkdir(parents=True, exist_ok=True)
    production = Production(options.seed, options.size, options.models, options.model)
    with tempfile.TemporaryDirectory(prefix="narcissus-rehearsal-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        with Theatre(folder, production, output / "moments.jsonl") as theatre:
            director = Director(theatre, Clock(), options.seed, options.hours * 3600, options.every)
            try:
                with terminated_as_interrupted():
                    director.run()
            finally:
                exit_status = theatre.end()
                _keep(folder, output)
        crashes = folder / "logs" / "crashes.log"
        written = crashes.read_text(encoding="utf-8") if crashes.exists() else ""
        moments, incidents = theatre.moments, director.incidents
        checks = judge(moments, incidents, director.began_s, exit_status, written, director.pauses)
    points = series([moment for moment in moments if moment.time_s >= director.began_s], director.began_s)
    told = {"checks": [asdict(check) for check in checks], "incidents": [asdict(each) for each in incidents]}
    curves = {"time_s": points.time_s.tolist()} | {name: values.tolist() for name, values in points.values.items()}
    (output / "figures.json").write_text(json.dumps(told | {"series": curves}, indent=1), encoding="utf-8")
    title = f"Rehearsal of {options.hours:g} h, seed {options.seed}, {file_stamp()}"
    write_page(output / "page.html", title, checks, points, incidents)
    for check in checks:
        outcome = {None: "", True: f" (at most {check.limit}: met)", False: f" (at most {check.limit}: MISSED)"}
        print(f"{check.what}: {check.value}{outcome[check.is_met]}")
    print(f"{'passed' if is_passed(checks) else 'failed'}; {output / 'page.html'} shows it")
    return 0 if is_passed(checks) else 1


def _parse(arguments: Sequence[str] | None) -> _Options:
    parser = command_parser(
        "rehearse", "Rehearse a whole show, with drawn visitors and faults.", "--hours 1 --output recordings/rehearsal"
    )
    parser.add_argument("--hours", type=float, default=1.0, metavar="H", help="length, in real time")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of visitors and faults")
    parser.add_argument(
        "--every",
        type=float,
        default=FAULT_S,
        metavar="S",
        help="seconds from fault to fault; 0 gives each as soon as the show has recovered from the last",
    )
    parser.add_argument("--size", type=picture_size, default=(640, 360), metavar="WxH", help="of the wall, px")
    parser.add_argument("--model", default="portraits", metavar="NAME", help="whom the mirror shows")
    parser.add_argument("--models", type=Path, default=Production.models, metavar="FOLDER", help="of personas")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="for the page; in recordings/ if absent")
    return parser.parse_args(arguments, namespace=_Options())


class _Options:
    """What the command line says."""

    hours: float
    seed: int
    every: float
    size: tuple[int, int]
    model: str
    models: Path
    output: Path | None


def _keep(folder: Path, output: Path) -> None:
    """Keep what the show said."""
    for name in KEPT:
        source = folder / name
        if source.is_dir():
            shutil.copytree(source, output / name, dirs_exist_ok=True)
        elif source.exists():
            shutil.copy(source, output / name)


if __name__ == "__main__":
    sys.exit(main())
