"""Checkpoints: folders from which training resumes, written atomically.

    DIR/checkpoint-0000123/        123 is the number of steps
      generator.safetensors        official names and layouts, float16; read by other tools
      discriminator.safetensors    the same; it may be narrower than the generator
      average.safetensors          moving average of the generator: the one to show
      encoder.safetensors          PyTorch's names and layouts, float16
      heads.safetensors            critics on frozen features with their mixing, float32
      state.json                   sizes of the networks, pictures seen
      exact-1.safetensors ...      complete state in float32, in parts below 16 MiB
      progress.json                settings, progress, random numbers, the hash of each file; written last

A checkpoint is written under a temporary name, synced, and renamed: a kill at any time leaves the last one intact.
Without `progress.json` and the exact parts, training can still resume from float16 with fresh optimisers; that much is
also what other trainers write, and all that they need.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import DeviceError, ModelError
from engine.networks.pggan.architecture import DiscriminatorSettings, GeneratorSettings
from engine.networks.pggan.weight_file import file_sha256, read_arrays, write_arrays, write_network

Arrays = Mapping[str, NDArray[Any]]

STATE_FILE = "state.json"
PROGRESS_FILE = "progress.json"
MOST_PART_BYTES = 15 << 20
MAX_STATE_BYTES = 1 << 20
_NAME = re.compile(r"checkpoint-(\d{7,})")


def weights_file(name: str) -> str:
    """File name of `generator`, `discriminator`, `average`, `encoder` or `heads`."""
    return f"{name}.safetensors"


@dataclass(frozen=True)
class Content:
    """Contents of a checkpoint.

    Attributes:
        networks: name -> settings, and weights by official names.
        encoder, heads: weights by the names in their files.
        exact: complete state, float32.
        state: contents of state.json.
        progress: JSON contents of progress.json, including `step`.
    """

    networks: Mapping[str, tuple[GeneratorSettings | DiscriminatorSettings, Arrays]]
    encoder: Arrays
    heads: Arrays
    exact: Arrays
    state: Mapping[str, Any]
    progress: Mapping[str, Any]


def newest_checkpoint(folder: Path) -> Path | None:
    """Complete checkpoint with the most steps in a training folder."""
    found = [(int(match[1]), path) for path in folder.glob("checkpoint-*") if (match := _NAME.fullmatch(path.name))]
    return max(found)[1] if found else None


def write_checkpoint(folder: Path, content: Content) -> Path:
    """Write a checkpoint atomically, and remove earlier ones.

    Args:
        folder: training folder.

    Returns:
        The checkpoint's folder.

    Raises:
        DeviceError: it cannot be written; existing ones stay.
    """
    path = folder / f"checkpoint-{content.progress['step']:07d}"
    if path.exists():
        return path  # the same step of the same training run
    partial = path.with_name(f"{path.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        _write_files(partial, content)
        partial.rename(path)
        _to_disk(folder)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        kept = newest_checkpoint(folder)
        left = f"{kept} is intact, go on from there" if kept else "there is none before it"
        raise DeviceError(f"the checkpoint {path} cannot be written: {error.strerror or error}; {left}") from error
    for old in folder.glob("checkpoint-*"):
        if old != path:
            shutil.rmtree(old, ignore_errors=True)
    return path


def _write_files(folder: Path, content: Content) -> None:
    notes = {name: str(value) for name, value in content.state.items()}
    for name, (settings, arrays) in content.networks.items():
        write_network(folder / weights_file(name), settings, _halved(arrays), notes=notes)
    write_arrays(folder / weights_file("encoder"), _halved(content.encoder), {})
    write_arrays(folder / weights_file("heads"), content.heads, {})
    (folder / STATE_FILE).write_text(json.dumps(content.state, indent=1) + "\n", encoding="utf-8")
    for number, part in enumerate(_parts(content.exact), start=1):
        write_arrays(folder / f"exact-{number}.safetensors", part, {"format": "narcissus-training 2"})
    files = {path.name: file_sha256(path) for path in sorted(folder.iterdir())}
    text = json.dumps({**content.progress, "files": files}, indent=1) + "\n"
    (folder / PROGRESS_FILE).write_text(text, encoding="utf-8")
    for path in (*sorted(folder.iterdir()), folder):
        _to_disk(path)


def _halved(arrays: Arrays) -> dict[str, NDArray[np.float16]]:
    return {name: array.astype(np.float16) for name, array in arrays.items()}


def _parts(arrays: Arrays) -> Iterator[dict[str, NDArray[Any]]]:
    part: dict[str, NDArray[Any]] = {}
    filled = 0
    for name, array in arrays.items():
        if part and filled + array.nbytes > MOST_PART_BYTES:
            yield part
            part, filled = {}, 0
        part[name] = array
        filled += array.nbytes
    yield part


def _to_disk(path: Path) -> None:
    """Sync a file or folder to disk; folders only if the system can open them."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_state(folder: Path) -> dict[str, Any]:
    """Contents of a training folder's state.json.

    Raises:
        ModelError: it is missing or damaged.
    """
    if not (folder / STATE_FILE).exists():
        raise ModelError(f"no training can go on from {folder}: there is no {STATE_FILE}")
    return _read_table(folder / STATE_FILE)


def read_progress(folder: Path) -> dict[str, Any]:
    """Contents of a checkpoint's progress.json, with files verified; empty if another trainer wrote none.

    Raises:
        ModelError: it is damaged, or a file is not the one that belongs to it.
    """
    path = folder / PROGRESS_FILE
    if not path.exists():
        return {}
    progress = _read_table(path)
    files = progress.get("files", {})
    if not isinstance(files, dict):
        raise ModelError(f"{path} is damaged: files is not a table")
    for name, digest in files.items():
        file = folder / Path(str(name)).name
        if file.exists() and file_sha256(file) != digest:
            raise ModelError(f"{file} is damaged, or not the one that belongs to {path}: its hash differs")
    return progress


def _read_table(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_STATE_BYTES:
            raise ModelError(f"{path} cannot be used: it is longer than {MAX_STATE_BYTES >> 20} MB")
        table = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path} is damaged: it is not JSON ({str(error)[:80]})") from error
    if not isinstance(table, dict):
        raise ModelError(f"{path} is damaged: it is not a table")
    return table


def read_exact(folder: Path, progress: Mapping[str, Any]) -> dict[str, NDArray[np.float32]]:
    """Complete float32 state from the exact parts; empty if any of them is missing."""
    names = [name for name in progress.get("files", {}) if str(name).startswith("exact-")]
    arrays: dict[str, NDArray[np.float32]] = {}
    if all((folder / name).exists() for name in names):
        for name in names:
            arrays |= read_arrays(folder / name)
    return arrays
