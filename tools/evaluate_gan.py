"""Measure generators: `python -m tools.evaluate_gan --model NAME --data FILE.zip [--json FILE]`.

Draws 2000 pictures and compares them with the portraits in FILE.zip, without downloaded weights: do they show faces,
are they as diverse as real ones, are they copies? Prints a table, optionally writes JSON, and writes a page to
reports/. `--generator FILE` measures a snapshot of a training run instead of a persona; several of either are compared,
to select one:

    python -m tools.evaluate_gan --generator 400/average.safetensors --generator 500/average.safetensors --data FILE.zip
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from engine.core.errors import DeviceError, ModelError
from engine.networks.persona import GENERATOR_FILE, Persona, write_description
from engine.networks.pggan.architecture import GeneratorSettings
from engine.networks.pggan.weight_file import check_network_header
from engine.types import Alignment
from tools.bank.builder import FaceDrawer
from tools.command import command, command_parser
from tools.dataset.reference_set import ReferenceReader
from tools.gan_eval.evaluation import Evaluation, RealPortraits, evaluate
from tools.gan_eval.html_report import write_report
from tools.gan_eval.table import comparison, markdown, table
from tools.reporting.json_file import write_json
from tools.reporting.model_card import EVALUATION, write_section

ROOT = Path(__file__).resolve().parents[1]
MODELS, REPORTS = ROOT / "models", ROOT / "reports"
DEFAULT_COUNT = 2000
FEWEST, MOST = 40, 5000  # pictures; all pairwise distances are in memory
MOST_BYTES = 2 << 30  # of drawn pictures


@command()
def main(arguments: Sequence[str] | None = None, models: Path = MODELS, reports: Path = REPORTS) -> int:
    """Run the command; returns the exit status."""
    options = _parse(arguments)
    run(options, models, reports)
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = command_parser("evaluate_gan", "Measure generators.", "--model portraits --data portraits.zip")
    parser.add_argument("--model", action="append", default=[], metavar="NAME", help="persona: a folder of models/")
    parser.add_argument(
        "--generator",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="generator file written by training",
    )
    parser.add_argument("--data", required=True, type=Path, metavar="FILE.zip", help="portrait set to compare with")
    parser.add_argument(
        "--count", type=_count, default=DEFAULT_COUNT, help=f"number of pictures to draw, {DEFAULT_COUNT} if absent"
    )
    parser.add_argument(
        "--seed", type=_seed, default=0, help="seed of the first picture, others count up from it; 0 if absent"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to this file")
    parser.add_argument(
        "--report", action=argparse.BooleanOptionalAction, default=True, help="write a page to reports/ (the default)"
    )
    parser.add_argument("--card", action="store_true", help="write the figures to the personas' cards")
    options = parser.parse_args(arguments)
    if not options.model and not options.generator:
        parser.error("name what to measure: --model NAME or --generator FILE")
    return options


def _count(text: str) -> int:
    value = int(text)
    if not FEWEST <= value <= MOST:
        raise argparse.ArgumentTypeError(f"must be between {FEWEST} and {MOST}, not {value}")
    return value


def _seed(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 1 << 40:
        raise argparse.ArgumentTypeError(f"must be 0 or more, not {value}")
    return value


def run(options: argparse.Namespace, models: Path, reports: Path) -> None:
    """Evaluate everything selected, one after another, and write the results after each."""
    _check_outputs(options, reports)
    for path in options.generator:
        check_network_header(path, GeneratorSettings)
    for name in options.model:
        Persona.open(models / name)
    reader, several = ReferenceReader(options.data), []
    real: dict[int, RealPortraits] = {}
    for source in (*(models / name for name in options.model), *options.generator):
        with opened(source) as persona:
            evaluation = _evaluate(persona, reader, real, options)
        evaluation.figures["data"] = options.data.name
        several.append(evaluation.figures)
        if options.json is not None:
            write_json(options.json, several[0] if len(several) == 1 else several)
        print(f"\n{evaluation.name}\n{table(evaluation.figures)}", flush=True)
        if options.card and source not in options.generator:
            print(f"written: {write_section(persona, EVALUATION, markdown(evaluation.figures))}", flush=True)
        if options.report:
            print(f"see {write_report(evaluation, reports / report_name(evaluation.name))}", flush=True)
    if len(several) > 1:
        print(f"\n{comparison(several)}")


def _check_outputs(options: argparse.Namespace, reports: Path) -> None:
    """Check that outputs can be written, before minutes of work."""
    places = [options.json.parent] if options.json is not None else []
    if options.json is not None and options.json.is_dir():
        raise DeviceError(f"{options.json} is a folder; --json takes the name of a file")
    try:
        if options.report:
            reports.mkdir(parents=True, exist_ok=True)
            places.append(reports)
        for place in places:
            tempfile.TemporaryFile(dir=place).close()
    except OSError as error:
        raise DeviceError(f"{error.filename or reports} cannot be written: {error.strerror or error}") from error


def _evaluate(
    persona: Persona, reader: ReferenceReader, real: dict[int, RealPortraits], options: argparse.Namespace
) -> Evaluation:
    size = persona.settings.resolution
    most = MOST_BYTES // (3 * size**2)
    if options.count > most:
        raise ModelError(f"{options.count} pictures of {size} px do not fit into memory: take --count {most} or fewer")
    references = None if size in real else reader.at_size(size, options.count)
    # one thread: a parallel training run, as is common, would otherwise make both wait
    with FaceDrawer(persona, threads=1) as drawer:
        if references is not None:
            real[size] = RealPortraits(references, drawer.measure)
        return evaluate(persona, drawer, real[size], options.count, options.seed)


@contextmanager
def opened(source: Path) -> Iterator[Persona]:
    """Open a persona's folder, or a generator file as a temporary persona.

    Raises:
        ModelError: it is missing, damaged or does not fit.
    """
    if not source.is_file():
        yield Persona.open(source)
        return
    with tempfile.TemporaryDirectory(prefix="narcissus-") as folder:
        place = Path(folder) / "snapshot"
        place.mkdir()
        shutil.copyfile(source, place / GENERATOR_FILE)
        write_description(place, source.stem, Alignment())
        name = f"{source.resolve().parent.name}/{source.stem}"
        yield replace(Persona.open(place), name=name)


def report_name(name: str) -> str:
    """File name of a generator's report."""
    return f"generator-{re.sub(r'[^A-Za-z0-9_.]+', '-', name)}.html"


if __name__ == "__main__":
    sys.exit(main())
