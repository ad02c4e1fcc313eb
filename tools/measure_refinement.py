"""Measure how a likeness grows while a visitor stays: `python -m tools.measure_refinement --model NAME`.

Viewers stand still in front of the mirror, with the feature noise of a show, and are reflected as in the show, but on a
clock that waits for the processor. The drawn face is measured shortly after arrival and again some seconds later, and
compared with the same visits without refinement. Viewers are faces drawn from held-out seeds and, with `--portraits
FILE.zip`, the portraits of its split `val`, separately for colour and black and white.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from engine.core.errors import DeviceError
from engine.networks.inversion.inverter_file import need_inverter
from engine.networks.inversion.retrieval_inverter import Inverter
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import seed_latents
from engine.pipeline.latent_refinement import Refines
from engine.types import ByteArray, Features, FloatArray
from tools.bank.builder import FaceDrawer
from tools.bank.held_out import HELD_OUT_SEED, MODELS
from tools.command import command, command_parser
from tools.dataset.portrait_set import read_portraits
from tools.likeness.camera_noise import disturbed
from tools.likeness.figures import FEWEST, error
from tools.likeness.refinement_trial import MARKS_S, Growth, GrowthTrial, tracked_noise
from tools.likeness.scale import LikenessScale
from tools.likeness.trial import FEWEST_RANDOM, RANDOM_SEED

DEFAULT_COUNT, MOST = 40, 1000


def table(inverter: Inverter, scale: LikenessScale, runs: dict[str, Growth]) -> str:
    """Likeness, as compared by the inverter, and error over all groups of features, at each mark, in Markdown."""
    rows = ["| | " + " | ".join(f"{mark_s:g} s" for mark_s in MARKS_S) + " |", "|---" * (len(MARKS_S) + 1) + "|"]
    for name, growth in runs.items():
        likeness = [
            np.mean([inverter.compare(a, c) for a, c in zip(growth.asked, came, strict=True) if np.isfinite(c).all()])
            for came in growth.came
        ]
        errors = [error(scale, growth.asked, came) for came in growth.came]
        rows.append(f"| likeness, {name} | " + " | ".join(f"{value:.3f}" for value in likeness) + " |")
        rows.append(f"| error, {name} | " + " | ".join(_shown(value) for value in errors) + " |")
    return "\n".join(rows)


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def measure(persona: Persona, options: argparse.Namespace) -> None:
    """Measure all selected kinds of viewers, and print a table of each."""
    inverter = need_inverter(persona)
    if not isinstance(inverter, Refines):
        raise DeviceError(f"the inverter of {persona.name} cannot refine: there is nothing to measure")
    with FaceDrawer(persona, threads=1) as drawer:
        size = drawer.generator.latent_size
        random = drawer.draw_and_measure(seed_latents(range(RANDOM_SEED, RANDOM_SEED + FEWEST_RANDOM), size))
        scale = LikenessScale(np.stack([face.vector for face in random if face is not None]))
        trial = GrowthTrial(inverter, drawer)
        for title, pictures in _viewers(drawer, options):
            faces = [(face, p) for p in pictures if (face := drawer.measure(p)) is not None][: options.count]
            if len(faces) < FEWEST:
                continue
            noise = _noise(drawer, faces)
            stood = [face for face, _ in faces]
            runs = {
                "deepening": trial.run(stood, noise, is_refining=True),
                "without": trial.run(stood, noise, is_refining=False),
            }
            print(f"\n## {title}: {len(stood)} viewers\n\n{table(inverter, scale, runs)}", flush=True)


def _viewers(drawer: FaceDrawer, options: argparse.Namespace) -> Iterator[tuple[str, ByteArray]]:
    seeds = range(HELD_OUT_SEED, HELD_OUT_SEED + options.count)
    yield "Held-out faces of the generator", drawer.draw(seed_latents(seeds, drawer.generator.latent_size))
    if options.portraits is not None:
        portraits = read_portraits(options.portraits, "val")
        is_mono = np.array([label.kind == "mono" for label in portraits.labels])
        for title, chosen in (("Portraits in colour", ~is_mono), ("Portraits in black and white", is_mono)):
            yield title, np.ascontiguousarray(portraits.pictures[chosen][:, :, ::-1])


def _noise(drawer: FaceDrawer, faces: Sequence[tuple[Features, ByteArray]]) -> FloatArray:
    """Feature noise of these faces in a show while they are tracked, (K, F)."""
    random = np.random.default_rng(0)
    again = [drawer.measure(disturbed(picture, random)) for _, picture in faces]
    lost = np.full_like(faces[0][0].vector, np.nan)
    return tracked_noise(
        np.stack([face.vector for face, _ in faces]), np.stack([lost if one is None else one.vector for one in again])
    )


@command()
def main(arguments: Sequence[str] | None = None, models: Path = MODELS) -> int:
    """Run the command; returns the exit status."""
    parser = command_parser("measure_refinement", (__doc__ or "").split("\n")[0], "--model portraits")
    parser.add_argument("--model", required=True, metavar="NAME", help="a folder under models/")
    parser.add_argument("--portraits", type=Path, metavar="FILE.zip", help="portraits to use as viewers too")
    parser.add_argument(
        "--count", type=_count, default=DEFAULT_COUNT, help=f"number of viewers, {DEFAULT_COUNT} if absent"
    )
    options = parser.parse_args(arguments)
    measure(Persona.open(models / options.model), options)
    return 0


def _count(text: str) -> int:
    value = int(text)
    if not FEWEST <= value <= MOST:
        raise argparse.ArgumentTypeError(f"must be between {FEWEST} and {MOST}, not {value}")
    return value


if __name__ == "__main__":
    sys.exit(main())
