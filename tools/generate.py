"""Draw a persona's faces from seeds or latents, in the plain form that matches the published code.

    python -m tools.generate --model portraits --seeds 0-7 --output faces.png
    python -m tools.generate --model portraits --latents z.npy --lod 1.5 --output faces.npy

A PNG is a contact sheet. A .npy file contains float32 (N, H, W, channels), nominal range [-1, 1], unclipped. Seed n
means `numpy.random.default_rng(n).standard_normal(latent_size)`, normalised to the sphere; latents from a file are used
unchanged.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import DeviceError, ModelError
from engine.networks.persona import Persona, load_generator
from engine.networks.pggan.architecture import GeneratorSettings
from engine.networks.pggan.latent_sphere import seed_latents
from engine.system.atomic_write import atomic_write
from engine.types import FloatArray
from tools.command import command, command_parser
from tools.reporting.contact_sheet import contact_sheet, to_pixels

MODELS = Path(__file__).resolve().parents[1] / "models"
MAX_PICTURES = 10_000
MAX_BYTES = 2 << 30


@command()
def main(arguments: Sequence[str] | None = None, models: Path = MODELS) -> int:
    """Run the command; returns the exit status."""
    options = _parse(arguments)
    persona = Persona.open(models / options.model)
    latents = _latents(options, persona.settings)
    _check_request(options, persona.settings, len(latents))
    pictures = draw(persona, latents, options.lod)
    save(options.output, pictures)
    size = persona.settings.resolution
    print(f"{len(pictures)} pictures of {size}x{size} px: {options.output}")
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = command_parser(
        "generate", (__doc__ or "").split("\n\n")[0], "--model portraits --seeds 0-35 --output faces.png"
    )
    parser.add_argument("--model", required=True, metavar="NAME", help="persona: a folder under models/")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--seeds", type=parse_seeds, metavar="A-B", help="seeds to draw: 0-7, 3 or 0-3,12,20-22")
    source.add_argument("--latents", type=Path, metavar="FILE.npy", help="latents to draw: (N, latent_size) numbers")
    parser.add_argument(
        "--lod", type=float, default=0.0, help="level of detail: 0 is full resolution, 1 half of it, ..."
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="file to write, .png or .npy")
    return parser.parse_args(arguments)


def parse_seeds(text: str) -> list[int]:
    """Parse `0-3,12` as [0, 1, 2, 3, 12].

    Raises:
        argparse.ArgumentTypeError: it is not a list of whole numbers and ranges, or too long.
    """
    seeds: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"(\d{1,15})(?:-(\d{1,15}))?", part.strip())
        if not match:
            raise argparse.ArgumentTypeError(f"seeds are written like 0-7, 3 or 0-3,12: {text[:40]!r} is not")
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first:
            raise argparse.ArgumentTypeError(f"the range {part.strip()} runs backwards")
        if last - first + len(seeds) >= MAX_PICTURES:
            raise argparse.ArgumentTypeError(f"more than {MAX_PICTURES} pictures at once are too many")
        seeds += range(first, last + 1)
    return seeds


def _latents(options: argparse.Namespace, settings: GeneratorSettings) -> FloatArray:
    if options.latents is None:
        return seed_latents(options.seeds, settings.latent_size)
    return read_latents(options.latents, settings.latent_size)


def read_latents(path: Path, latent_size: int) -> FloatArray:
    """Read latents (N, latent_size) float32 from a .npy file.

    Raises:
        ModelError: the file is missing, is not a .npy file of numbers, or has another shape.
    """
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError as error:
        raise ModelError(f"{path} is missing") from error
    except (OSError, ValueError, EOFError) as error:
        raise ModelError(f"{path} is not a .npy file of numbers") from error
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "fiu":
        raise ModelError(f"{path} is not a .npy file of numbers")
    if found.ndim != 2 or found.shape[1] != latent_size or not 1 <= len(found) <= MAX_PICTURES:
        wanted = f"(1 to {MAX_PICTURES}, {latent_size})"
        raise ModelError(f"{path} has the shape {found.shape}; this generator takes {wanted}")
    with np.errstate(over="ignore"):
        latents = np.asarray(found, np.float32)
    if not np.isfinite(latents).all():
        raise ModelError(f"{path} holds a number that is not finite (NaN or infinity)")
    return latents


def _check_request(options: argparse.Namespace, settings: GeneratorSettings, count: int) -> None:
    coarsest = settings.top_level - 2
    if not 0 <= options.lod <= coarsest:
        size = settings.resolution
        raise ModelError(f"--lod must be between 0 and {coarsest} for a network of {size} px, not {options.lod}")
    if options.output.suffix not in (".png", ".npy"):
        raise ModelError(f"--output must end in .png or .npy, not {options.output.name!r}")
    if not options.output.parent.is_dir():
        raise DeviceError(f"the folder {options.output.parent} does not exist")
    total_bytes = count * settings.resolution**2 * settings.num_channels * 4
    if total_bytes > MAX_BYTES:
        raise ModelError(f"{count} pictures of this size take {total_bytes >> 20} MB; ask for fewer at once")


def draw(persona: Persona, latents: FloatArray, lod: float = 0.0) -> NDArray[np.float32]:
    """Draw pictures (N, H, W, channels) float32 of latents, with a progress bar."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from tqdm import tqdm

    generator: Any = load_generator(persona.generator_path)
    step = max(1, min(32, (1 << 20) // persona.settings.resolution**2))  # batch size: about a megapixel
    parts = []
    with tqdm(total=len(latents), unit="picture", disable=None) as progress:
        for begin in range(0, len(latents), step):
            part = latents[begin : begin + step]
            parts.append(np.asarray(generator(part, lod=lod), np.float32))
            progress.update(len(part))
    return np.concatenate(parts)


def save(path: Path, pictures: NDArray[np.float32]) -> None:
    """Write pictures (N, H, W, channels) as a .npy file or as a contact sheet, depending on the file ending.

    Raises:
        DeviceError: the file cannot be written.
    """
    from PIL import Image

    try:
        with atomic_write(path) as partial:
            if path.suffix == ".npy":
                np.save(partial, pictures, allow_pickle=False)
            else:
                Image.fromarray(contact_sheet(to_pixels(pictures))).save(partial)
    except OSError as error:
        raise DeviceError(f"{path} cannot be written: {error.strerror}") from error


if __name__ == "__main__":
    sys.exit(main())
