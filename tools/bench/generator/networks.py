"""Generators to time: the persona's, a narrow one of its size, and the published one of 1024 px."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.networks.persona import GENERATOR_FILE, Persona, write_description
from engine.networks.pggan.architecture import GeneratorSettings, variable_shapes
from engine.networks.pggan.weight_file import write_network
from engine.types import Alignment


@dataclass(frozen=True)
class Network:
    """Generator to time.

    Attributes:
        name: name in tables.
        settings: its architecture.
        folder: persona folder; None for random weights.
        runs_quickly: whether it is part of a quick measurement.
    """

    name: str
    settings: GeneratorSettings
    folder: Path | None = None
    runs_quickly: bool = False

    def write(self, scratch: Path) -> None:
        """Write a persona with random or copied weights; converted files are kept beside it, and removed with it."""
        if self.folder is not None:
            for path in (path for path in self.folder.iterdir() if path.suffix in (".json", ".safetensors")):
                shutil.copyfile(path, scratch / path.name)
            return
        shapes = variable_shapes(self.settings)
        random = np.random.default_rng(0)
        spread: Mapping[str, float] = {name: 1.0 if name.endswith("weight") else 0.1 for name in shapes}
        arrays = {
            name: np.float32(spread[name]) * random.standard_normal(shape, np.float32) for name, shape in shapes.items()
        }
        write_network(scratch / GENERATOR_FILE, self.settings, arrays)
        write_description(scratch, self.name, Alignment(0.5, 0.48, 0.25))


def networks(persona: Persona, *, quick: bool) -> tuple[Network, ...]:
    """Networks to time, the persona's first."""
    own = Network(f"{persona.name}, {_shape(persona.settings)}", persona.settings, persona.folder, runs_quickly=True)
    narrow = GeneratorSettings(128, fmap_base=4096, fmap_max=256)
    official = GeneratorSettings(1024)
    rest = (Network(_shape(narrow), narrow, runs_quickly=True), Network(_shape(official), official))
    return tuple(network for network in (own, *rest) if network.runs_quickly or not quick)


def _shape(settings: GeneratorSettings) -> str:
    return f"{settings.resolution}², {settings.fmap_base}/{settings.fmap_max}"
