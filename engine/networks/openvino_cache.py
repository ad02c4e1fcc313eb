"""OpenVINO's form of generators: converted once from the Keras network, kept in the user's cache, checked when read.

The cache only saves time: whatever in it is damaged, or cannot be written, is made anew. It knows no precision and
no device; these are chosen when the form is compiled.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from engine.networks.folded import FORM
from engine.networks.openvino_conversion import convert_apart
from engine.networks.persona import Persona
from engine.networks.preview_rgb import FILE_NAME as PREVIEW_FILE
from engine.networks.weight_file import file_sha256

_NETWORK, _WEIGHTS, _MANIFEST = "network.xml", "network.bin", "manifest.json"

_log = logging.getLogger(__name__)


def user_cache_folder() -> Path:
    """Where this user's caches belong: NARCISSUS_CACHE if set, else the system's place for them."""
    chosen = os.environ.get("NARCISSUS_CACHE")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "narcissus"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "narcissus"


def entry_folder(persona: Persona, cache_folder: Path | None = None) -> Path:
    """The folder of a generator's form: named by what it was made from and with."""
    previews = persona.folder / PREVIEW_FILE
    previews_sha256 = file_sha256(previews) if previews.exists() else "none"
    made_with = f"{persona.generator_sha256} {previews_sha256} {FORM} openvino {version('openvino')}"
    key = hashlib.sha256(made_with.encode()).hexdigest()[:32]
    return (cache_folder or user_cache_folder()) / "generators" / key


def read_or_convert(core: Any, persona: Persona, cache_folder: Path | None = None) -> Any:
    """OpenVINO's form of a persona's generator, from the cache if it is there and whole.

    Args:
        core: `openvino.Core`.

    Returns:
        `openvino.Model`: latents (?, latent_size) float32 -> pictures (?, H, W, 4) uint8, an output for each resolution
        that there is a preview layer for, in no certain order.

    Raises:
        RuntimeError: the network cannot be converted.
    """
    entry = entry_folder(persona, cache_folder)
    model = _read(core, entry)
    if model is not None:
        return model
    with tempfile.TemporaryDirectory(prefix="narcissus-") as folder:
        path = Path(folder) / _NETWORK
        convert_apart(persona.folder, path)
        try:
            _keep(path.parent, entry)
        except OSError as error:
            _log.warning("the converted generator cannot be kept in %s (%s): the next start is as slow", entry, error)
        return core.read_model(path.read_bytes(), path.with_suffix(".bin").read_bytes())


def _read(core: Any, entry: Path) -> Any:
    if not entry.exists():
        return None
    try:
        manifest = json.loads((entry / _MANIFEST).read_text(encoding="utf-8"))
        if not all(file_sha256(entry / name) == manifest[name] for name in (_NETWORK, _WEIGHTS)):
            raise ValueError("its content is not what was written")
        return core.read_model(entry / _NETWORK)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        _log.warning("the converted generator in %s is damaged and is made anew: %s", entry, error)
        return None


def _keep(converted: Path, entry: Path) -> None:
    """Copy what was converted to its place in the cache, all or nothing."""
    entry.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f"{entry.name}-", suffix=".partial", dir=entry.parent))
    try:
        manifest = {}
        for name in (_NETWORK, _WEIGHTS):
            shutil.copyfile(converted / name, partial / name)
            manifest[name] = file_sha256(partial / name)
        (partial / _MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
        shutil.rmtree(entry, ignore_errors=True)  # what is there was found damaged, or is the same
        partial.rename(entry)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
