"""Inverter files and their kinds: validation, reading and writing.

A file belongs to one generator and one feature layout; its kind is stated in its metadata, and `KINDS` maps it to a
reader. Does not know how any of them works.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.core.errors import ModelError
from engine.features.vector import LAYOUT
from engine.networks.generator.trunk import Trunk
from engine.networks.inversion.encoder import open_encoder
from engine.networks.inversion.encoder_inverter import EncoderInverter, RefiningEncoder
from engine.networks.inversion.refining_inverter import ReadoutWeights, RefiningInverter
from engine.networks.inversion.retrieval_inverter import Inverter, InverterWeights
from engine.networks.persona import Persona
from engine.networks.pggan.architecture import GeneratorSettings
from engine.networks.pggan.weight_file import Arrays, read_arrays, read_header, read_network
from engine.system.atomic_write import atomic_write

_log = logging.getLogger(__name__)

FORMAT = "narcissus-inverter 1"
RETRIEVAL, REFINING = "retrieval", "refining"
MAX_FACES = 1_000_000
READOUT = "readout/"  # prefix of the arrays that a refining inverter has in addition to the bank
EXACT = ("mean", "sd", "seeds", f"{READOUT}bias", f"{READOUT}doubt")  # stored as float32; all others as float16


class Contents(NamedTuple):
    """File whose metadata fits the persona: path, arrays, metadata, persona."""

    path: Path
    arrays: Arrays
    metadata: Mapping[str, str]
    persona: Persona


def open_inverter(persona: Persona) -> Inverter | EncoderInverter | None:
    """Open the inverter of a persona: its encoder, with its bank if there is one, else retrieval from its bank; None,
    with a log message, if it has neither.

    Raises:
        ModelError: see `read_encoder` and `read_inverter`.
    """
    bank = read_inverter(persona.inverter_path, persona) if persona.inverter_path.exists() else None
    if persona.encoder_path.exists():
        encoder = open_encoder(persona)
        return EncoderInverter(encoder) if bank is None else RefiningEncoder(encoder, bank)
    if bank is None:
        _log.warning(
            "%s has no inverter and ignores visitors: run `python -m tools.train_inverter --model %s`",
            persona.folder,
            persona.name,
        )
    return bank


def need_inverter(persona: Persona) -> Inverter | EncoderInverter:
    """Open the inverter of a persona, which must have one.

    Raises:
        ModelError: it has neither an encoder nor a bank, or they cannot be used.
    """
    if not persona.encoder_path.exists() and not persona.inverter_path.exists():
        remedy = f"run `python -m tools.train_inverter --model {persona.name}`"
        raise ModelError(f"{persona.inverter_path} is missing, and there is no encoder either: {remedy}")
    answering = open_inverter(persona)
    assert answering is not None  # one of them exists
    return answering


def read_inverter(path: Path, persona: Persona) -> Inverter:
    """Read the inverter of a persona, of any kind.

    Raises:
        ModelError: the file is missing, damaged, of unknown kind, or made for another generator or for a feature layout
                whose numbers are no longer measured.
    """
    remedy = f"run `python -m tools.train_inverter --model {persona.name}`"
    if not path.exists():
        raise ModelError(f"{path} is missing: {remedy}")
    metadata = read_header(path).metadata
    if metadata.get("format") != FORMAT:
        raise ModelError(f"{path} cannot be used: it is not an inverter for this program: {remedy}")
    persona.check_generator(path, metadata, remedy)
    if LAYOUT.columns_of(metadata.get("layout", "")) is None:
        raise ModelError(
            f"{path} was trained on features of layout {metadata.get('layout', 'unknown')!r}, "
            f"this program measures layout {LAYOUT.stamp!r}: {remedy}"
        )
    kind = metadata.get("kind", RETRIEVAL)
    if kind not in KINDS:
        raise ModelError(f"{path} holds an inverter of the kind {kind[:40]!r}; there are {', '.join(KINDS)}: {remedy}")
    return KINDS[kind](Contents(path, read_arrays(path), metadata, persona))


def write_inverter(
    path: Path,
    weights: InverterWeights,
    persona: Persona,
    notes: Mapping[str, str],
    readout: ReadoutWeights | None = None,
) -> None:
    """Write an inverter for a persona atomically; codes and matrices in float16.

    Args:
        notes: further metadata.
        readout: makes it a refining inverter.
    """
    from safetensors.numpy import save

    arrays = _arrays(weights)
    if readout is not None:
        arrays |= {f"{READOUT}{name}": array for name, array in _arrays(readout).items()}
    content = save(
        {
            name: np.ascontiguousarray(array, np.float32 if name in EXACT else np.float16)
            for name, array in arrays.items()
        },
        {
            **notes,
            "format": FORMAT,
            "kind": RETRIEVAL if readout is None else REFINING,
            "generator_sha256": persona.generator_sha256,
            "layout": LAYOUT.stamp,
            "faces": str(len(weights.codes)),
        },
    )
    with atomic_write(path) as partial:
        partial.write_bytes(content)


def _arrays(weights: InverterWeights | ReadoutWeights) -> Arrays:
    return {field.name: getattr(weights, field.name) for field in fields(weights)}


def _retrieval(contents: Contents) -> Inverter:
    return Inverter(_bank(contents, contents.arrays), contents.metadata)


def _refining(contents: Contents) -> Inverter:
    path, arrays, metadata, persona = contents
    rest = {name: array for name, array in arrays.items() if not name.startswith(READOUT)}
    weights = _bank(contents, rest)
    own = {name.removeprefix(READOUT): array for name, array in arrays.items() if name.startswith(READOUT)}
    try:
        readout = ReadoutWeights(**own)
    except TypeError as error:
        raise ModelError(f"{path} is damaged: it does not hold exactly the arrays of an inverter") from error
    trunk = Trunk(*read_network(persona.generator_path, GeneratorSettings))
    dimensions = weights.codes.shape[1]
    fits = (
        readout.weight.shape == (trunk.size, dimensions)
        and readout.bias.shape == readout.doubt.shape == (dimensions,)
        and (readout.doubt > 0).all()
    )
    if not fits:
        raise ModelError(f"{path} is damaged: its arrays do not fit together")
    return RefiningInverter(weights, metadata, readout, trunk)


def _bank(contents: Contents, arrays: Arrays) -> InverterWeights:
    """Convert retrieval arrays to vectors of today's layout."""
    path, columns = contents.path, LAYOUT.columns_of(contents.metadata["layout"])
    try:
        weights = InverterWeights(**arrays)
    except TypeError as error:
        raise ModelError(f"{path} is damaged: it does not hold exactly the arrays of an inverter") from error
    assert columns is not None  # checked by `read_inverter`
    faces, dimensions = weights.codes.shape if weights.codes.ndim == 2 else (0, 0)
    fits = (
        0 < faces <= MAX_FACES
        and weights.mean.shape == weights.sd.shape == (len(columns),)
        and weights.projection.shape == (len(columns), dimensions)
        and weights.seeds.shape == (faces,)
        and weights.following.shape == (dimensions, contents.persona.settings.latent_size)
    )
    if not fits or (weights.sd <= 0).any() or (weights.seeds < 0).any():
        raise ModelError(f"{path} is damaged: its arrays do not fit together")
    return weights.spread(columns, LAYOUT.size)


KINDS: Mapping[str, Callable[[Contents], Inverter]] = {RETRIEVAL: _retrieval, REFINING: _refining}
"""`kind` in a file -> constructor of the inverter."""
