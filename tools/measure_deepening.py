"""Measure how a likeness grows while a visitor stays: `python -m tools.measure_deepening --model NAME`.

Viewers stand still before the mirror, their features trembling as those of a show do, and are answered as in the show,
but on a clock that waits for the processor. What is drawn is measured a moment after it has arrived and again some
seconds later, beside the same visits without deepening. Viewers are faces that the generator draws from held-out seeds
and, with `--portraits FILE.zip`, the portraits of its split `val`, colour and black and white apart.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from engine.clock import ManualClock
from engine.errors import DeviceError, NarcissusError
from engine.networks.inverter import Inverter
from engine.networks.latents import seed_latent, seed_latents
from engine.networks.persona import Persona
from engine.pipeline.deepening import PERIOD_S, Refines
from engine.pipeline.feature_vector import LAYOUT
from engine.pipeline.latent import LatentFollower
from engine.reflection_settings import ReflectionSettings
from engine.types import ByteArray, Features, FloatArray
from tools.clouds import found
from tools.draw_bank import FaceDrawer
from tools.likeness import LikenessScale
from tools.likeness_figures import FEWEST, error
from tools.likeness_trial import FEWEST_RANDOM, RANDOM_SEED
from tools.motion_trial import RATE_HZ, still_clip
from tools.portrait_set import read_portraits
from tools.show_noise import disturbed
from tools.train_inverter import HELD_OUT_SEED, MODELS

MARKS_S = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0)  # since the face has arrived
DEFAULT_COUNT, MOST = 40, 1000
TRACKED = 1 / 3  # of the noise of pictures that are looked at afresh remains where a face is tracked, as it is live


@dataclass(frozen=True)
class Growth:
    """What was measured of some visits.

    Attributes:
        asked: (N, F) features of the viewers.
        came: (M, N, F) of the faces that they saw at each of `MARKS_S`; NaN where no face was found.
    """

    asked: FloatArray
    came: FloatArray


class GrowthTrial:
    """A persona before viewers who stay.

    Args:
        inverter: of the persona.
        drawer: of the persona.
    """

    def __init__(self, inverter: Inverter, drawer: FaceDrawer) -> None:
        self._inverter = inverter
        self._drawer = drawer

    def run(self, faces: Sequence[Features], noise: FloatArray, *, deepens: bool) -> Growth:
        """The visits of `faces`, whose features tremble by rows of `noise` (K, F)."""
        random = np.random.default_rng(3)
        what = "with deepening" if deepens else "without"
        visits = [self._visit(face, noise, random, deepens) for face in tqdm(faces, unit=" visits", desc=what)]
        return Growth(np.stack([face.vector for face in faces]), np.stack(visits, axis=1))

    def _visit(self, face: Features, noise: FloatArray, random: np.random.Generator, deepens: bool) -> FloatArray:
        settings, clock = ReflectionSettings(deepening=deepens), ManualClock()
        size = self._drawer.generator.latent_size
        self._inverter.reset()
        follower = LatentFollower(seed_latent(0, size), self._inverter, settings)
        chances = set(np.arange(0, settings.arrive_s + MARKS_S[-1], PERIOD_S).round(3)) if deepens else set()
        marks = {round(settings.arrive_s + mark_s, 3) for mark_s in MARKS_S}
        seen: list[FloatArray] = []
        for index, vector in enumerate(still_clip(face.vector, noise, random, settings.arrive_s + MARKS_S[-1]).vectors):
            now_s = clock.now_s()
            viewer = replace(face, vector=vector, captured_s=now_s, sequence=index)
            z = follower.follow(viewer, now_s, now_s).z
            if _begins(chances, now_s):
                self._deepen(follower)
            if _begins(marks, now_s):
                seen.append(self._measure(z))
            clock.advance(1 / RATE_HZ)
        return np.stack(seen)

    def _deepen(self, follower: LatentFollower) -> None:
        attempt = follower.propose()
        if attempt is not None:
            came = self._measure(attempt.z)
            follower.learn(attempt, came if np.isfinite(came).all() else None)

    def _measure(self, z: FloatArray) -> FloatArray:
        """Features (F,) of a drawn face, NaN if none is found."""
        face = self._drawer.draw_and_measure(z[None])[0]
        return np.full(LAYOUT.size, np.nan, np.float32) if face is None else face.vector


def _begins(moments_s: set[float], now_s: float) -> bool:
    """Whether one of the moments lies within this frame."""
    return any(moment_s <= now_s + 1e-6 < moment_s + 1 / RATE_HZ for moment_s in moments_s)


def table(inverter: Inverter, scale: LikenessScale, runs: dict[str, Growth]) -> str:
    """Likeness, as the inverter compares, and error over all groups of features, at each mark, in Markdown."""
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
    """Measure all kinds of viewers that the options name, and print a table of each."""
    inverter = Inverter.open(persona.inverter_path, persona)
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
                "deepening": trial.run(stood, noise, deepens=True),
                "without": trial.run(stood, noise, deepens=False),
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
    """What the noise of a show changes in the features of these faces while they are tracked, (K, F)."""
    random = np.random.default_rng(0)
    again = [(face, drawer.measure(disturbed(picture, random))) for face, picture in faces]
    changes = [after.vector - face.vector for face, after in again if after is not None]
    return TRACKED * found(np.stack(changes)) if changes else np.zeros_like(faces[0][0].vector)[None]


def main(arguments: Sequence[str] | None = None, models: Path = MODELS) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.measure_deepening", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--model", required=True, metavar="NAME", help="a folder under models/")
    parser.add_argument("--portraits", type=Path, metavar="FILE.zip", help="portraits that stand before the mirror too")
    parser.add_argument("--count", type=_count, default=DEFAULT_COUNT, help=f"viewers, {DEFAULT_COUNT} if absent")
    try:
        options = parser.parse_args(arguments)
        measure(Persona.open(models / options.model), options)
    except NarcissusError as error:
        print(f"narcissus: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 0


def _count(text: str) -> int:
    value = int(text)
    if not FEWEST <= value <= MOST:
        raise argparse.ArgumentTypeError(f"must be between {FEWEST} and {MOST}, not {value}")
    return value


if __name__ == "__main__":
    sys.exit(main())
