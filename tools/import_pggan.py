"""Import an official PG-GAN pickle (Karras et al. 2018) as a persona under models/.

    python -m tools.import_pggan karras2018iclr-celebahq-1024x1024.pkl --name celebahq

Nothing in the file is executed: a child process with limited memory and time reads it as data, its output is checked
again, and an invalid file leaves nothing behind. Finally the new persona draws a contact sheet,
`models/NAME/contact_sheet.png`, and the positions of its faces are measured, because the mirror must know where their
eyes are.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from engine.core.errors import DeviceError, ModelError
from engine.networks.backends.generator_runtime import open_generator
from engine.networks.persona import DISCRIMINATOR_FILE, Persona, write_description
from engine.networks.pggan.architecture import DiscriminatorSettings
from engine.networks.pggan.latent_sphere import seed_latent
from engine.networks.pggan.weight_file import read_network
from engine.types import Alignment
from tools.command import command, command_parser
from tools.model_import.card import write_card
from tools.model_import.eye_alignment import measure_alignment
from tools.model_import.sandbox import check_source, read_confined, refusal
from tools.reporting.contact_sheet import contact_sheet, shrink

MODELS = Path(__file__).resolve().parents[1] / "models"
SHEET_FILE = "contact_sheet.png"
SHEET_PICTURES = 28  # four full rows
MEASURED_PICTURES = 48
CELL_PX = 256


@command()
def main(arguments: Sequence[str] | None = None, models: Path = MODELS) -> int:
    """Run the command; returns the exit status."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    options = _parse(arguments)
    folder = import_file(options.file, options.name, options.network, models)
    print(f"{folder / SHEET_FILE} shows it; fill in {folder / 'card.md'}. Next:")
    print(f"  python -m tools.train_inverter --model {options.name}")
    print(f"  python main.py --model {options.name}")
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = command_parser(
        "import_pggan", (__doc__ or "").split("\n\n")[0], "karras2018iclr-celebahq-1024x1024.pkl --name celebahq"
    )
    parser.add_argument("file", type=Path, metavar="FILE.pkl", help="network pickle by the authors")
    parser.add_argument("--name", required=True, help="name of the new persona: letters, digits, - and _")
    parser.add_argument(
        "--network", default="", help="generator to take from the file: Gs, the moving average (default), or G"
    )
    return parser.parse_args(arguments)


def import_file(path: Path, name: str, network: str = "", models: Path = MODELS) -> Path:
    """Create a persona from a pickle, atomically.

    Returns:
        Its folder.

    Raises:
        ModelError: the name is taken or invalid, or the file is refused.
        DeviceError: a file cannot be written.
    """
    folder = new_folder(name, models)
    check_source(path)
    try:
        models.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{name}-", suffix=".partial", dir=models))
    except OSError as error:
        raise DeviceError(f"{models} cannot be written to: {error.strerror}") from error
    try:
        _fill(staging, path, name, network)
        staging.chmod(0o755)
        staging.rename(folder)
    except OSError as error:
        raise DeviceError(f"{folder} cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder


def new_folder(name: str, models: Path) -> Path:
    """Folder of a new persona of that name.

    Raises:
        ModelError: the name is taken or invalid.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", name):
        raise ModelError(f"{name!r} cannot be a persona's name: letters, digits, - and _, 64 at most")
    if (models / name).exists():
        raise ModelError(f"{models / name} exists already: choose another --name, or remove it first")
    return models / name


def _fill(staging: Path, path: Path, name: str, network: str) -> None:
    with tqdm(total=100, unit="%", desc="reading", disable=None) as bar:
        found = read_confined(
            "pggan", {"pickle": path}, staging, {"network": network}, lambda share: _advance(bar, share)
        )
    try:
        print("\n".join(describe(found)))
        write_card(staging / "card.md", name, path, found)
    except (KeyError, TypeError, ValueError) as error:
        raise refusal(path, "its reader did not say what is in it") from error
    write_description(staging, name, Alignment())
    persona = _check(staging, path, bool(found["discriminator"]))
    pictures = _draw(persona)
    write_description(staging, name, measure_alignment(pictures) or Alignment())
    _save_sheet(staging / SHEET_FILE, pictures[:SHEET_PICTURES])


def _advance(bar: Any, share: float) -> None:
    bar.update(round(100 * share) - bar.n)


def _check(staging: Path, path: Path, has_discriminator: bool) -> Persona:
    """Read the child's output as strictly as any persona."""
    try:
        persona = Persona.open(staging)
        if has_discriminator:
            read_network(staging / DISCRIMINATOR_FILE, DiscriminatorSettings)
    except ModelError as error:
        raise refusal(path, f"what was made of it is not sound ({error})") from error
    return persona


def _draw(persona: Persona) -> NDArray[np.uint8]:
    """Pictures (N, H, W, 3) of the first seeds, at most `CELL_PX` high."""
    generator = open_generator(persona)
    pictures = []
    for seed in tqdm(range(MEASURED_PICTURES), unit="picture", desc="drawing", disable=None):
        picture = generator.batch(seed_latent(seed, generator.latent_size)[None])[0, ..., :3]
        pictures.append(shrink(picture, CELL_PX))
    return np.stack(pictures)


def _save_sheet(path: Path, pictures: NDArray[np.uint8]) -> None:
    from PIL import Image

    Image.fromarray(contact_sheet(pictures)).save(path)


def describe(found: dict[str, Any]) -> list[str]:
    """Contents of a file, one line per network."""
    lines = []
    for network in found["networks"]:
        size = int(network["resolution"])
        latent = f", latent {network['latent_size']}" if network["latent_size"] else ""
        line = (
            f"{network['name']}: {network['builder']}, {size}x{size} px{latent}, {network['parameters']:,} parameters"
        )
        line += f", saved while growing (lod {network['lod']:g})" if network["lod"] else ""
        line += f"; without effect: {', '.join(network['ignored'])}" if network["ignored"] else ""
        lines.append(line)
    beside = f" and {found['discriminator']}" if found["discriminator"] else ", no discriminator"
    return [*lines, f"taken: {found['generator']}{beside}"]


if __name__ == "__main__":
    sys.exit(main())
