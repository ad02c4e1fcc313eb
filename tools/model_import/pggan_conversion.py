"""Official pickle -> weight files of a persona. Runs in the sandboxed child and knows no Keras."""

from __future__ import annotations

from typing import Any

from engine.core.errors import ModelError
from engine.networks.pggan.architecture import DiscriminatorSettings, GeneratorSettings
from engine.networks.pggan.weight_file import write_network
from tools.model_import.pggan_pickle import OfficialNetwork, read_official
from tools.model_import.sandbox_job import Job

DEFAULT_NETWORK = "Gs"  # moving average of the generator, used for the authors' pictures


def convert(job: Job) -> dict[str, Any]:
    """Write `generator.safetensors` and, if the file contains one, `discriminator.safetensors`.

    Returns:
        `networks`: contents of the file; `generator` and `discriminator`: names of those written.

    Raises:
        ModelError: says why the file is refused.
    """
    with job.open("pickle") as data:
        networks = read_official(data)
        generator = choose_generator(networks, job.options.get("network") or DEFAULT_NETWORK)
        discriminator = next((one for one in networks if isinstance(one.settings, DiscriminatorSettings)), None)
        job.report(0.3)
        _write(job, generator, "generator.safetensors")
        job.report(0.65)
        if discriminator is not None:
            _write(job, discriminator, "discriminator.safetensors")
        job.report(1.0)
        return {
            "networks": [_description(network) for network in networks],
            "generator": generator.name,
            "discriminator": discriminator.name if discriminator else "",
        }


def choose_generator(networks: tuple[OfficialNetwork, ...], name: str) -> OfficialNetwork:
    """Generator of that name; the only one, if the name is the default and does not exist.

    Raises:
        ModelError: there is none, or it cannot be shown.
    """
    generators = [network for network in networks if isinstance(network.settings, GeneratorSettings)]
    chosen = next((network for network in networks if network.name == name), None)
    if chosen is None and name == DEFAULT_NETWORK and len(generators) == 1:
        chosen = generators[0]
    names = ", ".join(network.name for network in networks)
    if chosen is None:
        raise ModelError(f"it holds {names} and no network {name}")
    if chosen not in generators:
        raise ModelError(f"its network {name} is no generator; it holds {names}")
    if chosen.settings.num_channels not in (1, 3):
        raise ModelError(
            f"its network {name} has num_channels {chosen.settings.num_channels}: only 1 and 3 can be shown"
        )
    return chosen


def _write(job: Job, network: OfficialNetwork, file_name: str) -> None:
    notes = {"network": network.name, "builder": network.builder, "saved_lod": repr(network.lod)}
    write_network(job.output / file_name, network.settings, network.arrays, notes=notes)


def _description(network: OfficialNetwork) -> dict[str, Any]:
    settings = network.settings
    return {
        "name": network.name,
        "builder": network.builder,
        "resolution": settings.resolution,
        "parameters": network.parameters,
        "latent_size": settings.latent_size if isinstance(settings, GeneratorSettings) else 0,
        "lod": network.lod,
        "ignored": list(network.ignored),
    }
