"""Fuzz all file readers: `python -m tools.dev.fuzz_inputs [--kind scene ...] [--count 1200] [--seed 1]`.

Valid files of each kind are changed slightly, at random, and read as the show or a tool reads them. They may be read,
or refused with a sentence; they must not raise anything else, take more than 20 s, or more than 2 GB of memory. The
table counts tried, read, refused and failed files; `--keep FOLDER` recreates files that failed. The exit status is 1 if
any failed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tqdm import tqdm

from tools.command import command, command_parser
from tools.fuzz.kinds import KINDS
from tools.fuzz.runner import Tally, outcomes
from tools.fuzz.worker import mutant

SHOWN = 10  # printed failures per kind


@command()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = command_parser("dev.fuzz_inputs", "Fuzz all file readers.", "--kind scene png --count 200")
    parser.add_argument("--kind", nargs="+", choices=list(KINDS), default=list(KINDS), help="all kinds if absent")
    parser.add_argument("--count", type=int, default=1200, metavar="N", help="mutants of each kind")
    parser.add_argument("--seed", type=int, default=1, help="seed of the mutations")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="folder for files that failed")
    options = parser.parse_args(arguments)
    tallies = {name: _tally(name, options.seed, options.count) for name in options.kind}
    print(table(tallies))
    for name, tally in tallies.items():
        for outcome in tally.failures[:SHOWN]:
            print(f"{name} {outcome.index}: {outcome.message}", file=sys.stderr)
        if options.keep is not None:
            _keep(options.keep, name, options.seed, tally)
    return 1 if any(tally.failures for tally in tallies.values()) else 0


def table(tallies: dict[str, Tally]) -> str:
    """Table of results by kind."""
    lines = [f"{'kind':<12} {'tried':>6} {'read':>6} {'refused':>8} {'failed':>7} {'MB':>6}"]
    for name, tally in tallies.items():
        counts = f"{tally.tried:>6} {tally.read:>6} {tally.refused:>8} {len(tally.failures):>7}"
        lines.append(f"{name:<12} {counts} {tally.peak_bytes >> 20:>6}")
    return "\n".join(lines)


def _tally(name: str, seed: int, count: int) -> Tally:
    tally = Tally()
    for outcome in tqdm(outcomes(name, seed, count), desc=name, total=count, mininterval=1.0):
        tally.add(outcome)
    return tally


def _keep(folder: Path, name: str, seed: int, tally: Tally) -> None:
    kind = KINDS[name]
    with TemporaryDirectory() as place:
        samples = kind.samples(Path(place))
    for outcome in tally.failures:
        path = folder / f"{name}_{outcome.index}_{kind.file}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(mutant(kind, samples, seed, outcome.index))


if __name__ == "__main__":
    sys.exit(main())
