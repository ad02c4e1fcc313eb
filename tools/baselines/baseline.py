"""Baseline inverter and its file: models/NAME/contenders/KIND.safetensors. Does not know how baselines are fitted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from engine.core.errors import ModelError
from engine.features.featurizer import VECTORS
from engine.features.layout import FeatureLayout
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import normalise
from engine.networks.pggan.weight_file import read_arrays, read_header
from engine.system.atomic_write import atomic_write
from engine.types import ByteArray, FloatArray
from tools.baselines.predictors import Answer, completed, dense, forest, mean_on_sphere, nearest
from tools.baselines.registry import HIDDEN, MEMBERS, BaselineName

FORMAT = "narcissus-contender 1"
FOLDER = "contenders"
CLIP_SD = 5.0  # features beyond this are treated as faults, as in the shipped inverter
FITTING = "fitting"  # completed epochs, in the file of a baseline being fitted

Arrays = Mapping[str, FloatArray]


class Baseline:
    """Baseline with the interface of `Inverter`: features -> latent. Stateless.

    Args:
        name: its name.
        mean, sd: (F,) statistics of the bank's features.
        answer: standardised features -> latent.

    Attributes:
        typicality, nearness: not measured, 0.
        needs_crop: False: it reads features only.
    """

    typicality = nearness = 0.0
    needs_crop = False

    def __init__(self, name: BaselineName, mean: FloatArray, sd: FloatArray, answer: Answer) -> None:
        self.name = name
        self._mean, self._sd, self._answer = mean, sd, answer

    @property
    def layout(self) -> FeatureLayout:
        """Layout of its features."""
        return VECTORS[self.name.layout].layout

    def __call__(self, vector: FloatArray, pixels: ByteArray | None = None) -> FloatArray:
        """Compute the latent (latent_size,) float32 on the sphere for a feature vector (F,) float32 of its layout."""
        standard = np.clip((vector - self._mean) / self._sd, -CLIP_SD, CLIP_SD)
        return normalise(self._answer(standard.astype(np.float32)))

    def look_together(self, squares: Sequence[ByteArray]) -> None:
        """Nothing: it looks at no square."""

    def reset(self) -> None:
        """Do nothing: there is no state."""

    def another(self) -> Baseline:
        """Return itself: without state, one object serves all visitors."""
        return self


def baseline_path(persona: Persona, name: BaselineName) -> Path:
    """Path of a persona's baseline."""
    return persona.folder / FOLDER / f"{name}.safetensors"


def open_baseline(persona: Persona, name: BaselineName) -> Baseline:
    """Open a baseline fitted for a persona.

    Raises:
        ModelError: it does not exist, is damaged, or is for another generator or layout.
    """
    mean, sd, answer = _open(persona, name)
    return Baseline(name, mean, sd, answer)


def _open(persona: Persona, name: BaselineName) -> tuple[FloatArray, FloatArray, Answer]:
    path = baseline_path(persona, name)
    arrays, notes = read_baseline(persona, name)
    if FITTING in notes:
        raise ModelError(f"{path} is only partly fitted: {_remedy(persona, name)}")
    try:
        mean, sd = arrays.pop("mean"), arrays.pop("sd")
        if name.kind == "ensemble":
            return mean, sd, mean_on_sphere([_open(persona, BaselineName(kind, name.layout))[2] for kind in MEMBERS])
        answer = _forms(persona.settings.latent_size)[name.kind](arrays)
        fits = answer(np.zeros_like(mean)).shape == (persona.settings.latent_size,)
    except (KeyError, IndexError, ValueError):
        fits = False
    if not fits:
        raise ModelError(f"{path} is damaged: {_remedy(persona, name)}")
    return mean, sd, answer


def _forms(latent_size: int) -> Mapping[str, Callable[[Arrays], Answer]]:
    return {
        "linear": dense,
        "ridge": dense,
        "completed": completed,
        "knn": lambda arrays: nearest(arrays, latent_size),
        "forest": forest,
        **dict.fromkeys(HIDDEN, dense),
    }


def read_baseline(persona: Persona, name: BaselineName) -> tuple[dict[str, FloatArray], Mapping[str, str]]:
    """Read arrays and metadata of a baseline file.

    Raises:
        ModelError: it is missing, damaged, or for another generator or layout.
    """
    path = baseline_path(persona, name)
    if not path.exists():
        raise ModelError(f"{path} is missing: {_remedy(persona, name)}")
    notes = read_header(path).metadata
    if any(notes.get(key) != value for key, value in _identity(persona, name).items()):
        raise ModelError(f"{path} is for another generator, layout or program: {_remedy(persona, name)}")
    return dict(read_arrays(path)), notes


def write_baseline(persona: Persona, name: BaselineName, arrays: Arrays, notes: Mapping[str, str]) -> Path:
    """Write a baseline atomically; large arrays in float16."""
    from safetensors.numpy import save

    path = baseline_path(persona, name)
    path.parent.mkdir(exist_ok=True)
    stored = {
        key: np.ascontiguousarray(array, np.float16 if key in ("faces", "values") else np.float32)
        for key, array in arrays.items()
    }
    with atomic_write(path) as partial:
        partial.write_bytes(save(stored, {**notes, **_identity(persona, name)}))
    return path


def _identity(persona: Persona, name: BaselineName) -> dict[str, str]:
    layout = VECTORS[name.layout].layout
    return {
        "format": FORMAT,
        "kind": name.kind,
        "generator_sha256": persona.generator_sha256,
        "layout": f"{layout.name} {layout.stamp}",
    }


def _remedy(persona: Persona, name: BaselineName) -> str:
    return f"run `python -m tools.train_inverter --model {persona.name} --kind {name}`"
