"""Reflect a picture: measure the face in it, find a latent for the measurements, and draw the stranger who answers.

    python examples/reflect_picture.py portrait.jpg --output stranger.png

This is the way of the mirror from a frame to a face, without its filters and threads. `python -m tools.reflect` adds
refinement, and finds better likenesses.
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

from engine.features.featurizer import Featurizer  # noqa: E402
from engine.images.image_file import read_image  # noqa: E402
from engine.networks.backends.generator_runtime import open_generator  # noqa: E402
from engine.networks.inversion.inverter_file import read_inverter  # noqa: E402
from engine.networks.persona import Persona  # noqa: E402
from engine.types import ByteArray, Frame  # noqa: E402


def reflect(persona: Persona, picture: ByteArray) -> ByteArray | None:
    """The stranger who answers a picture (H, W, 3) uint8 RGB, as such a picture; None if no face is found in it."""
    mirrored = np.ascontiguousarray(picture[:, ::-1])  # once, before anything is measured
    with Featurizer("static") as featurizer:
        features = featurizer(Frame(mirrored, captured_s=0.0, sequence=0))
    if features is None:
        return None
    inverter = read_inverter(persona.inverter_path, persona)
    z = inverter(features.vector)  # (latent_size,) float32, on the latent sphere
    return np.ascontiguousarray(open_generator(persona, threads=1).batch(z[None])[0, ..., :3])


def main(arguments: Sequence[str] | None = None) -> int:
    """Reflect one picture into a file; returns the exit status."""
    parser = argparse.ArgumentParser(description="Draw the stranger who answers a picture.")
    parser.add_argument("picture", type=Path, help="a picture of a face")
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "portraits", help="the persona's folder")
    parser.add_argument("--output", type=Path, default=Path("stranger.png"))
    options = parser.parse_args(arguments)
    picture = read_image(options.picture)
    stranger = reflect(Persona.open(options.model), picture)
    if stranger is None:
        print(f"no face was found in {options.picture}", file=sys.stderr)
        return 1
    Image.fromarray(stranger).save(options.output)
    print(options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
