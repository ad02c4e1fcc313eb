"""Compare the people in a generator's training data with those it draws: `python -m tools.audit --model NAME --data
FILE.zip [--card]`.

Measures the portraits of a set and an equal number of drawn faces, compares the shares of groups, and prints tables in
Markdown; two plots go to reports/audit/NAME/. With --card, both become part of the persona: the tables in a marked
section of its card, the plots beside it. It describes groups and pictures, no person and no descent.
plots beside it. It speaks of groups and of pictures, of no person and of no descent.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.core.errors import DeviceError
from engine.networks.persona import Persona
from engine.networks.pggan.weight_file import file_sha256
from tools.command import command, command_parser
from tools.dataset.portrait_set import read_portraits
from tools.demographics.faces import FEWEST_FACES, draw_crowd, measure_crowd
from tools.demographics.groups import QUESTIONS, Known, answer, measured_rows
from tools.demographics.plots import plots
from tools.demographics.report import Audit, to_markdown
from tools.reporting.image_files import prepare_folder, write
from tools.reporting.model_card import AUDIT, write_section

ROOT = Path(__file__).resolve().parents[1]
MODELS, REPORTS = ROOT / "models", ROOT / "reports"
DEFAULT_COUNT, MOST = 2000, 50_000


def audit(persona: Persona, data: Path, count: int) -> Audit:
    """Draw, measure and compare.

    Raises:
        DeviceError: the portrait set cannot be read, or no face is found in it.
        ModelError: the persona cannot be used, or draws no faces.
    """
    portraits = read_portraits(data)
    size_px = min(persona.settings.resolution, portraits.size_px)
    drawn = draw_crowd(persona, count, size_px)
    crowd = measure_crowd(portraits.pictures, size_px, "portraits")
    known = Known(portraits.labels, crowd)
    shown = int(known.is_train.sum())
    if shown < FEWEST_FACES:
        raise DeviceError(
            f"{data} cannot be used: faces were found in {shown} of its pictures in the split 'train'; "
            f"an audit needs at least {FEWEST_FACES}"
        )
    rows, checks = [], []
    for question in QUESTIONS:
        more_rows, more_checks = answer(question, known, drawn)
        rows += more_rows
        checks += more_checks
    rows += measured_rows(known, drawn)
    return Audit(
        data.name, file_sha256(data), persona.generator_sha256, size_px, portraits.labels, known, drawn, rows, checks
    )


def write_into_card(persona: Persona, found: Audit) -> Path:
    """Replace the audit in the persona's card and the plots beside it; returns the card's path.

    Raises:
        DeviceError: a file cannot be read or written.
    """
    for name, content in plots(found).items():
        write(persona.folder / name, content)
    return write_section(persona, AUDIT, to_markdown(found))


def write_report(folder: Path, found: Audit) -> None:
    """Write the plots into a reports folder.

    Raises:
        DeviceError: a file cannot be written.
    """
    prepare_folder(folder)
    for name, content in plots(found).items():
        write(folder / name, content)


@command(interrupted="interrupted; nothing was written")
def main(arguments: Sequence[str] | None = None, models: Path = MODELS, reports: Path = REPORTS) -> int:
    """Run the command; returns the exit status."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    options = _parse(arguments)
    persona = Persona.open(models / options.model)
    found = audit(persona, options.data, options.count)
    if options.card:
        print(f"written: {write_into_card(persona, found)}")
    else:
        write_report(reports / "audit" / persona.name, found)
        print(to_markdown(found, f"reports/audit/{persona.name}/"))
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = command_parser(
        "audit", "Compare training data and drawn faces by group.", "--model portraits --data portraits.zip --card"
    )
    parser.add_argument("--model", required=True, metavar="NAME", help="persona: a folder under models/")
    parser.add_argument("--data", required=True, type=Path, metavar="FILE.zip", help="portrait set it was trained on")
    parser.add_argument("--count", type=_count, default=DEFAULT_COUNT, help=f"faces to draw, {DEFAULT_COUNT} if absent")
    parser.add_argument("--card", action="store_true", help="write tables and plots to the persona's folder")
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    value = int(text)
    if not FEWEST_FACES <= value <= MOST:
        raise argparse.ArgumentTypeError(f"must be between {FEWEST_FACES} and {MOST}, not {value}")
    return value


if __name__ == "__main__":
    sys.exit(main())
