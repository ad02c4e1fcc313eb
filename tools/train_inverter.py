"""Train a persona's inverter: `python -m tools.train_inverter --model NAME [--count 60000]`.

Draws a bank of faces from seeds, measures each like a viewer, and saves the search structure to
models/NAME/inverter.safetensors. Prints the likeness on faces outside the bank, and which of two generator models
refines faster; the better one is kept. It may be interrupted: the bank is in models/NAME/bank/, and the next run
resumes where this one stopped.

    python -m tools.train_inverter --model NAME --kind encoder [--steps N]

fits an encoder through the frozen generator instead; the encoder then provides the latents, and a bank of 2000 faces
judges them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from engine.core.errors import ModelError
from engine.features.featurizer import LAYOUT, VECTORS
from engine.features.layout import FeatureLayout
from engine.networks.generator.trunk import Trunk
from engine.networks.inversion.inverter_file import read_inverter, write_inverter
from engine.networks.inversion.latent_bank import MAX_SEED, SHARD_SEEDS, Bank, DrawnFaces
from engine.networks.inversion.refining_inverter import ReadoutWeights, RefiningInverter
from engine.networks.inversion.retrieval_inverter import Inverter, InverterWeights
from engine.networks.persona import Persona
from engine.networks.pggan.architecture import GeneratorSettings
from engine.networks.pggan.latent_sphere import angle_deg
from engine.networks.pggan.weight_file import read_network
from engine.types import FloatArray
from tools.bank.builder import FaceDrawer, complete_bank
from tools.bank.held_out import HELD_OUT_SHARD, HELD_OUT_SHARDS, MODELS
from tools.baselines.registry import KINDS, BaselineName
from tools.command import command, command_parser
from tools.inverter_training.encoder_command import STEPS, fit_encoder
from tools.inverter_training.fitting import fit
from tools.inverter_training.readout import fit_readout
from tools.inverter_training.refinement_check import FirstTrial, measure_first_trial
from tools.likeness.scale import Likeness, LikenessScale

DEFAULT_COUNT = 60_000
ENCODER = "encoder"
PATH_STEPS = 100
FIRST_TRIALS = 200


def measure(
    inverter: Inverter, drawer: FaceDrawer, held_out: DrawnFaces, faces: DrawnFaces, scale: LikenessScale
) -> dict[str, Likeness]:
    """Likeness on faces outside the bank, with two references, by name."""
    asked = held_out.vectors
    answers = np.stack([_afresh(inverter, vector) for vector in asked])
    with tqdm(total=len(asked), unit=" faces", desc="held-out faces") as progress:
        came = drawer.draw_and_measure(answers, progress)
    others = faces.vectors[np.random.default_rng(0).integers(len(faces), size=len(asked))]
    return {
        "another random face": scale.compare(asked, list(others)),
        "the best constant face": scale.compare(asked, [scale.mean] * len(asked)),
        "this inverter": scale.compare(asked, [None if face is None else face.vector for face in came]),
    }


def _afresh(inverter: Inverter, vector: FloatArray) -> FloatArray:
    inverter.reset()
    return inverter(vector)


def measure_continuity(inverter: Inverter, held_out: DrawnFaces, paths: int = 20) -> dict[str, float]:
    """Movement of the latent while the features go from one held-out face to another in `PATH_STEPS` equal steps."""
    angles: list[FloatArray] = []
    for start, end in zip(held_out.vectors[:paths], held_out.vectors[paths : 2 * paths], strict=True):
        inverter.reset()
        share = np.linspace(0, 1, PATH_STEPS + 1, dtype=np.float32)[:, None]
        latents = np.stack([inverter(vector) for vector in start + share * (end - start)])
        angles.append(angle_deg(latents[1:], latents[:-1]).astype(np.float32))
    steps = np.concatenate(angles)
    return {
        "degrees_per_step_mean": round(float(steps.mean()), 2),
        "degrees_per_step_p95": round(float(np.percentile(steps, 95)), 2),
        "degrees_per_step_max": round(float(steps.max()), 2),
    }


def show(likeness: dict[str, Likeness]) -> str:
    """Table of the measures in Markdown."""
    rows = ["| | faces found | shape RMSE | colour RMSE | gain shape / colour | R@1 |", "|---|---|---|---|---|---|"]
    for name, value in likeness.items():
        rows.append(
            f"| {name} | {value.found:.1%} | {value.shape_rmse:.2f} | {value.colour_rmse:.2f} | "
            f"{value.shape_gain:.2f} / {value.colour_gain:.2f} | {value.recall_at_1:.0%} of {value.count} |"
        )
    return "\n".join(rows)


def complete_banks(
    persona: Persona, count: int, workers: int, layout: FeatureLayout = LAYOUT
) -> tuple[DrawnFaces, DrawnFaces]:
    """Draw the missing faces of a persona's bank, and of the held-out ones."""
    bank = Bank(persona.folder / "bank", persona.generator_sha256, layout)
    last = HELD_OUT_SHARD + HELD_OUT_SHARDS
    held_out = complete_bank(persona, bank, range(HELD_OUT_SHARD, last), workers, "held-out bank")
    return complete_bank(persona, bank, range(-(-count // SHARD_SEEDS)), workers, "bank"), held_out


def train(persona: Persona, count: int, workers: int, notify: Callable[[str], None] = print) -> Inverter:
    """Complete the bank; fit, evaluate and save the inverter of a persona.

    Args:
        count: number of faces, rounded up to whole shards.
        workers: number of drawing processes.
        say: receives the results.
    """
    faces, held_out = complete_banks(persona, count, workers)
    notify(f"{len(faces)} faces in the bank, found in {faces.detection:.2%} of the pictures drawn")
    if len(faces) < 2 or len(held_out) < 2:
        raise ModelError(f"{persona.generator_path} draws no detectable faces: there is nothing to retrieve")
    scale = LikenessScale(faces.vectors)
    weights = fit(faces, persona.settings.latent_size, scale)
    inverter = Inverter(weights, {})
    with FaceDrawer(persona) as drawer:
        likeness = measure(inverter, drawer, held_out, faces, scale)
        readout, trial = choose_refining(inverter, weights, persona, drawer, held_out.vectors[:FIRST_TRIALS], notify)
    continuity = measure_continuity(inverter, held_out)
    notify(show(likeness))
    notify(f"continuity on straight paths of {PATH_STEPS} steps: {continuity}")
    notes = {
        "likeness": json.dumps({name: value.rounded() for name, value in likeness.items()}),
        "continuity": json.dumps(continuity),
        "first_trial": json.dumps(trial.rounded()),
        "detection": f"{faces.detection:.4f}",
    }
    write_inverter(persona.inverter_path, weights, persona, notes, readout)
    size_mib = persona.inverter_path.stat().st_size / 2**20
    notify(f"{persona.inverter_path} ({size_mib:.1f} MiB, {weights.codes.shape[1]} dimensions)")
    return read_inverter(persona.inverter_path, persona)


def choose_refining(
    inverter: Inverter,
    weights: InverterWeights,
    persona: Persona,
    drawer: FaceDrawer,
    asked: FloatArray,
    notify: Callable[[str], None],
) -> tuple[ReadoutWeights | None, FirstTrial]:
    """Readout for refinement, None if the linear model of `inverter` is better; and its gain.

    Args:
        inverter: inverter with these weights.
        asked: (N, F) held-out faces for the comparison.
    """
    trunk = Trunk(*read_network(persona.generator_path, GeneratorSettings))
    readout = fit_readout(trunk, weights)
    linear = measure_first_trial(inverter, drawer, asked)
    refining = measure_first_trial(RefiningInverter(weights, {}, readout, trunk), drawer, asked)
    notify("| first refinement step | helps | likeness gained |\n|---|---|---|")
    for name, trial in (("linear model", linear), ("layers of the generator", refining)):
        notify(f"| {name} | {trial.helped:.0%} of {trial.count} | {trial.gained:.3f} |")
    return (readout, refining) if refining.gained > linear.gained else (None, linear)


def train_baseline(persona: Persona, name: BaselineName, count: int, workers: int) -> None:
    """Complete the bank in a baseline's feature layout, and fit the baseline."""
    from tools.baselines.fitting import fit_baseline

    faces, _ = complete_banks(persona, count, workers, VECTORS[name.layout].layout)
    if len(faces) < 2:
        raise ModelError(f"{persona.generator_path} draws no detectable faces: there is nothing to fit to")
    fit_baseline(persona, name, faces, print)


@command(interrupted="interrupted; the same command resumes here")
def main(arguments: Sequence[str] | None = None, models: Path = MODELS) -> int:
    """Train the inverter named on the command line, in a folder of `models`."""
    parser = command_parser("train_inverter", "Train a persona's inverter.", "--model portraits")
    parser.add_argument("--model", required=True, metavar="NAME", help="a folder under models/")
    parser.add_argument(
        "--count", type=_count, default=DEFAULT_COUNT, help=f"number of faces to draw, {DEFAULT_COUNT} if absent"
    )
    kinds = ", ".join(KINDS)
    parser.add_argument(
        "--kind",
        metavar="KIND",
        help=f"{ENCODER}: fit an encoder through the generator as it is, which then answers; or fit one to compare "
        f"with, into models/NAME/contenders: {kinds}; with @original342 on the features that the artwork of 2019 "
        "measured",
    )
    parser.add_argument("--steps", type=int, help=f"number of steps to fit an encoder; {STEPS} if absent")
    parser.add_argument("--workers", type=int, default=min(4, os.cpu_count() or 1), help="processes that draw")
    options = parser.parse_args(arguments)
    persona = Persona.open(models / options.model)
    if options.kind is None:
        train(persona, options.count, options.workers)
    elif options.kind == ENCODER:
        fit_encoder(persona, max(1, options.steps or STEPS), options.workers)
    else:
        train_baseline(persona, BaselineName.parse(options.kind), options.count, options.workers)
    return 0


def _count(text: str) -> int:
    value = int(text)
    if not 1 <= value <= min(MAX_SEED, HELD_OUT_SHARD * SHARD_SEEDS):
        raise argparse.ArgumentTypeError(f"must be between 1 and {HELD_OUT_SHARD * SHARD_SEEDS}, not {value}")
    return value


if __name__ == "__main__":
    sys.exit(main())
