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

from engine.errors import ModelError
from engine.networks.folded import FORM, build_network
from engine.networks.layout import GeneratorSettings
from engine.networks.persona import Persona
from engine.networks.weight_file import file_sha256, read_network

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
    made_with = f"{persona.generator_sha256} {FORM} openvino {version('openvino')}"
    key = hashlib.sha256(made_with.encode()).hexdigest()[:32]
    return (cache_folder or user_cache_folder()) / "generators" / key


def read_or_convert(core: Any, persona: Persona, cache_folder: Path | None = None) -> Any:
    """OpenVINO's form of a persona's generator, from the cache if it is there and whole.

    Args:
        core: `openvino.Core`.

    Returns:
        `openvino.Model`: latents (?, latent_size) float32 -> pictures (?, H, W, 4) uint8.

    Raises:
        ModelError: the generator's file is damaged or Keras does not run on TensorFlow.
        RuntimeError: OpenVINO cannot convert the network.
    """
    entry = entry_folder(persona, cache_folder)
    model = _read(core, entry)
    if model is not None:
        return model
    model = _convert(persona)
    try:
        _write(model, entry)
    except OSError as error:
        _log.warning("the converted generator cannot be kept in %s (%s): the next start will be as slow", entry, error)
    return model


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


def _convert(persona: Persona) -> Any:
    settings, arrays = read_network(persona.generator_path, GeneratorSettings)
    import keras

    if keras.backend.backend() != "tensorflow":
        backend = keras.backend.backend()
        raise ModelError(
            f"Keras runs on {backend}, but OpenVINO needs its form from TensorFlow: unset KERAS_BACKEND once"
        )
    import openvino
    import tensorflow as tf

    network = build_network(settings, arrays)
    module = tf.Module()
    module.network = network
    module.draw = tf.function(
        lambda z: network(z), input_signature=[tf.TensorSpec([None, settings.latent_size], tf.float32, name="z")]
    )
    with tempfile.TemporaryDirectory(prefix="narcissus-") as folder:
        tf.saved_model.save(module, folder, signatures=module.draw)
        return openvino.convert_model(folder)


def _write(model: Any, entry: Path) -> None:
    import openvino

    entry.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f"{entry.name}-", suffix=".partial", dir=entry.parent))
    try:
        openvino.save_model(model, partial / _NETWORK, compress_to_fp16=False)
        manifest = {name: file_sha256(partial / name) for name in (_NETWORK, _WEIGHTS)}
        (partial / _MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
        shutil.rmtree(entry, ignore_errors=True)  # what is there was found damaged, or is the same
        partial.rename(entry)
    except RuntimeError as error:  # OpenVINO says so when a disk is full
        raise OSError(str(error).splitlines()[0]) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
