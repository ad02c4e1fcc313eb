"""The small bank beside an encoder: it answers nobody, but knows the scale of likeness and ways to more of it.

An encoder needs no neighbours. What is left for drawn faces to say - how much each feature differs from face to face,
how usual a viewer is, which step of the latent changes what on average - two thousand say as well as sixty thousand:
minutes in place of an hour.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.core.errors import ModelError
from engine.networks.inversion.inverter_file import write_inverter
from engine.networks.inversion.latent_bank import SHARD_SEEDS, Bank, DrawnFaces
from engine.networks.persona import Persona
from tools.bank.builder import complete_bank
from tools.inverter_training.fitting import fit
from tools.likeness.scale import LikenessScale

COUNT = 2000


def judging_faces(persona: Persona, count: int, workers: int) -> DrawnFaces:
    """The faces of the bank, of which what is missing is drawn.

    Args:
        count: faces to draw, rounded up to whole shards.
        workers: processes that draw.
    """
    bank = Bank(persona.folder / "bank", persona.generator_sha256)
    return complete_bank(persona, bank, range(-(-count // SHARD_SEEDS)), workers, "bank")


def write_judging_bank(persona: Persona, faces: DrawnFaces, notify: Callable[[str], None] = print) -> None:
    """Fit what judges the encoder of a persona, and write it as the persona's inverter.

    Raises:
        ModelError: the generator draws no faces that can be found.
    """
    if len(faces) < 2:
        raise ModelError(f"{persona.generator_path} draws no faces that can be found: there is nothing to compare with")
    weights = fit(faces, persona.settings.latent_size, LikenessScale(faces.vectors))
    write_inverter(persona.inverter_path, weights, persona, {"detection": f"{faces.detection:.4f}"})
    size_mib = persona.inverter_path.stat().st_size / 2**20
    notify(f"{persona.inverter_path} ({size_mib:.1f} MiB, {len(faces)} faces, which judge what the encoder answers)")
