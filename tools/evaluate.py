"""Measure a persona's likeness: `python -m tools.evaluate --model NAME --portraits FILE.zip [--json FILE]`.

Presents viewers to the mirror and measures their reflections: 1000 faces drawn from seeds outside all banks, and the
portraits in FILE.zip, separately for colour and black and white. Every figure is shown with four references: a random
face, the best fixed face, the best result of a search in the generator, and the noise of the measurement itself. Prints
tables in Markdown with targets; optionally writes them or JSON.

    python -m tools.evaluate --model NAME --portraits FILE.zip --steps

compares the steps from the method of 2019 to the shipped one with the same viewers: those that
`tools.train_inverter --kind` has fitted.

    python -m tools.evaluate --model NAME --baseline

measures only a hundred held-out faces and writes models/NAME/likeness.json, which a test compares with.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.core.errors import DeviceError
from engine.networks.inversion.inverter_file import need_inverter
from engine.networks.persona import DISCRIMINATOR_FILE, Persona, load_discriminator
from tools.bank.builder import FaceDrawer
from tools.bank.held_out import HELD_OUT_SEEDS, MODELS
from tools.baselines.ablation import as_figures, before_all
from tools.baselines.methods import steps_from_2019
from tools.baselines.trial import table as steps_table
from tools.command import command, command_parser
from tools.dataset.portrait_set import SPLITS, PortraitSet, read_portraits
from tools.likeness.baseline import BASELINE_FILE, measure_baseline, write_baseline
from tools.likeness.figures import FEWEST
from tools.likeness.table import table
from tools.likeness.trial import Measured, Trial, Viewers
from tools.reporting.image_files import write
from tools.reporting.json_file import write_json

DEFAULT_ORACLE = 24
TITLES = {
    "synthetic": "Held-out faces of the generator",
    "real": "Portraits in colour",
    "real_mono": "Portraits in black and white",
}


@command()
def main(arguments: Sequence[str] | None = None, models: Path = MODELS) -> int:
    """Run the command; returns the exit status."""
    options = _parse(arguments)
    persona = Persona.open(models / options.model)
    need_inverter(persona)
    if options.baseline:
        make_baseline(persona)
    elif options.steps:
        show_steps(persona, options)
    else:
        evaluate(persona, options)
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = command_parser(
        "evaluate", "Measure a persona's likeness.", "--model portraits --portraits portraits.zip --json figures.json"
    )
    parser.add_argument("--model", required=True, metavar="NAME", help="persona: a folder of models/")
    parser.add_argument("--portraits", type=Path, metavar="FILE.zip", help="portrait set whose people serve as viewers")
    parser.add_argument(
        "--split", choices=(*SPLITS, "all"), default="val", help="split of the portrait set; val if absent"
    )
    parser.add_argument(
        "--count",
        type=_between(FEWEST, HELD_OUT_SEEDS),
        default=HELD_OUT_SEEDS,
        help=f"number of held-out faces, {HELD_OUT_SEEDS} if absent",
    )
    parser.add_argument(
        "--oracle",
        type=_between(0, HELD_OUT_SEEDS),
        default=DEFAULT_ORACLE,
        metavar="VIEWERS",
        help=f"viewers of each kind to run a search for, 200 faces each; {DEFAULT_ORACLE} if absent, 0 for none",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to this file")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables there")
    parser.add_argument(
        "--steps", action="store_true", help="compare the steps from the method of 2019 to the shipped one instead"
    )
    parser.add_argument("--baseline", action="store_true", help=f"only write {BASELINE_FILE} to the persona's folder")
    return parser.parse_args(arguments)


def _between(least: int, most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        value = int(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"must be between {least} and {most}, not {value}")
        return value

    return number


def make_baseline(persona: Persona) -> None:
    """Measure, write and print a persona's baseline."""
    with FaceDrawer(persona, threads=1) as drawer:
        figures = measure_baseline(persona, drawer)
    write_baseline(persona, figures)
    for name, value in figures.items():
        print(f"{name:18} {'-' if value is None else format(value, '.4f')}")
    print(persona.folder / BASELINE_FILE)


def evaluate(persona: Persona, options: argparse.Namespace) -> None:
    """Run the selected measurements; results are printed and written after each kind of viewers."""
    portraits = _begin(options)
    judge = persona.folder / DISCRIMINATOR_FILE
    discriminator = load_discriminator(judge) if judge.exists() else None
    measured: dict[str, Measured] = {}
    texts = [f"# Likeness of {persona.name} ({persona.generator_sha256[:12]})"]
    with FaceDrawer(persona, threads=1) as drawer:
        trial = Trial(persona, drawer, options.count)
        for kind, viewers in _all_viewers(trial, options, portraits):
            is_drawn = kind == "synthetic"
            measured[kind] = trial.run(viewers, options.oracle, discriminator, judges_pictures=not is_drawn)
            texts.append(_section(kind, viewers, measured[kind], options))
            print(f"\n{texts[-1]}", flush=True)
            if options.json is not None:
                write_json(options.json, measured)
            if options.markdown is not None:
                write(options.markdown, "\n\n".join(texts) + "\n")


def show_steps(persona: Persona, options: argparse.Namespace) -> None:
    """Measure the steps from the method of 2019 to the shipped one with all selected viewers."""
    portraits = _begin(options)
    methods, missing = steps_from_2019(persona)
    for name in missing:
        print(f"not fitted: {name} (python -m tools.train_inverter --model {persona.name} --kind {name})")
    figures: dict[str, Any] = {}
    texts = [f"# From the method of 2019 on: {persona.name} ({persona.generator_sha256[:12]})"]
    for kind, outcomes in before_all(persona, methods, options.count, portraits):
        figures[kind] = as_figures(outcomes)
        texts.append(f"## {TITLES[kind]}\n\n{steps_table(outcomes)}")
        print(f"\n{texts[-1]}", flush=True)
        if options.json is not None:
            write_json(options.json, {"steps": figures})
        if options.markdown is not None:
            write(options.markdown, "\n\n".join(texts) + "\n")


def _begin(options: argparse.Namespace) -> PortraitSet | None:
    """Check the output, and read the portraits if requested."""
    for path in (options.json, options.markdown):
        _check_output(path)
    split = None if options.split == "all" else options.split
    return None if options.portraits is None else read_portraits(options.portraits, split)


def _all_viewers(
    trial: Trial, options: argparse.Namespace, portraits: PortraitSet | None
) -> Iterator[tuple[str, Viewers]]:
    """Yield each kind of viewers with enough faces; portraits are mirrored once, like camera pictures.

    Raises:
        DeviceError: no kind of portrait has enough faces.
    """
    held_out = trial.held_out(options.count)
    if len(held_out.faces) >= FEWEST:
        yield "synthetic", held_out
    if portraits is None:
        return
    is_mono = np.array([label.kind == "mono" for label in portraits.labels])
    count = 0
    for kind, chosen in (("real", ~is_mono), ("real_mono", is_mono)):
        viewers = trial.viewers(np.ascontiguousarray(portraits.pictures[chosen][:, :, ::-1]))
        if len(viewers.faces) >= FEWEST:
            count += 1
            yield kind, viewers
    if not count:
        raise DeviceError(f"{options.portraits} has fewer than {FEWEST} portraits with a detectable face of any kind")


def _section(kind: str, viewers: Viewers, measured: Measured, options: argparse.Namespace) -> str:
    count = f"{len(viewers.faces)} viewers; a face is found in {len(viewers.faces)} of {viewers.shown} pictures"
    oracle = f"the oracle searched for {min(options.oracle, len(viewers.faces))} of them"
    return f"## {TITLES[kind]}\n\n{count}, {oracle}.\n\n{table(measured, is_drawn=kind == 'synthetic')}"


def _check_output(path: Path | None) -> None:
    """Check that a file can be written, before minutes of work."""
    if path is None:
        return
    if path.is_dir():
        raise DeviceError(f"{path} is a folder; name a file")
    if not path.parent.is_dir():
        raise DeviceError(f"{path} cannot be written: there is no folder {path.parent}")


if __name__ == "__main__":
    sys.exit(main())
