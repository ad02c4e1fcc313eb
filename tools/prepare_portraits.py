"""Create a portrait set from a folder of photographs.

    python -m tools.prepare_portraits SOURCE --output FILE.zip --size 128 [--labels FILE.csv]

Every picture below SOURCE is examined. Faces that are large, sharp and frontal enough are cropped with level eyes, as
in FFHQ, and written to FILE.zip, which `tools.dataset.portrait_set` reads. Rejected files are listed with the reason in
FILE.rejected.csv. The columns of the labels are `file` (path below SOURCE, or name) and any of id, source, split, kind,
year, gender and age. Everything is written at the end or not at all; the same photographs give the same set.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import TimeoutError, get_context
from multiprocessing.pool import Pool
from pathlib import Path, PurePath

from tqdm import tqdm

from engine.core.errors import DeviceError
from engine.pipeline.sources.images import natural_order
from tools.command import command, command_parser
from tools.dataset.labels import Register, read_rows, text_of, with_somebody_held_out
from tools.dataset.portrait_set import KIND_WEIGHTS, Label, write_portraits
from tools.dataset.screening import DUPLICATE, Duplicates, Limits, Portrait, Rejection, Screening
from tools.reporting.image_files import prepare_folder, write

SIZES = (64, 128, 256, 512, 1024)
MIN_FACE, MAX_YAW, MIN_SHARPNESS, VAL_SHARE = 0.55, 0.45, 0.025, 0.05
FEW = 16  # photographs for which further processes do not pay off
PATIENCE_S = 600.0  # a photograph takes a tenth of a second; after this the process must have died


@dataclass(frozen=True)
class Screened:
    """Result of screening a folder: portraits with labels, and the reason for each rejected file."""

    portraits: list[tuple[Label, bytes]]
    rejected: list[tuple[PurePath, Rejection]]


def photographs(source: Path, leave_out: Sequence[Path] = ()) -> list[PurePath]:
    """All files below a folder except hidden ones, in natural order, relative to it.

    Raises:
        DeviceError: it is not a folder, or contains no files.
    """
    if not source.is_dir():
        raise DeviceError(f"{source} is no folder: give one with photographs in it")
    apart = {os.path.abspath(path) for path in leave_out}
    found = []
    for folder, folders, names in os.walk(source):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = [Path(folder, name) for name in names if not name.startswith(".")]
        found += [path.relative_to(source) for path in paths if os.path.abspath(path) not in apart]
    if not found:
        raise DeviceError(f"the folder {source} has no file in it")
    return sorted(found, key=lambda path: [natural_order(Path(part)) for part in path.parts])


def screen(source: Path, files: Sequence[PurePath], limits: Limits, register: Register, workers: int) -> Screened:
    """Screen all photographs, with a progress bar.

    Raises:
        DeviceError: a worker process ended or hangs.
    """
    duplicates = Duplicates()
    portraits: list[tuple[Label, bytes]] = []
    rejected: list[tuple[PurePath, Rejection]] = []
    found = _look_at_all([source / file for file in files], limits, workers)
    for file, result in zip(files, tqdm(found, total=len(files), unit="picture", disable=None), strict=True):
        if isinstance(result, Portrait):
            earlier = duplicates.earlier(text_of(file), result)
            if earlier is None:
                portraits.append((register.label(file, result), result.jpeg))
                continue
            result = Rejection(DUPLICATE, f"of {earlier}")
        rejected.append((file, result))
    labels = with_somebody_held_out(label for label, _ in portraits)
    return Screened([(label, jpeg) for label, (_, jpeg) in zip(labels, portraits, strict=True)], rejected)


def _look_at_all(paths: Sequence[Path], limits: Limits, workers: int) -> Iterator[Portrait | Rejection]:
    """Result for each file, in order."""
    if workers < 2 or len(paths) < FEW:
        with Screening(limits) as screening:
            yield from map(screening, paths)
        return
    with _started_pool(workers, limits) as pool:  # leaving it stops the processes, whatever they do
        results = pool.imap(_look_at, paths)
        try:
            for _ in paths:
                yield results.next(PATIENCE_S)
        except TimeoutError:
            raise DeviceError("a process that looks at the photographs ended or hangs: try --workers 1") from None


def _started_pool(workers: int, limits: Limits) -> Pool:
    """Worker processes that ignore Ctrl+C, even while they start: this process receives it and stops them."""
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return get_context("spawn").Pool(workers, _start_process, (limits,))
    finally:
        signal.signal(signal.SIGINT, handler)


_screening: Screening | None = None  # in a worker process, created once by `_start_process`


def _start_process(limits: Limits) -> None:
    global _screening
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # not inherited on every system
    _screening = Screening(limits)


def _look_at(path: Path) -> Portrait | Rejection:
    assert _screening is not None
    return _screening(path)


def rejection_table(rejected: Sequence[tuple[PurePath, Rejection]]) -> str:
    """Text of FILE.rejected.csv: file, reason, detail."""
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("file", "reason", "detail"))
    writer.writerows((text_of(file), rejection.reason, rejection.detail) for file, rejection in rejected)
    return table.getvalue()


def summary(screened: Screened, output: Path) -> str:
    """Summary in one or two lines."""
    labels = [label for label, _ in screened.portraits]
    people, splits = len({label.id for label in labels}), Counter(label.split for label in labels)
    kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(label.kind for label in labels).most_common())
    text = f"{output}: {len(labels)} portraits ({kinds}) of {people} people; {splits['val']} are held out"
    return text + (f"\n{_reasons(screened)}: {rejected_path(output)}" if screened.rejected else "")


def _reasons(screened: Screened) -> str:
    reasons = Counter(rejection.reason for _, rejection in screened.rejected).most_common()
    return f"{len(screened.rejected)} left out: " + ", ".join(f"{count} {reason}" for reason, count in reasons)


def rejected_path(output: Path) -> Path:
    """Path of the list of rejected files."""
    return output.with_name(f"{output.stem}.rejected.csv")


def prepare(options: argparse.Namespace) -> str:
    """Run the command with these options; returns the summary.

    Raises:
        DeviceError: something cannot be read or written, or no photograph is usable.
    """
    output: Path = options.output
    if output.exists() and not options.force:
        raise DeviceError(f"{output} already exists: choose another name, or use --force to replace it")
    labels = [options.labels] if options.labels else []
    files = photographs(options.source, [output, rejected_path(output), *labels])
    rows = read_rows(options.labels) if options.labels else {}
    prepare_folder(output.parent)
    limits = Limits(options.size, options.min_face * options.size, options.max_yaw, options.min_sharpness)
    source_name = text_of(PurePath(options.source.resolve().name))
    register = Register(rows, source_name, options.kind, options.id_from == "folder", options.val_share)
    screened = screen(options.source, files, limits, register, options.workers)
    table = rejection_table(screened.rejected)
    if not screened.portraits:
        write(rejected_path(output), table)
        raise DeviceError(f"none of {len(files)} files can be used: {_reasons(screened)}; see {rejected_path(output)}")
    write_portraits(output, screened.portraits)
    write(rejected_path(output), table)
    unused = len(rows) - len(register.used)
    return summary(screened, output) + (f"\n{unused} rows of {options.labels} name no portrait" if unused else "")


@command(interrupted="interrupted; nothing was written")
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    options = _parse(arguments)
    print(prepare(options))
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = command_parser(
        "prepare_portraits",
        "Create a portrait set from a folder of photographs.",
        "photographs/ --output portraits.zip --size 128",
    )
    add = parser.add_argument
    add("source", type=Path, metavar="SOURCE", help="folder of photographs, including subfolders")
    add("--output", type=Path, required=True, metavar="FILE.zip", help="portrait set to write")
    add("--size", type=int, required=True, choices=SIZES, help="width and height of the portraits, px")
    add("--labels", type=Path, metavar="FILE.csv", help="labels of the photographs; see above")
    coloured = [kind for kind in KIND_WEIGHTS if kind != "mono"]
    add("--kind", choices=coloured, default="modern", help="kind of coloured pictures; black and white is detected")
    add("--id-from", choices=("name", "folder"), default="name", help="whether each file or each folder is one person")
    add(
        "--min-face",
        type=_between(0, 10),
        default=MIN_FACE,
        help=f"minimum width of a face, in portrait sizes ({MIN_FACE})",
    )
    add("--max-yaw", type=_between(0, 10), default=MAX_YAW, help=f"maximum nose offset over eye distance ({MAX_YAW})")
    add(
        "--min-sharpness",
        type=_between(0, 10),
        default=MIN_SHARPNESS,
        help=f"minimum sharpness; 0 accepts all ({MIN_SHARPNESS})",
    )
    add("--val-share", type=_between(0, 0.5), default=VAL_SHARE, help=f"share of people to hold out ({VAL_SHARE})")
    add("--workers", type=int, default=min(4, os.cpu_count() or 1), help="number of worker processes")
    add("--force", action="store_true", help="replace an existing portrait set")
    options = parser.parse_args(arguments)
    if options.output.suffix.lower() != ".zip":
        parser.error(f"--output must end in .zip, not {options.output.name!r}")
    return options


def _between(least: float, most: float) -> Callable[[str], float]:
    def number(text: str) -> float:
        value = float(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"must be between {least} and {most}, not {text}")
        return value

    return number


if __name__ == "__main__":
    sys.exit(main())
