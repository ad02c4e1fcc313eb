"""Small bank for a persona with an encoder: it provides the scale of likeness and directions for refinement.

An encoder needs no neighbours. For the remaining purposes of a bank - the spread of each feature, the typicality of a
viewer, the average effect of a latent step - two thousand faces are as good as sixty thousand: minutes instead of an
hour.
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
    """Faces of the bank; missing ones are drawn.

    Args:
        count: number of faces, rounded up to whole shards.
        workers: number of drawing processes.
    """
    bank = Bank(persona.folder / "bank", persona.generator_sha256)
    return complete_bank(persona, bank, range(-(-count // SHARD_SEEDS)), workers, "bank")


def write_judging_bank(persona: Persona, faces: DrawnFaces, notify: Callable[[str], None] = print) -> None:
    """Fit the judge of a persona's encoder, and write it as the persona's inverter.

    Raises:
        ModelError: no faces are found in the generator's pictures.
    """
    if len(faces) < 2:
        raise ModelError(f"{persona.generator_path} draws no detectable faces: there is nothing to compare with")
    weights = fit(faces, persona.settings.latent_size, LikenessScale(faces.vectors))
    write_inverter(persona.inverter_path, weights, persona, {"detection": f"{faces.detection:.4f}"})
    size_mib = persona.inverter_path.stat().st_size / 2**20
    notify(f"{persona.inverter_path} ({size_mib:.1f} MiB, {len(faces)} faces to judge the encoder)")
