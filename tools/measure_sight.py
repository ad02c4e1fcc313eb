"""Measure the mirror's range, low-light vision and speed: `python -m tools.measure_sight --portraits FILE.zip`.

People from a portrait set are placed in synthetic rooms of 1280x720 px, so that the position of each face is known.
Measured are: the detection rate by face width, live and in stills, with and without the search; false detections in
pictures without faces; the effect of bad light, with and without correction; and the time per picture.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from tools.command import command, command_parser
from tools.reporting.json_file import write_json
from tools.sight.cost_trial import Cost, measure_cost
from tools.sight.false_trial import measure_false
from tools.sight.light_trial import InLight, measure_light
from tools.sight.lights import LIGHTS
from tools.sight.people import Sitter, sitters
from tools.sight.range_trial import Range, Ways, measure_range

WIDTHS = (0.3, 0.15, 0.12, 0.10, 0.08, 0.06, 0.05, 0.04, 0.03)
TILTED = ((0.05, 45.0), (0.03, 45.0))
PARTS = ("range", "false", "light", "cost")
IN_LIGHT = 12  # people, out of those requested
COST_FRAMES = 100
MOST_TOGETHER = 3


@command()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    options = _parse(arguments)
    people = sitters(options.portraits, options.people)
    figures: dict[str, Any] = {}
    for part in options.only:
        measured, text = _PARTS[part](people, options)
        figures[part] = [dataclasses.asdict(each) for each in measured]
        print(f"\n{text}", flush=True)
    if options.json is not None:
        write_json(options.json, figures)
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = command_parser("measure_sight", (__doc__ or "").split(":")[0] + ".", "--portraits portraits-256.zip")
    parser.add_argument(
        "--portraits", type=Path, required=True, metavar="FILE.zip", help="portrait set by `tools.prepare_portraits`"
    )
    parser.add_argument("--people", type=_positive, default=24, metavar="N", help="how many are shown")
    parser.add_argument(
        "--pictures", type=_positive, default=300, metavar="N", help="number of pictures without a face"
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="parts to measure; all if absent")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to this file")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) <= 100_000):
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, not {text!r}")
    return int(text)


def _range(people: list[Sitter], options: argparse.Namespace) -> tuple[list[Range], str]:
    ways = Ways()
    try:
        asked = [*((width, 0.0) for width in WIDTHS), *TILTED]
        ranges = [measure_range(people, *each, ways) for each in tqdm(asked, unit=" widths", disable=None)]
    finally:
        ways.close()
    names = list(ranges[0].found)
    rows = [f"| width of the face | tilt | {' | '.join(names)} | landmarks are off by, live |", "|---" * 7 + "|"]
    for each in ranges:
        found = " | ".join(f"{each.found[name]} of {each.shown}" for name in names)
        off = each.error["live"]
        rows.append(f"| {each.width:.0%} | {each.roll_deg:g}° | {found} | {'-' if off is None else f'{off:.3f}'} |")
    left = sum(sum(each.left_over.values()) for each in ranges)
    return ranges, "\n".join([*rows, f"\nFaces still seen once everybody has left: {left}. Off: in eye distances."])


def _false(people: list[Sitter], options: argparse.Namespace) -> tuple[list[Any], str]:
    seen = measure_false(options.pictures)
    kinds = ", ".join(f"{name} {count}" for name, count in seen.still.items())
    return [seen], (
        f"Of {seen.shown} pictures without a face, one is seen in: still {sum(seen.still.values())} ({kinds}); live "
        f"{seen.once}, in two frames in a row {seen.lasting}."
    )


def _light(people: list[Sitter], options: argparse.Namespace) -> tuple[list[InLight], str]:
    asked = [(light, is_helped) for light in LIGHTS for is_helped in (False, True)]
    measured = [
        measure_light(people[:IN_LIGHT], light, is_helped=is_helped)
        for light, is_helped in tqdm(asked, unit=" lights", disable=None)
    ]
    return measured, "\n".join(_light_rows(measured))


def _light_rows(measured: list[InLight]) -> Iterator[str]:
    yield "| light | help | found | trembling, eye distances | colour error, CIELAB |"
    yield "|---" * 5 + "|"
    for each in measured:
        helped = "with" if each.is_helped else "without"
        yield f"| {each.light} | {helped} | {each.found:.0%} | {each.trembling:.4f} | {each.colour_error:.1f} |"


def _cost(people: list[Sitter], options: argparse.Namespace) -> tuple[list[Cost], str]:
    counts = range(min(MOST_TOGETHER, len(people)) + 1)
    measured = [measure_cost(people[:count], COST_FRAMES) for count in tqdm(counts, unit=" groups", disable=None)]
    rows = ["| people | a picture, ms | before, ms | ratio |", "|---" * 4 + "|"]
    rows += [f"| {each.people} | {each.now_ms:.1f} | {each.before_ms:.1f} | {each.ratio:.2f} |" for each in measured]
    return measured, "\n".join(rows)


_PARTS = {"range": _range, "false": _false, "light": _light, "cost": _cost}


if __name__ == "__main__":
    sys.exit(main())
