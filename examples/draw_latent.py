"""Draw a latent: a seed becomes a point on the latent sphere, and the persona's generator draws it.

python examples/draw_latent.py --seed 7 --output face.png
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # run as a script, the repository is not on Python's path

from engine.networks.backends.generator_runtime import open_generator  # noqa: E402
from engine.networks.persona import Persona  # noqa: E402
from engine.networks.pggan.latent_sphere import seed_latent  # noqa: E402
from engine.types import ByteArray  # noqa: E402


def draw(persona: Persona, seed: int) -> ByteArray:
    """The face of a seed, (H, W, 3) uint8 RGB."""
    generator = open_generator(persona, threads=1)
    z = seed_latent(seed, generator.latent_size)  # (latent_size,) float32, length sqrt(latent_size)
    return np.ascontiguousarray(generator.batch(z[None])[0, ..., :3])


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw one face into a file."""
    parser = argparse.ArgumentParser(description="Draw the face of a seed.")
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "portraits", help="the persona's folder")
    parser.add_argument("--seed", type=int, default=7, help="any whole number from 0")
    parser.add_argument("--output", type=Path, default=Path("face.png"))
    options = parser.parse_args(arguments)
    Image.fromarray(draw(Persona.open(options.model), options.seed)).save(options.output)
    print(options.output)


if __name__ == "__main__":
    main()
