"""Preview layers: show the intermediate state of a generator at lower resolutions, as `preview_rgb_lodN`.

A ToRGB layer below the top was trained only while it was the top; the trunk has drifted since, and its picture no
longer shows the face. These layers are fitted by least squares, so that they turn the trunk's features into the
finished picture averaged over boxes. They are stored beside the generator in `preview_rgb.safetensors`, in the form of
the trained layers: `preview_rgb_lodN/weight` (1, 1, maps, channels) and `/bias`, to be scaled by He's constant if
`use_wscale` says so. The generator's file and hash remain unchanged.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ModelError
from engine.networks.persona import Persona
from engine.networks.pggan.architecture import GeneratorSettings, layers_of
from engine.networks.pggan.latent_sphere import seed_latents
from engine.networks.pggan.weight_file import Arrays, read_arrays, read_header
from engine.system.atomic_write import atomic_write

if TYPE_CHECKING:
    from engine.networks.pggan.model import Generator

FILE_NAME = "preview_rgb.safetensors"
FORMAT = "narcissus-preview-rgb 1"
BATCH = 8
FIRST_SEED = 12_000_000  # not in any bank
RIDGE = 1e-4  # relative to the mean square of the features, which are pixel-normalised and may be collinear

Points = NDArray[np.float64]

_log = logging.getLogger(__name__)


def fit_preview_rgb(
    model: Generator, count: int = 256, progress: Callable[[int], Any] = lambda _: None
) -> tuple[Arrays, dict[int, float]]:
    """Fit the layers of a generator.

    Args:
        model: plain Keras network.
        count: pictures to fit; half as many more are used for validation.
        progress: receives the number of pictures in each batch.

    Returns:
        `preview_rgb_lodN/weight` and `/bias`, and the RMS error per lod on the validation pictures, in levels of 255.
    """
    lods = range(1, model.settings.top_level - 1)
    sums: dict[int, tuple[Points, Points]] = {}
    for features, targets in _examples(model, FIRST_SEED, count, progress):
        for lod in lods:
            x, y = features[lod], targets[lod]
            left, right = sums.get(lod, (0.0, 0.0))
            sums[lod] = (left + x.T @ x, right + x.T @ y)
    solved = {lod: _solve(left, right) for lod, (left, right) in sums.items()}
    squares = dict.fromkeys(lods, 0.0)
    batches = 0
    for features, targets in _examples(model, FIRST_SEED + count, max(1, count // 2), progress):
        batches += 1
        for lod in lods:
            squares[lod] += float(np.mean((features[lod] @ solved[lod] - targets[lod]) ** 2))
    errors = {lod: float(np.sqrt(squares[lod] / batches)) * 127.5 for lod in lods}
    return _as_layers(model.settings, solved), errors


def _examples(
    model: Generator, first_seed: int, count: int, progress: Callable[[int], Any]
) -> Iterator[tuple[dict[int, Points], dict[int, Points]]]:
    """Per batch: features (pixels, maps + 1), last column 1, and averaged pictures (pixels, channels), by lod."""
    from keras import ops

    for begin in range(0, count, BATCH):
        seeds = range(first_seed + begin, first_seed + min(begin + BATCH, count))
        trunk = model.trunk(ops.convert_to_tensor(seed_latents(list(seeds), model.settings.latent_size)))
        picture = ops.convert_to_numpy(model.to_rgb(trunk[0], 0)).astype(np.float64)
        features: dict[int, Points] = {}
        targets: dict[int, Points] = {}
        for lod in range(1, len(trunk)):
            picture = _halve(picture)
            x = ops.convert_to_numpy(trunk[lod]).astype(np.float64)
            flat = x.reshape(-1, x.shape[-1])
            features[lod] = np.hstack([flat, np.ones((len(flat), 1))])
            targets[lod] = picture.reshape(-1, picture.shape[-1])
        yield features, targets
        progress(len(seeds))


def _halve(picture: Points) -> Points:
    """Average (N, H, W, C) over 2x2 boxes."""
    count, height, width, channels = picture.shape
    return np.asarray(picture.reshape(count, height // 2, 2, width // 2, 2, channels).mean(axis=(2, 4)))


def _solve(left: Points, right: Points) -> Points:
    """Solve a ridge regression with unpenalised constant, (maps + 1, channels)."""
    penalty = np.full(len(left), RIDGE * np.trace(left[:-1, :-1]) / max(1, len(left) - 1))
    penalty[-1] = 0.0
    return np.asarray(np.linalg.solve(left + np.diag(penalty), right))


def _as_layers(settings: GeneratorSettings, solved: dict[int, Points]) -> Arrays:
    scales = {layer.name: layer.he_constant if settings.use_wscale else 1.0 for layer in layers_of(settings)}
    arrays: Arrays = {}
    for lod, solution in solved.items():
        weight = solution[:-1] / scales[f"ToRGB_lod{lod}"]
        arrays[f"preview_rgb_lod{lod}/weight"] = weight[None, None].astype(np.float32)
        arrays[f"preview_rgb_lod{lod}/bias"] = solution[-1].astype(np.float32)
    return arrays


def write_preview_rgb(path: Path, arrays: Arrays, generator_sha256: str, errors: dict[int, float]) -> None:
    """Write the layers and the errors from `fit_preview_rgb` atomically, in float32."""
    from safetensors.numpy import save

    rms_levels = json.dumps({lod: round(rms, 2) for lod, rms in errors.items()})
    metadata = _identity(generator_sha256) | {"rms_levels": rms_levels}
    content = save({name: np.ascontiguousarray(array) for name, array in arrays.items()}, metadata)
    with atomic_write(path) as partial:
        partial.write_bytes(content)


def read_preview_rgb(persona: Persona) -> Arrays:
    """Read the preview layers of a persona.

    Raises:
        ModelError: they are missing, damaged, or made for another generator.
    """
    path = persona.folder / FILE_NAME
    metadata = read_header(path).metadata
    if any(metadata.get(key) != value for key, value in _identity(persona.generator_sha256).items()):
        raise ModelError(f"{path} was fitted to another generator than {persona.generator_path}: adopt that again")
    arrays = read_arrays(path)
    settings = persona.settings
    wanted = {
        layer.name.replace("ToRGB", "preview_rgb"): layer
        for layer in layers_of(settings)
        if layer.name.startswith("ToRGB") and layer.name != "ToRGB_lod0"
    }
    shapes = {f"{name}/weight": layer.weight_shape for name, layer in wanted.items()}
    shapes |= {f"{name}/bias": layer.bias_shape for name, layer in wanted.items()}
    if {name: array.shape for name, array in arrays.items()} != shapes:
        raise ModelError(f"{path} is damaged: it does not hold the layers that {persona.generator_path} needs")
    return arrays


def find_preview_rgb(persona: Persona) -> Arrays:
    """Read the preview layers of a persona, or none; unusable ones are logged and otherwise ignored."""
    if not (persona.folder / FILE_NAME).exists():
        return {}
    try:
        return read_preview_rgb(persona)
    except ModelError as error:
        _log.warning("%s is drawn without its preview layers: %s", persona.name, error)
        return {}


def _identity(generator_sha256: str) -> dict[str, str]:
    return {"format": FORMAT, "generator_sha256": generator_sha256}
